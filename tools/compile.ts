/**
 * Makes the executables of the three roles.
 *
 * ```sh
 * deno task compile                 # dist/worker, dist/calc_server, dist/client, for this machine
 * deno task compile:all             # dist/linux-x64/worker, …, for all systems
 * deno task compile --official      # only with the runtime that Deno downloads, as for a release
 * deno task compile --output DIR    # into another folder than dist
 * ```
 *
 * @module
 */
import { dirname } from "node:path";
import { type Bundle, makeBundle } from "./compile/bundle.ts";
import { type Flags, HELP, readFlags } from "./compile/flags.ts";
import { type LightStripper, makeLightStripper } from "./compile/light_stripper.ts";
import { type Role, ROLES } from "./compile/roles.ts";
import { chooseRuntime, compilerEnvironment, type Runtime } from "./compile/runtime.ts";
import { VERSION } from "../src/version.ts";
import { type Target, TARGETS, thisMachine } from "./compile/targets.ts";
import { typedPath } from "./typed_path.ts";

/** The folder of the project, in which everything runs. */
const PROJECT = dirname(import.meta.dirname ?? ".");

/** What runs a user's function within a slot. */
const THREAD = "src/slot/sandbox.ts";

/** Where runtimes are kept if the user's cache folder cannot be written to. Git ignores it. */
const FOLDER_INSTEAD = `${PROJECT}/npm_only/.local/runtime`;

/** What V8 is told. */
const V8_FLAGS = [
  // In a slot no text may become code, and nothing of ours makes any.
  "--disallow-code-generation-from-strings",
  // Where the stack is full, V8 cannot find out any more which line it was.
  "--no-enable-lazy-source-positions",
];

/** The number of the signal of Ctrl-C. */
const SIGINT = 2;

Deno.exitCode = await main(Deno.args);

async function main(args: readonly string[]): Promise<number> {
  let flags: Flags | undefined;
  try {
    flags = readFlags(args);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    log(`${error.message}. See --help`);
    return 2;
  }
  if (flags === undefined) {
    await Deno.stdout.write(new TextEncoder().encode(HELP));
    return 0;
  }
  try {
    await makeAll({ ...flags, output: typedPath(flags.output ?? `${PROJECT}/dist`) });
    return 0;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    log(error.message);
    return 1;
  }
}

/** What is asked for, and the folder that it goes to. */
interface Wanted {
  readonly all: boolean;
  readonly official: boolean;
  readonly output: string;
}

async function makeAll(wanted: Wanted): Promise<void> {
  await makeFolder(wanted.output);
  // A folder of its own: two may run at once in one tree, and the tree may be for reading only.
  const folder = await Deno.makeTempDir({ prefix: "aula compile " });
  const removing = () => Deno.removeSync(folder, { recursive: true });
  const interrupted = () => {
    removing();
    Deno.exit(128 + SIGINT);
  };
  Deno.addSignalListener("SIGINT", interrupted);
  try {
    await makeIn(folder, wanted);
  } finally {
    Deno.removeSignalListener("SIGINT", interrupted);
    removing();
  }
}

async function makeIn(workFolder: string, { all, official, output }: Wanted): Promise<void> {
  await cacheModules();
  const { imports } = JSON.parse(await Deno.readTextFile(`${PROJECT}/deno.json`));
  const stripper = await makeLightStripper(`${workFolder}/stripper`, imports);
  const bundles = new Map<Role, Bundle>();
  for (const role of ROLES) {
    bundles.set(role, await bundle(role, stripper, `${workFolder}/${role.name}`));
  }
  for (const target of all ? TARGETS : [thisMachine()]) {
    const runtime = await chooseRuntime(target, {
      // The other ways to a runtime give one for this machine.
      official: official || all,
      folderInstead: FOLDER_INSTEAD,
      log,
    });
    log(`runtime for ${target.folder}: ${runtime.description}`);
    const folder = all ? `${output}/${target.folder}` : output;
    for (const [role, bundle] of bundles) {
      const file = await compile(role, { target, runtime, folder, bundle });
      if (!all) await tryOut(role, file);
    }
  }
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await Deno.mkdir(folder, { recursive: true });
    // Permissions alone do not tell whether it can be written to.
    await Deno.remove(await Deno.makeTempFile({ dir: folder }));
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n", 1)[0] : error;
    throw new Error(`Cannot write executables into "${folder}": ${reason}`);
  }
}

/**
 * Brings all modules into Deno's cache. This checks the packages against the lock file, which the
 * compiling itself does not use.
 */
async function cacheModules(): Promise<void> {
  await runDeno(Deno.execPath(), ["cache", "--quiet", ...ROLES.map(scriptOf)], Deno.env.toObject());
}

/** Puts a role together in a folder, whatever system it is for. */
function bundle(role: Role, stripper: LightStripper, folder: string): Promise<Bundle> {
  const options = {
    entry: scriptOf(role),
    // Any of them may be started as a slot.
    thread: THREAD,
    importMap: role.stripsTypes ? stripper.importMap : undefined,
    files: role.stripsTypes ? [stripper.bytes] : [],
  };
  return makeBundle(
    folder,
    options,
    (args) => runDeno(Deno.execPath(), args, Deno.env.toObject()),
  );
}

/** What an executable is made with, and where it goes. */
interface Making {
  readonly target: Target;
  readonly runtime: Runtime;
  readonly folder: string;
  readonly bundle: Bundle;
}

async function compile(role: Role, making: Making): Promise<string> {
  const { target, runtime, folder, bundle } = making;
  const file = `${folder}/${role.name}${target.os === "windows" ? ".exe" : ""}`;
  await runDeno(runtime.compiler, [
    "compile",
    "--quiet",
    // The static checks are `deno task check`; here they would be made once for each executable.
    "--no-check",
    // An executable never asks, and leaves nothing in a shared machine's temporary folder.
    "--no-prompt",
    "--no-code-cache",
    // All packages are in the bundle.
    "--no-config",
    "--no-lock",
    ...bundle.included.flatMap((file) => ["--include", file]),
    `--v8-flags=${V8_FLAGS.join(",")}`,
    "--target",
    target.triple,
    ...role.permissions(target.os),
    "--output",
    file,
    bundle.entry,
  ], { ...compilerEnvironment(), ...runtime.env });
  const { size } = await Deno.stat(file);
  log(`made ${file.replace(`${PROJECT}/`, "")} (${Math.round(size / 1e6)} MB)`);
  return file;
}

/** A runtime of another version than the compiler's gives an executable that does not start. */
async function tryOut(role: Role, file: string): Promise<void> {
  const { stdout, stderr } = await outcomeOf(file, "--version");
  if (stdout !== `${role.name} ${VERSION}\n`) {
    const reason = stderr.split("\n", 1)[0] || "it is not ours";
    throw new Error(
      `Cannot start "${file}": ${reason}. Is DENORT_BIN, if set, of Deno ${Deno.version.deno}?`,
    );
  }
  if (!role.stripsTypes) return;
  const module = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(module, "export const map = (x: number): number => x * x;\n");
    const { stdout, stderr } = await outcomeOf(file, "map", module, "--range", "3..3", "--here");
    if (stdout === "9\n") return;
    throw new Error(`Cannot use "${file}": it does not take types away, but says "${stderr}"`);
  } finally {
    await Deno.remove(module);
  }
}

async function outcomeOf(
  file: string,
  ...args: readonly string[]
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const { stdout, stderr } = await new Deno.Command(file, { args: [...args] }).output();
  const decoder = new TextDecoder();
  return { stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

function scriptOf(role: Role): string {
  return `${role.name}.ts`;
}

async function runDeno(
  deno: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const { success, code } = await new Deno.Command(deno, {
    args: [...args],
    cwd: PROJECT,
    clearEnv: true,
    env,
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`Cannot compile: "deno ${args.join(" ")}" ended with ${code}`);
}

function log(line: string): void {
  // deno-lint-ignore no-console -- this is a tool, and what it says is for its user
  console.error(`[compile] ${line}`);
}
