import { fromFileUrl, PROJECT } from "./paths.ts";
import { type Outcome, Process, type ProcessOptions } from "./process.ts";

/** The three programs. */
export type RoleName = "worker" | "calc_server" | "client";

/** The folder of the executables under test; `undefined` where the sources are. */
export const DIST: string | undefined = distFolder();

/** How a role is started. */
export interface RoleOptions {
  /** What it reads on stdin. @default {null} */
  readonly stdin?: NonNullable<ProcessOptions["stdin"]>;
  /** The folder in which it runs. @default {one of its own that is empty, and must be so at its end} */
  readonly cwd?: string;
  /** A line for `/bin/sh` that starts it as `exec "$0" "$@"`, after or with something else. */
  readonly shellLine?: string;
}

/**
 * Starts a role as users do: from sources with the permissions that its task in deno.json gives it, or as an
 * executable without any variable, in an empty folder.
 */
export function startRole(
  role: RoleName,
  args: readonly string[],
  options: RoleOptions = {},
): Process {
  const [command, ...first] = programOf(role);
  const { stdin, shellLine } = options;
  const started = shellLine === undefined
    ? { command: command!, args: [...first, ...args] }
    : { command: "/bin/sh", args: ["-c", shellLine, command!, ...first, ...args] };
  const environment = { clearEnv: DIST !== undefined, env: environmentOf() };
  const base = { ...started, ...environment, ...(stdin === undefined ? {} : { stdin }) };
  return options.cwd === undefined
    ? new ProcessInEmptyFolder(base)
    : new Process({ ...base, cwd: options.cwd });
}

/** Runs a role to its end. */
export async function runRole(
  role: RoleName,
  args: readonly string[],
  options: RoleOptions = {},
): Promise<Outcome> {
  await using process = startRole(role, args, options);
  return await process.outcome();
}

/** The first words of a role's command line. */
export function programOf(role: RoleName): string[] {
  if (DIST !== undefined) return [`${DIST}/${role}${isWindows ? ".exe" : ""}`];
  return [Deno.execPath(), "run", ...taskFlags(role), fromFileUrl(new URL(`${role}.ts`, PROJECT))];
}

const isWindows = Deno.build.os === "windows";

/** The flags between `deno run` and the script in the role's task: no test gives a role more. */
function taskFlags(role: RoleName): string[] {
  const config = JSON.parse(Deno.readTextFileSync(new URL("deno.json", PROJECT)));
  const task: string = config.tasks[role];
  const flags = new RegExp(`deno run (.*) ${role}\\.ts$`).exec(task)?.[1];
  if (flags === undefined) {
    throw new Error(`The task "${role}" does not end in its script: ${task}`);
  }
  const allowRun = Deno.build.os === "linux" ? "--allow-run=/proc/self/exe" : "--allow-run";
  return flags.replace(/\$\(cat [^)]*\)/, allowRun).split(" ");
}

function distFolder(): string | undefined {
  const folder = Deno.env.get("AULA_TEST_DIST");
  return folder ? fromFileUrl(new URL(folder, PROJECT)) : undefined;
}

function environmentOf(): Record<string, string> {
  if (DIST === undefined) return { NO_COLOR: "1" };
  // Windows opens no socket for a program that does not know where the system is.
  const systemRoot = isWindows ? Deno.env.get("SYSTEMROOT") : undefined;
  return systemRoot === undefined ? {} : { SYSTEMROOT: systemRoot };
}

/** A process in a folder of its own; leaving anything there is a failure. */
class ProcessInEmptyFolder extends Process {
  readonly #folder: string;

  constructor(options: Omit<ProcessOptions, "cwd">) {
    const folder = Deno.makeTempDirSync({ prefix: "aula role " });
    super({ ...options, cwd: folder });
    this.#folder = folder;
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await super[Symbol.asyncDispose]();
    await Deno.remove(this.#folder);
  }
}
