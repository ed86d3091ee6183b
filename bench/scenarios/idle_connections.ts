import { Child } from "../cluster/child.ts";
import { startCluster, type Target } from "../cluster/cluster.ts";
import type { Programs } from "../cluster/programs.ts";
import { denoScript } from "../paths.ts";
import type { Figure } from "../measure/figure.ts";
import { figureOf, type Measures } from "../measure/rounds.ts";
import { memoryOf } from "../measure/usage.ts";
import { MANY_FILES } from "../load/generator.ts";
import { measureLoad } from "./load_measures.ts";
import { warm } from "./loads.ts";
import { type Context, pick, type Scenario } from "./scenario.ts";

const SHAPE = { kind: "closed", connections: 1, window: 64 } as const;
/** How long a server is left alone before its memory is read. */
const REST_MS = 500;

/** What connections on which nothing happens cost: memory at the server, and throughput beside them. */
export const IDLE_CONNECTIONS: Scenario = {
  name: "idle_connections",
  title: "10,000 connections on which nothing happens",
  run: async (context) => {
    const rounds = new Map<string, Measures[]>();
    const opened = new Map<string, Measures[]>();
    for (const programs of context.builds) {
      const { bytes, throughputs } = await measureBuild(context, programs);
      opened.set(programs.name, [{ bytes }]);
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

/** What the connections cost, which are opened once, and what is done beside them, round by round. */
interface BuildMeasures {
  readonly bytes: number | undefined;
  readonly throughputs: readonly number[];
}

/** Two clusters, one of which has the idle connections, are asked in turn. */
async function measureBuild(context: Context, programs: Programs): Promise<BuildMeasures> {
  const { regime } = context;
  const count = pick(context, { full: 10_000, quick: 10_000, tiny: 20 });
  const start = () => startCluster({ programs, regime, maxOpenFiles: MANY_FILES });
  await using quiet = await start();
  await using crowded = await start();
  // What the code itself needs once it is warm is not the connections'.
  for (const target of [quiet, crowded]) await warm(context, target, { style: "aula" });
  const before = await restingBytes(crowded);
  context.note(`${programs.name}: opening ${count} idle connections`);
  const script = denoScript("bench/load/idle.ts", String(crowded.port), String(count));
  await using holder = new Child(regime.words(script, MANY_FILES));
  await holder.line();
  const after = await restingBytes(crowded);
  const bytes = before === undefined || after === undefined ? undefined : (after - before) / count;
  const throughputs: number[] = [];
  for (let round = 0; round < context.pairs; round++) {
    const first = round % 2 === 0 ? await perSecond(context, quiet) : undefined;
    const withIdle = await perSecond(context, crowded);
    const without = first ?? await perSecond(context, quiet);
    throughputs.push(withIdle / without);
  }
  return { bytes, throughputs };
}

async function perSecond(context: Context, target: Target): Promise<number> {
  return (await measureLoad(context, target, SHAPE, { style: "aula" })).per_second!;
}

async function restingBytes(target: Target): Promise<number | undefined> {
  await new Promise((resolve) => setTimeout(resolve, REST_MS));
  return memoryOf(target.processes.server![0]!.pid)?.residentBytes;
}
