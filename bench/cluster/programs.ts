import { denoFile, PROJECT } from "../paths.ts";

/** The three programs. */
export type RoleName = "worker" | "calc_server" | "client";

/** One build of the three programs. */
export interface Programs {
  /** What it is: a subject of the measurements. */
  readonly name: "sources" | "executables" | "against";
  /** The Deno that runs it. */
  readonly deno: string;
  /** A role's command line. */
  words(role: RoleName, ...args: readonly string[]): string[];
}

/** That programs which were asked for are not there: there is nothing to mend in the benchmark. */
export class MissingPrograms extends Error {}

/** The sources, run by the Deno that runs us. */
export const SOURCES: Programs = sourcesOf(PROJECT.slice(0, -1), "sources");

/**
 * The sources of another tree, run by the Deno that runs us.
 *
 * @throws {MissingPrograms} If nothing can be run there.
 */
export async function sourcesIn(folder: string): Promise<Programs> {
  for (const file of ["calc_server.ts", "npm_only/.local/chosen"]) {
    if (await isThere(`${folder}/${file}`)) continue;
    throw new MissingPrograms(
      `Cannot measure against "${folder}": no ${file}. Try there: deno task setup`,
    );
  }
  return sourcesOf(await Deno.realPath(folder), "against");
}

/** The roles of a tree, each with what its task there tells the engine. */
function sourcesOf(root: string, name: Programs["name"]): Programs {
  const { tasks } = JSON.parse(Deno.readTextFileSync(`${root}/deno.json`));
  return {
    name,
    deno: Deno.version.deno,
    words: (role, ...args) => {
      const [deno, run, ...rest] = denoFile(`${root}/${role}.ts`, ...args);
      const v8Flags: string[] = String(tasks[role]).match(/ --v8-flags=\S+/g) ?? [];
      return [deno!, run!, ...v8Flags.map((flag) => flag.trim()), ...rest];
    },
  };
}

/**
 * The executables of a folder.
 *
 * @throws {MissingPrograms} If one of them is not there.
 */
export async function executablesIn(folder: string): Promise<Programs> {
  const suffix = Deno.build.os === "windows" ? ".exe" : "";
  const file = (role: RoleName) => `${folder}/${role}${suffix}`;
  for (const role of ["worker", "calc_server", "client"] as const) {
    if (await isThere(file(role))) continue;
    throw new MissingPrograms(
      `Cannot measure executables: no "${file(role)}". Try: deno task compile`,
    );
  }
  return {
    name: "executables",
    deno: await runtimeVersion(file("calc_server")),
    words: (role, ...args) => [file(role), ...args],
  };
}

function isThere(file: string): Promise<boolean> {
  return Deno.stat(file).then(() => true, () => false);
}

/** The version that the runtime within an executable gives as its user agent. */
async function runtimeVersion(file: string): Promise<string> {
  const bytes = await Deno.readFile(file);
  const text = new TextDecoder("latin1").decode(bytes);
  return /Deno\/(\d+\.\d+\.\d+)/.exec(text)?.[1] ?? "unknown";
}
