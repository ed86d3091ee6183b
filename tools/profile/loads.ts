/**
 * What keeps a role busy while a profile of it is taken: requests, a batch, a job, or one start of the client.
 *
 * @module
 */
import { Child } from "../../bench/cluster/child.ts";
import { startCluster } from "../../bench/cluster/cluster.ts";
import type { Programs, RoleName } from "../../bench/cluster/programs.ts";
import { Regime } from "../../bench/cluster/regime.ts";
import { Book } from "../../bench/load/book.ts";
import { Generator, MANY_FILES, requireRight } from "../../bench/load/generator.ts";
import { writeRepeated } from "../../bench/load/repeated.ts";
import { calibrate, stepsOf } from "../../bench/map/calibrate.ts";
import { SLOTS } from "../../bench/map/cluster.ts";
import { ourSubject } from "../../bench/map/subject.ts";
import type { Work } from "../../bench/map/work.ts";
import { denoScript } from "../../bench/paths.ts";
import { note } from "../../bench/print.ts";

/** Jobs that can be asked for, with the numbers that they do in a second and the time that each takes. */
export const JOBS = {
  range: { perSecond: 8_000_000, itemMs: undefined },
  steps: { perSecond: 20_000, itemMs: 0.1 },
  sum: { perSecond: 5_000_000, itemMs: 0.0004 },
} as const satisfies Partial<Record<Work["kind"], unknown>>;

/** A job's kind. */
export type JobKind = keyof typeof JOBS;

/** What a role is kept busy with. */
export interface Load {
  /** How long it lasts, about. */
  readonly seconds: number;
  /** Requests in flight on each connection. */
  readonly window: number;
  /** Connections with requests. */
  readonly connections: number;
  /** Connections on which nothing happens. */
  readonly idle: number;
  readonly workers: number;
  /** The `n` of sums of squares; additions without it. */
  readonly sum: string | undefined;
  /** A job of `client map` instead. */
  readonly job: JobKind | undefined;
  /** One start of the client instead. */
  readonly isStart: boolean;
}

/** Workers that have a process each; more share one, which does not run what is profiled. */
export const MOST_PROCESSES = 8;
/** Lines of a batch for each second that is asked for: about what it does. */
const BATCH_LINES_PER_SECOND = 250_000;
const BOOK_SIZE = 4096;

/** Keeps a role busy; what is started by `programs` leaves what was seen in a folder when it ends. */
export async function runLoad(
  role: RoleName,
  programs: Programs,
  folder: string,
  load: Load,
): Promise<void> {
  const profiling = { programs, regime: await Regime.find("free") };
  if (load.job !== undefined) return await runJob(role, profiling, load.job, load);
  if (role !== "client") return await sendRequests(role, profiling, load);
  if (load.isStart) return await startClient(folder, profiling);
  await runBatch(folder, profiling, load);
}

/** What is started, and where. */
interface Profiling {
  readonly programs: Programs;
  readonly regime: Regime;
}

/** Ends those of a role in good order, as only then they write what they have seen. */
async function end(role: RoleName, processes: Readonly<Record<string, readonly Child[]>>) {
  const children = role === "client" ? [] : processes[role === "worker" ? "workers" : "server"]!;
  for (const child of children) child.kill("SIGTERM");
  await Promise.all(children.map((child) => child.status));
}

async function sendRequests(role: RoleName, profiling: Profiling, load: Load): Promise<void> {
  const { seconds, window, connections, idle, workers, sum } = load;
  await using generator = new Generator(profiling.regime);
  await using target = await startCluster({
    ...profiling,
    ...(workers > MOST_PROCESSES ? { sharedWorkers: workers } : { workers }),
    ...(idle > 0 ? { maxOpenFiles: MANY_FILES } : {}),
  });
  await using stack = new AsyncDisposableStack();
  if (idle > 0) {
    const script = denoScript("bench/load/idle.ts", String(target.port), String(idle));
    await stack.use(new Child(profiling.regime.words(script, MANY_FILES))).line();
  }
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
  await end(role, target.processes);
}

async function runBatch(
  folder: string,
  profiling: Profiling,
  { seconds, window }: Load,
): Promise<void> {
  const repeats = Math.ceil(seconds * BATCH_LINES_PER_SECOND / BOOK_SIZE);
  const book = new Book(BOOK_SIZE, { style: "aula", hasId: false });
  await writeRepeated(`${folder}/in`, book.requests, repeats);
  await using target = await startCluster(profiling);
  const flags = ["--batch", "--input", `${folder}/in`, "--output", `${folder}/out`];
  const ms = await timeClient(profiling, [
    ...["--port", String(target.port), "--window", String(window), ...flags],
  ]);
  const perSecond = Math.round(repeats * BOOK_SIZE / ms * 1000);
  note(`${perSecond.toLocaleString("en-US")} lines a second under the profiler`);
}

async function runJob(
  role: RoleName,
  profiling: Profiling,
  kind: JobKind,
  { seconds }: Load,
): Promise<void> {
  const { perSecond, itemMs } = JOBS[kind];
  const steps = itemMs && stepsOf(await calibrate(["deno"]), "deno", itemMs);
  const work: Work = {
    kind,
    count: Math.ceil(seconds * perSecond),
    ...(steps === undefined ? {} : { steps }),
  };
  await using target = await startCluster({ ...profiling, ...SLOTS });
  const { words } = ourSubject(profiling.programs, target.port, []);
  await using client = new Child(profiling.regime.words(words(work, 0, "/dev/null")));
  const startedMs = performance.now();
  const { success } = await client.status;
  if (!success) throw new Error("Cannot take a profile: the job failed");
  const rate = Math.round(work.count / (performance.now() - startedMs) * 1000);
  note(`${rate.toLocaleString("en-US")} items a second under the profiler`);
  await end(role, target.processes);
}

async function startClient(folder: string, profiling: Profiling): Promise<void> {
  await using target = await startCluster(profiling);
  const ask = ["--port", String(target.port), "--op", "add", "--a", "10", "--b", "5"];
  // The first one brings the code into the system's cache; what was seen of it would be taken for the second's.
  note(`${Math.round(await timeClient(profiling, ask))} ms`);
  for await (const { name } of Deno.readDir(folder)) await Deno.remove(`${folder}/${name}`);
  note(
    `${Math.round(await timeClient(profiling, ask))} ms: the second run, which the profile is of`,
  );
}

/** Runs the client to its end, and gives the milliseconds that this took. */
async function timeClient(
  { programs, regime }: Profiling,
  args: readonly string[],
): Promise<number> {
  const startedMs = performance.now();
  await using client = new Child(regime.words(programs.words("client", ...args)));
  const { success } = await client.status;
  if (!success) throw new Error("Cannot take a profile: the client failed");
  return performance.now() - startedMs;
}
