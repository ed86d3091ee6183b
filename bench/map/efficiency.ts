import type { Figure } from "../measure/figure.ts";
import { figureOf, type Measures } from "../measure/rounds.ts";
import type { PeerOptions } from "../peers/peer.ts";
import type { Context, Scenario } from "../scenarios/scenario.ts";
import { calibrate, stepsOf } from "./calibrate.ts";
import { type Bench, openBench } from "./cluster.ts";
import { perRound, timeSubjects } from "./compare.ts";
import { SEQUENTIAL_PYTHON } from "./peers.ts";
import { timeJob } from "./runs.ts";
import { SEQUENTIAL_DENO, type Subject, type Tongue, twoOf } from "./subject.ts";
import { scaled, type Work } from "./work.ts";

/** What is calculated: as much of each that two workers need ten seconds for it. */
const JOBS = [
  { name: "short", title: "0.1 ms an item", kind: "steps", count: 200_000, itemMs: 0.1 },
  { name: "long", title: "5 ms an item", kind: "steps", count: 4000, itemMs: 5 },
  { name: "sum", title: "cheap sum", kind: "sum", count: 50_000_000, itemMs: 0.0004 },
] as const;

/** What one process alone does of it: it has neither a start that counts nor a last chunk to wait for. */
const PART_ALONE = 1 / 4;
/** Workers, with one slot each. */
const WORKERS = 2;
/** One process alone, by what it is written in. */
const ALONE: Readonly<Record<Tongue, Subject>> = {
  deno: SEQUENTIAL_DENO,
  python: SEQUENTIAL_PYTHON,
};

/** Two such processes at once, without a cluster: what these cores have for two workers at most. */
const TWO: typeof ALONE = { deno: twoOf(ALONE.deno), python: twoOf(ALONE.python) };

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
      const perMs = await calibrate(tonguesOf(bench));
      const figures: Figure[] = [];
      const wanted = JOBS.filter(({ name }) => context.isWanted(`map_efficiency/${name}`));
      for (const { name, title, kind, count, itemMs } of wanted) {
        context.note(title);
        const total = scaled(context, count);
        const workOf = (subject: Subject): Work => {
          const steps = stepsOf(perMs, subject.tongue, itemMs);
          const own = isAlone(subject) ? Math.ceil(total * PART_ALONE) : total;
          return { kind, count: own, steps };
        };
        figures.push(...await measureJob(context, bench, workOf, { name, title }));
      }
      return figures;
    },
  };
}

/** The languages of all that is measured. */
function tonguesOf({ subjects }: Bench): ReadonlySet<Tongue> {
  return new Set(["deno" as const, ...subjects.map(({ tongue }) => tongue)]);
}

/** Whether it is one process, or two, that nobody gives work. */
function isAlone(subject: Subject): boolean {
  return [ALONE, TWO].some((all) => all[subject.tongue] === subject);
}

async function measureJob(
  context: Context,
  bench: Bench,
  workOf: (subject: Subject) => Work,
  { name, title }: { readonly name: string; readonly title: string },
): Promise<Figure[]> {
  const key = `map_efficiency/${name}`;
  const alone = [...tonguesOf(bench)].flatMap((tongue) => [ALONE[tongue], TWO[tongue]]);
  const subjects = [...alone, ...bench.subjects];
  const rights = new Map<string, Promise<string>>();
  const rightOf = (subject: Subject) => {
    if (isAlone(subject)) return undefined;
    const work = workOf(subject);
    const found = `${subject.tongue} ${work.count}`;
    const right = rights.get(found) ??
      timeJob(bench.place, ALONE[subject.tongue], work, work.count).then(({ digest }) => digest);
    rights.set(found, right);
    return right;
  };
  const rounds = await timeSubjects(context, bench, { key, subjects, workOf, rightOf });
  const byName = new Map(subjects.map((subject) => [subject.name, subject]));
  const efficiencies = perRound(rounds, (name, round, { ms }): Measures => {
    const subject = byName.get(name)!;
    const one = ALONE[subject.tongue];
    const aloneMs = rounds.get(one.name)?.[round]?.ms;
    if (subject === one || aloneMs === undefined) return {};
    const done = workOf(subject).count * (subject === TWO[subject.tongue] ? 2 : 1);
    const share = done / workOf(one).count;
    return { efficiency: aloneMs * share / (WORKERS * ms!) };
  });
  return [
    figureOf(efficiencies, "efficiency", {
      key: `${key}/efficiency`,
      title: `${title}: efficiency`,
      unit: "share",
    }),
    figureOf(rounds, "ms", { key: `${key}/ms`, title: `${title}: time`, unit: "ms" }),
  ];
}
