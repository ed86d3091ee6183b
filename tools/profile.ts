/**
 * Takes a CPU profile of one role under load, from the sources.
 *
 * ```sh
 * deno task profile calc_server                         # 5 s of additions, 256 in flight
 * deno task profile worker --window 1 --seconds 3
 * deno task profile calc_server --window 1 --workers 1000 --sum 1000000
 * deno task profile client --output client.cpuprofile   # a batch from a file
 * ```
 *
 * The file opens in a browser's developer tools (Performance, Load profile) and in VS Code. On stdout come the
 * parts of the program, and the functions with the most time of their own. A call into the system counts as long as
 * it lasts, also where it waits for a core that somebody else has.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { Child, killChildren } from "../bench/cluster/child.ts";
import { startCluster } from "../bench/cluster/cluster.ts";
import { type Programs, type RoleName, SOURCES } from "../bench/cluster/programs.ts";
import { Regime } from "../bench/cluster/regime.ts";
import { Book } from "../bench/load/book.ts";
import { Generator, requireRight } from "../bench/load/generator.ts";
import { writeRepeated } from "../bench/load/repeated.ts";
import { note, print } from "../bench/print.ts";
import { type CpuProfile, partTimes, selfTimes } from "./profile/self_times.ts";

const HELP = `Usage: deno task profile ROLE [flags]

Profiles worker, calc_server or client under load, from the sources.

Flags:
  --seconds N       How long the load lasts (default: 5)
  --window N        Requests in flight on each connection (default: 256)
  --connections N   Connections of the load (default: 1)
  --workers N       Workers; more than 8 share a process (default: 2)
  --sum N           Asks for sums of squares up to N instead of additions
  --output FILE     The profile (default: aula-ROLE.cpuprofile in the system's folder for temporary files)
`;

/** Workers that have a process each. */
const MOST_PROCESSES = 8;
/** Functions that are printed. */
const TOP = 20;
const ROLES: readonly RoleName[] = ["worker", "calc_server", "client"];
/** Lines of a batch for each second that is asked for: about what it does. */
const BATCH_LINES_PER_SECOND = 250_000;
const BOOK_SIZE = 4096;

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
    string: ["seconds", "window", "connections", "workers", "sum", "output"],
    boolean: ["help"],
    default: { seconds: "5", window: "256", connections: "1", workers: "2" },
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
    workers: Number(flags.workers),
    sum: flags.sum,
  };
  const isSum = load.sum === undefined || /^[0-9]+$/.test(load.sum);
  const counts = [load.window, load.connections, load.workers];
  if (role === undefined || !isSum || !(load.seconds > 0) || !counts.every((count) => count >= 1)) {
    note(HELP);
    return 2;
  }
  const folder = await Deno.makeTempDir({ prefix: "aula profile " });
  try {
    await (role === "client" ? profileClient(folder, load) : profileServing(role, folder, load));
    const output = flags.output ?? `${temporaryFolder()}/aula-${role}.cpuprofile`;
    await keepLargest(folder, output);
    return 0;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

interface Load {
  readonly seconds: number;
  readonly window: number;
  readonly connections: number;
  readonly workers: number;
  /** The `n` of sums of squares; additions without it. */
  readonly sum: string | undefined;
}

/** Programs of which one role writes a profile of itself into a folder when it ends. */
function profiled(role: RoleName, folder: string): Programs {
  return {
    ...SOURCES,
    words: (name, ...args) => {
      const [deno, run, ...rest] = SOURCES.words(name, ...args);
      if (name !== role) return [deno!, run!, ...rest];
      return [deno!, run!, "--cpu-prof", `--cpu-prof-dir=${folder}`, ...rest];
    },
  };
}

async function profileServing(
  role: "worker" | "calc_server",
  folder: string,
  { seconds, window, connections, workers, sum }: Load,
): Promise<void> {
  const regime = await Regime.find("free");
  await using generator = new Generator(regime);
  await using target = await startCluster({
    programs: profiled(role, folder),
    regime,
    ...(workers > MOST_PROCESSES ? { sharedWorkers: workers } : { workers }),
  });
  const { perSecond } = requireRight(
    await generator.run({
      port: target.port,
      shape: { kind: "closed", connections, window },
      exercises: { style: "aula", op: sum === undefined ? "add" : { n: sum, workers } },
      warmUpMs: 200,
      durationMs: seconds * 1000,
    }),
  );
  note(`${Math.round(perSecond).toLocaleString("en-US")} requests a second under the profiler`);
  const children = target.processes[role === "worker" ? "workers" : "server"]!;
  for (const child of children) child.kill("SIGTERM");
  await Promise.all(children.map((child) => child.status));
}

async function profileClient(folder: string, { seconds, window }: Load): Promise<void> {
  const regime = await Regime.find("free");
  const repeats = Math.ceil(seconds * BATCH_LINES_PER_SECOND / BOOK_SIZE);
  const book = new Book(BOOK_SIZE, { style: "aula", hasId: false });
  await writeRepeated(`${folder}/in`, book.requests, repeats);
  await using target = await startCluster({ programs: SOURCES, regime });
  const flags = ["--batch", "--input", `${folder}/in`, "--output", `${folder}/out`];
  const words = profiled("client", folder).words(
    "client",
    ...["--port", String(target.port), "--window", String(window), ...flags],
  );
  const startedMs = performance.now();
  await using client = new Child(regime.words(words));
  await client.status;
  const perSecond = repeats * BOOK_SIZE / (performance.now() - startedMs) * 1000;
  note(`${Math.round(perSecond).toLocaleString("en-US")} lines a second under the profiler`);
}

/** Keeps the profile of the process that did most, and prints what took its time. */
async function keepLargest(folder: string, output: string): Promise<void> {
  let text = "";
  for await (const { name } of Deno.readDir(folder)) {
    if (!name.endsWith(".cpuprofile")) continue;
    const profile = await Deno.readTextFile(`${folder}/${name}`);
    if (profile.length > text.length) text = profile;
  }
  if (text === "") throw new Error("Cannot find a profile: the role left none");
  await Deno.writeTextFile(output, text);
  const profile: CpuProfile = JSON.parse(text);
  const percent = (share: number) => `${(share * 100).toFixed(1).padStart(5)} %`;
  for (const { share, name } of partTimes(profile)) print(`${percent(share)}  ${name}\n`);
  print("\n");
  for (const { share, name, place } of selfTimes(profile).slice(0, TOP)) {
    print(`${percent(share)}  ${name.padEnd(32)} ${place}\n`);
  }
  note(`written: ${output}`);
}

function temporaryFolder(): string {
  return Deno.env.get("TMPDIR") ?? Deno.env.get("TEMP") ?? "/tmp";
}
