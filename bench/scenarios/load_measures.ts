import type { Target } from "../cluster/cluster.ts";
import type { ExerciseOptions } from "../load/exercise.ts";
import { requireRight } from "../load/generator.ts";
import type { JobResult, Shape } from "../load/job.ts";
import type { Figure } from "../measure/figure.ts";
import { figureOf, type Measures, type Rounds } from "../measure/rounds.ts";
import { cpuMs } from "../measure/usage.ts";
import type { Context } from "./scenario.ts";

/** Sends a target one load, and gives what it took. */
export async function measureLoad(
  context: Context,
  target: Target,
  shape: Shape,
  exercises: ExerciseOptions,
): Promise<Measures> {
  const { generator, warmUpMs, sampleMs: durationMs } = context;
  const before = cpuByRole(target);
  const generatorBefore = cpuMs(generator.pid);
  const result = requireRight(
    await generator.run({ port: target.port, shape, exercises, warmUpMs, durationMs }),
  );
  const measures: Record<string, number | undefined> = { ...timesOf(result) };
  for (const [role, after] of cpuByRole(target)) {
    measures[`cpu_${role}`] = perRequest(before.get(role), after, result);
  }
  measures.cpu_generator = perRequest(generatorBefore, cpuMs(generator.pid), result);
  return measures;
}

/** The times of a result, as measures. */
export function timesOf(result: JobResult): Measures {
  const { latency, lateness, perSecond } = result;
  const { p50, p99, p999 } = latency;
  return { p50, p99, p999, per_second: perSecond, late_p50: lateness.p50 };
}

/** What a load's figures are called. */
const ASPECTS = [
  ["p50", "p50", "ms"],
  ["p99", "p99", "ms"],
  ["p999", "p99.9", "ms"],
  ["per_second", "requests", "/s"],
  ["cpu_server", "processor time of the server, a request", "us"],
  ["cpu_workers", "processor time of the workers, a request", "us"],
  ["cpu_generator", "processor time of the load generator, a request", "us"],
  ["late_p50", "the generator itself was late, p50", "ms"],
] as const;

/** Those of every load, if nothing else is said: in a closed loop nobody is late. */
const USUAL = ASPECTS.map(([name]) => name).filter((name) => name !== "late_p50");

/** The figures of a load: the usual ones, or those that are named. */
export function loadFigures(
  rounds: Rounds,
  key: string,
  title: string,
  aspects: readonly string[] = USUAL,
): Figure[] {
  return ASPECTS.filter(([name]) => aspects.includes(name)).map(([name, text, unit]) =>
    figureOf(rounds, name, { key: `${key}/${name}`, title: `${title}: ${text}`, unit })
  );
}

function cpuByRole(target: Target): Map<string, number | undefined> {
  return new Map(
    Object.entries(target.processes).map(([role, children]) => {
      const times = children.map(({ pid }) => cpuMs(pid));
      return [role, times.reduce((sum, ms) => add(sum, ms), 0)];
    }),
  );
}

function add(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b;
}

/** Microseconds a request. */
function perRequest(
  beforeMs: number | undefined,
  afterMs: number | undefined,
  { goodInAll }: JobResult,
): number | undefined {
  if (beforeMs === undefined || afterMs === undefined) return undefined;
  return (afterMs - beforeMs) * 1000 / goodInAll;
}
