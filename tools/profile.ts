/**
 * Takes a CPU profile of one role under load, from the sources; or says where the time of an executable goes.
 *
 * ```sh
 * deno task profile calc_server                         # 5 s of additions, 256 in flight
 * deno task profile worker --window 1 --seconds 3
 * deno task profile calc_server --window 1 --workers 1000 --sum 1000000
 * deno task profile client --output client.cpuprofile   # a batch from a file
 * deno task profile worker --job steps                  # a job of client map, 0.1 ms an item
 * deno task profile calc_server --executables           # by perf, on Linux
 * deno task profile client --start                      # one addition, from the start of the process to its end
 * ```
 *
 * The file opens in a browser's developer tools (Performance, Load profile) and in VS Code. On stdout come the
 * parts of the program, and the functions with the most time of their own. A call into the system counts as long as
 * it lasts, also where it waits for a core that somebody else has.
 *
 * @module
 */
import { executablesIn, type Programs, type RoleName, SOURCES } from "../bench/cluster/programs.ts";
import { note, print } from "../bench/print.ts";
import { endOnSignals } from "../bench/signals.ts";
import { type Flags, HELP, readFlags } from "./profile/flags.ts";
import { runLoad } from "./profile/loads.ts";
import { Output } from "./profile/output.ts";
import { recorded, recordedTimes } from "./profile/perf.ts";
import { type CpuProfile, partTimes, type SelfTime, selfTimes } from "./profile/self_times.ts";

/** Between two samples of a profile; V8's own choice is 1,000, which of one start leaves little. */
const START_SAMPLE_US = 100;
const DIST = "dist";
/** Functions that are printed. */
const TOP = 20;

if (import.meta.main) Deno.exitCode = await main(Deno.args);

async function main(args: readonly string[]): Promise<number> {
  let flags: Flags | undefined;
  try {
    flags = readFlags(args);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    note(`${error.message}. Try deno task profile --help`);
    return 2;
  }
  if (flags === undefined) {
    print(HELP);
    return 0;
  }
  try {
    await profile(flags);
    return 0;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    note(error.message);
    return 1;
  }
}

async function profile({ role, load, executables, output: named }: Flags): Promise<void> {
  using stack = new DisposableStack();
  endOnSignals(() => stack.dispose());
  const output = executables ? undefined : stack.use(Output.open(role, named));
  const folder = Deno.makeTempDirSync({ prefix: "aula profile " });
  stack.defer(() => Deno.removeSync(folder, { recursive: true }));
  if (output === undefined) {
    const programs = await executablesIn(DIST);
    await runLoad(role, recorded(role, folder, load.isStart, programs), folder, load);
    show(await recordedTimes(role, await findLargest(folder, ".perf")));
    return;
  }
  await runLoad(role, profiled(role, folder, load.isStart), folder, load);
  const text = await Deno.readTextFile(await findLargest(folder, ".cpuprofile"));
  output.write(text);
  const profile: CpuProfile = JSON.parse(text);
  show(partTimes(profile));
  print("\n");
  show(selfTimes(profile).slice(0, TOP));
  note(`written: ${output.path}`);
}

/** Programs of which one role writes a profile of itself into a folder when it ends. */
function profiled(role: RoleName, folder: string, isStart: boolean): Programs {
  const interval = isStart ? [`--cpu-prof-interval=${START_SAMPLE_US}`] : [];
  return {
    ...SOURCES,
    words: (name, ...args) => {
      const [deno, run, ...rest] = SOURCES.words(name, ...args);
      if (name !== role) return [deno!, run!, ...rest];
      return [deno!, run!, "--cpu-prof", `--cpu-prof-dir=${folder}`, ...interval, ...rest];
    },
  };
}

/** What the process that did most has left. */
async function findLargest(folder: string, suffix: string): Promise<string> {
  const left: { readonly file: string; readonly size: number }[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    const file = `${folder}/${name}`;
    if (name.endsWith(suffix)) left.push({ file, size: (await Deno.stat(file)).size });
  }
  const [largest] = left.toSorted((a, b) => b.size - a.size);
  if (largest === undefined) throw new Error("Cannot find a profile: the role left none");
  return largest.file;
}

function show(times: readonly SelfTime[]): void {
  for (const { share, name, place } of times) {
    const percent = (share * 100).toFixed(1).padStart(5);
    print(`${percent} %  ${place === "" ? name : `${name.padEnd(32)} ${place}`}\n`);
  }
}
