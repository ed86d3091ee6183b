import { Child } from "../cluster/child.ts";
import { startCluster, type Target } from "../cluster/cluster.ts";
import type { Programs } from "../cluster/programs.ts";
import { denoScript } from "../paths.ts";
import type { Figure } from "../measure/figure.ts";
import { figureOf, type Measures } from "../measure/rounds.ts";
import { pairedRatio } from "../measure/statistics.ts";
import { memoryOf } from "../measure/usage.ts";
import { MANY_FILES } from "../load/generator.ts";
import { measureLoad } from "./load_measures.ts";
import { warm } from "./loads.ts";
import { type Context, pick, type Scenario } from "./scenario.ts";

const SHAPE = { kind: "closed", connections: 1, window: 64 } as const;
/** How long a server is left alone before its memory is read. */
const REST_MS = 500;
/** How often both servers are asked in a round: one time each decides nothing of a few per cent. */
const ALTERNATIONS = 3;

/** What connections on which nothing happens cost: memory at the server, and throughput beside them. */
export const IDLE_CONNECTIONS: Scenario = {
  name: "idle_connections",
  title: "10,000 connections on which nothing happens",
  run: async (context) => {
    const rounds = new Map<string, Measures[]>();
    const opened = new Map<string, Measures[]>();
    for (const programs of context.builds) {
      const { bytes, throughputs } = await measureBuild(context, programs);
      opened.set(programs.name, bytes.map((one) => ({ bytes: one })));
      rounds.set(programs.name, throughputs.map((throughput) => ({ throughput })));
    }
    return [
      figureOf(opened, "bytes", {
        key: "idle_connections/bytes",
        title: "memory of one idle connection at the server",
        unit: "bytes",
      }),
      figureOf(rounds, "throughput", {
        key: "idle_connections/throughput",
        title: "requests a second, 64 in flight, with the idle connections against without",
        unit: "ratio",
      }),
    ] satisfies Figure[];
  },
};

/** What the connections cost, server by server, and what is done beside them, round by round. */
interface BuildMeasures {
  readonly bytes: readonly (number | undefined)[];
  readonly throughputs: readonly number[];
}

async function measureBuild(context: Context, programs: Programs): Promise<BuildMeasures> {
  // What a server once took from the system it may keep: each has its connections opened once.
  const others = pick(context, { full: 2, quick: 0, tiny: 0 });
  const bytes: (number | undefined)[] = [];
  for (let times = 0; times < others; times++) {
    await using crowded = await startCrowded(context, programs);
    bytes.push(crowded.bytes);
  }
  await using quiet = await start(context, programs);
  await using crowded = await startCrowded(context, programs);
  bytes.push(crowded.bytes);
  const throughputs: number[] = [];
  for (let round = 0; round < context.pairs; round++) {
    throughputs.push(await throughputOf(context, quiet, crowded.target, round));
  }
  return { bytes, throughputs };
}

/** A cluster of which the code is warm: what it needs for that is not the connections'. */
async function start(context: Context, programs: Programs): Promise<Target> {
  const { regime } = context;
  await using stack = new AsyncDisposableStack();
  const target = stack.use(await startCluster({ programs, regime, maxOpenFiles: MANY_FILES }));
  await warm(context, target, { style: "aula" });
  const kept = stack.move();
  return { ...target, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** A cluster with the idle connections. */
interface Crowded extends AsyncDisposable {
  readonly target: Target;
  /** What each of them takes; `undefined` where the system does not say. */
  readonly bytes: number | undefined;
}

async function startCrowded(context: Context, programs: Programs): Promise<Crowded> {
  const count = pick(context, { full: 10_000, quick: 10_000, tiny: 20 });
  await using stack = new AsyncDisposableStack();
  const target = stack.use(await start(context, programs));
  const before = await restingBytes(target);
  context.note(`${programs.name}: opening ${count} idle connections`);
  const script = denoScript("bench/load/idle.ts", String(target.port), String(count));
  await stack.use(new Child(context.regime.words(script, MANY_FILES))).line();
  const after = await restingBytes(target);
  const bytes = before === undefined || after === undefined ? undefined : (after - before) / count;
  const kept = stack.move();
  return { target, bytes, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** Requests a second of two servers that are asked in turn, each first every other time. */
async function throughputOf(
  context: Context,
  quiet: Target,
  crowded: Target,
  round: number,
): Promise<number> {
  const withIdle: number[] = [];
  const without: number[] = [];
  for (let turn = 0; turn < ALTERNATIONS; turn++) {
    const isQuietFirst = (round + turn) % 2 === 0;
    if (isQuietFirst) without.push(await perSecond(context, quiet));
    withIdle.push(await perSecond(context, crowded));
    if (!isQuietFirst) without.push(await perSecond(context, quiet));
  }
  return pairedRatio(withIdle, without);
}

async function perSecond(context: Context, target: Target): Promise<number> {
  return (await measureLoad(context, target, SHAPE, { style: "aula" })).per_second!;
}

async function restingBytes(target: Target): Promise<number | undefined> {
  await new Promise((resolve) => setTimeout(resolve, REST_MS));
  return memoryOf(target.processes.server![0]!.pid)?.residentBytes;
}
