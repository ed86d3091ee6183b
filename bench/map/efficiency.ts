import { denoScript, projectPath } from "../paths.ts";
import type { Figure } from "../measure/figure.ts";
import { figureOf, type Measure, measureRounds, type Measures } from "../measure/rounds.ts";
import { commandOutput } from "../peers/command.ts";
import type { PeerOptions } from "../peers/peer.ts";
import type { Context, Scenario } from "../scenarios/scenario.ts";
import { type Bench, bestChunk, openBench, perRound } from "./cluster.ts";
import { inPython } from "./peers.ts";
import { timeJob } from "./runs.ts";
import { SEQUENTIAL_DENO, type Subject, type Tongue } from "./subject.ts";
import { pairsOf, scaled, type Work } from "./work.ts";

/** What is calculated: as much of each that two workers need ten seconds for it. */
const JOBS = [
  { name: "short", title: "0.1 ms an item", kind: "steps", count: 200_000, itemMs: 0.1 },
  { name: "long", title: "5 ms an item", kind: "steps", count: 4000, itemMs: 5 },
  { name: "sum", title: "cheap sum", kind: "sum", count: 50_000_000, itemMs: 0.0004 },
] as const;

/** Of a trial of chunk sizes, against the whole job. */
const TRIAL_SHARE = 1 / 4;
/** Workers, with one slot each. */
const WORKERS = 2;
/** One process alone, by what it is written in. */
const ALONE: Readonly<Record<Tongue, Subject>> = {
  deno: SEQUENTIAL_DENO,
  python: { ...inPython("sequential", "python3"), name: "sequential_python" },
};

/**
 * How much of two workers' time goes into the user's function: the time of one process of the same language,
 * which does the same job alone, over twice the time of the job.
 */
export function mapEfficiency(options: PeerOptions): Scenario {
  return {
    name: "map_efficiency",
    title: "jobs of 10 s, 2 workers with 1 slot each",
    run: async (context) => {
      await using bench = await openBench(context, options);
      const stepsPerMs = await calibrate(bench);
      const figures: Figure[] = [];
      for (const { name, title, kind, count, itemMs } of JOBS) {
        context.note(title);
        const works: Record<string, Work> = {};
        for (const [tongue, steps] of Object.entries(stepsPerMs)) {
          const wanted = { kind, count: scaled(context, count) };
          works[tongue] = { ...wanted, steps: Math.max(1, Math.round(steps * itemMs)) };
        }
        figures.push(...await measureJob(context, bench, works, { name, title }));
      }
      return figures;
    },
  };
}

/** How many steps take a millisecond in each language that somebody here uses. */
async function calibrate({ subjects }: Bench): Promise<Partial<Record<Tongue, number>>> {
  const scripts: Readonly<Record<Tongue, readonly string[]>> = {
    deno: denoScript("bench/map/apply.ts", "calibrate"),
    python: ["python3", projectPath("bench/peers/map_driver.py"), "calibrate"],
  };
  const found: Partial<Record<Tongue, number>> = {};
  for (const tongue of new Set(["deno" as const, ...subjects.map((one) => one.tongue)])) {
    const steps = Number(await commandOutput(scripts[tongue]));
    if (!(steps > 0)) throw new Error(`Cannot measure how fast ${tongue} is`);
    found[tongue] = steps;
  }
  return found;
}

async function measureJob(
  context: Context,
  { place, subjects }: Bench,
  works: Readonly<Record<string, Work>>,
  { name, title }: { readonly name: string; readonly title: string },
): Promise<Figure[]> {
  const all = [...Object.keys(works).map((tongue) => ALONE[tongue as Tongue]), ...subjects];
  const digests = new Map<Tongue, string>();
  const measures = new Map<string, Measure>();
  for (const subject of all) {
    const work = works[subject.tongue]!;
    const trial = { ...work, count: Math.ceil(work.count * TRIAL_SHARE) };
    const chunk = await bestChunk(context, place, subject, trial);
    measures.set(subject.name, async () => {
      const { ms, digest } = await timeJob(place, subject, work, chunk);
      // Whoever comes first, in the end all have given the same as one process alone.
      if (digest !== (digests.get(subject.tongue) ?? digest)) {
        throw new Error(`Results of ${subject.name} differ from those of others: ${title}`);
      }
      digests.set(subject.tongue, digest);
      return { ms };
    });
  }
  const rounds = await measureRounds(pairsOf(context), measures);
  const tongues = new Map(all.map((subject) => [subject.name, subject.tongue]));
  const efficiencies = perRound(rounds, (subject, round, { ms }): Measures => {
    const alone = ALONE[tongues.get(subject)!].name;
    if (subject === alone) return {};
    return { efficiency: rounds.get(alone)![round]!.ms! / (WORKERS * ms!) };
  });
  const key = `map_efficiency/${name}`;
  return [
    figureOf(efficiencies, "efficiency", {
      key: `${key}/efficiency`,
      title: `${title}: efficiency`,
      unit: "share",
    }),
    figureOf(rounds, "ms", { key: `${key}/ms`, title: `${title}: time`, unit: "ms" }),
  ];
}
