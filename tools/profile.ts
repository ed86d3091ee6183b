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
import { parseArgs } from "@std/cli/parse-args";
import { killChildren } from "../bench/cluster/child.ts";
import { executablesIn, type Programs, type RoleName, SOURCES } from "../bench/cluster/programs.ts";
import { note, print } from "../bench/print.ts";
import { type JobKind, JOBS, type Load, runLoad } from "./profile/loads.ts";
import { recorded, recordedTimes } from "./profile/perf.ts";
import { type CpuProfile, partTimes, type SelfTime, selfTimes } from "./profile/self_times.ts";

const HELP = `Usage: deno task profile ROLE [flags]

Profiles worker, calc_server or client under load, from the sources, or as executables.

Flags:
  --seconds N       How long the load lasts (default: 5)
  --window N        Requests in flight on each connection (default: 256)
  --connections N   Connections of the load (default: 1)
  --workers N       Workers; more than 8 share a process (default: 2)
  --idle N          Connections beside them on which nothing happens (default: 0)
  --sum N           Asks for sums of squares up to N instead of additions
  --job KIND        A job of client map instead: range (a trivial function, results as lines), steps (0.1 ms an item) or
                    sum (mapRange, of numbers that cost next to nothing)
  --start           One addition of client instead, from the start of the process to its end
  --executables     Those of dist, recorded by Linux's perf; prints shares, and keeps nothing
  --output FILE     The profile (default: aula-ROLE.cpuprofile in the system's folder for temporary files)
`;

/** Between two samples of a profile; V8's own choice is 1,000, which of one start leaves little. */
const START_SAMPLE_US = 100;
const DIST = "dist";
/** Functions that are printed. */
const TOP = 20;
const ROLES: readonly RoleName[] = ["worker", "calc_server", "client"];
const JOB_KINDS = Object.keys(JOBS) as JobKind[];

if (import.meta.main) {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => {
      killChildren();
      Deno.exit(1);
    });
  }
  Deno.exitCode = await main(Deno.args);
}

async function main(args: readonly string[]): Promise<number> {
  const flags = parseArgs(args.filter((argument) => argument !== "--"), {
    string: ["seconds", "window", "connections", "workers", "idle", "sum", "job", "output"],
    boolean: ["help", "start", "executables"],
    default: { seconds: "5", window: "256", connections: "1", workers: "2", idle: "0" },
  });
  if (flags.help) {
    print(HELP);
    return 0;
  }
  const role = ROLES.find((name) => name === flags._[0]);
  const load: Load = {
    seconds: Number(flags.seconds),
    window: Number(flags.window),
    connections: Number(flags.connections),
    idle: Number(flags.idle),
    workers: Number(flags.workers),
    sum: flags.sum,
    job: JOB_KINDS.find((kind) => kind === flags.job),
    isStart: flags.start,
  };
  if (role === undefined || !isPossible(role, load) || load.job !== flags.job) {
    note(HELP);
    return 2;
  }
  const folder = await Deno.makeTempDir({ prefix: "aula profile " });
  try {
    if (flags.executables) {
      const programs = await executablesIn(DIST);
      await runLoad(role, recorded(role, folder, load.isStart, programs), folder, load);
      show(await recordedTimes(role, await findLargest(folder, ".perf")));
      return 0;
    }
    await runLoad(role, profiled(role, folder, load.isStart), folder, load);
    const text = await Deno.readTextFile(await findLargest(folder, ".cpuprofile"));
    const output = flags.output ?? `${temporaryFolder()}/aula-${role}.cpuprofile`;
    await Deno.writeTextFile(output, text);
    const profile: CpuProfile = JSON.parse(text);
    show(partTimes(profile));
    print("\n");
    show(selfTimes(profile).slice(0, TOP));
    note(`written: ${output}`);
    return 0;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function isPossible(role: RoleName, load: Load): boolean {
  const { seconds, window, connections, idle, workers, sum, isStart } = load;
  const isSum = sum === undefined || /^[0-9]+$/.test(sum);
  const counts = [window, connections, workers];
  const areCounts = counts.every((count) => count >= 1) && idle >= 0;
  return seconds > 0 && isSum && areCounts && (role === "client" || !isStart);
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

function temporaryFolder(): string {
  return Deno.env.get("TMPDIR") ?? Deno.env.get("TEMP") ?? "/tmp";
}
