import { resolve } from "node:path";

/** A path as the user meant it: `deno task` runs everything in the project, whatever folder the user typed it in. */
export function typedPath(path: string): string {
  return resolve(Deno.env.get("INIT_CWD") ?? Deno.cwd(), path);
}
