import { denoScript } from "../paths.ts";

/** The three programs. */
export type RoleName = "worker" | "calc_server" | "client";

/** One build of the three programs. */
export interface Programs {
  /** What it is: a subject of the measurements. */
  readonly name: "sources" | "executables";
  /** The Deno that runs it. */
  readonly deno: string;
  /** A role's command line. */
  words(role: RoleName, ...args: readonly string[]): string[];
}

/** The sources, run by the Deno that runs us. */
export const SOURCES: Programs = {
  name: "sources",
  deno: Deno.version.deno,
  words: (role, ...args) => denoScript(`${role}.ts`, ...args),
};

/**
 * The executables of a folder.
 *
 * @throws {Error} If one of them is not there.
 */
export async function executablesIn(folder: string): Promise<Programs> {
  const suffix = Deno.build.os === "windows" ? ".exe" : "";
  const file = (role: RoleName) => `${folder}/${role}${suffix}`;
  for (const role of ["worker", "calc_server", "client"] as const) {
    const found = await Deno.stat(file(role)).catch(() => undefined);
    if (found === undefined) {
      throw new Error(`Cannot measure executables: no "${file(role)}". Try: deno task compile`);
    }
  }
  return {
    name: "executables",
    deno: await runtimeVersion(file("calc_server")),
    words: (role, ...args) => [file(role), ...args],
  };
}

/** The version that the runtime within an executable gives as its user agent. */
async function runtimeVersion(file: string): Promise<string> {
  const bytes = await Deno.readFile(file);
  const text = new TextDecoder("latin1").decode(bytes);
  return /Deno\/(\d+\.\d+\.\d+)/.exec(text)?.[1] ?? "unknown";
}
