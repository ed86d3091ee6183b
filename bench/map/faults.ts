import type { Child } from "../cluster/child.ts";
import { startCluster } from "../cluster/cluster.ts";
import type { Programs } from "../cluster/programs.ts";
import type { Figure } from "../measure/figure.ts";
import { figureOf, measureRounds, type Measures, type Rounds } from "../measure/rounds.ts";
import type { PeerOptions } from "../peers/peer.ts";
import { type Context, pick, type Scenario } from "../scenarios/scenario.ts";
import { eachBuild } from "../scenarios/loads.ts";
import { calibrate, stepsOf, type StepsPerMs } from "./calibrate.ts";
import { SLOTS } from "./cluster.ts";
import { findMapPeers, SEQUENTIAL_PYTHON } from "./peers.ts";
import { busiestDescendant, killAll } from "./processes.ts";
import { countWrong, openPlace, type Place, watchJob } from "./runs.ts";
import { ourSubject, SEQUENTIAL_DENO, type Subject, type Tongue } from "./subject.ts";
import { failedIn } from "./failed.ts";
import { pairsOf, scaled, type Work } from "./work.ts";

/** What goes wrong in a job. */
const FAULTS = [
  ["none", "nothing goes wrong"],
  ["killed", "a worker killed (SIGKILL)"],
  ["poison", "one item that eats all memory (of peers: kills its process)"],
] as const;
type Fault = typeof FAULTS[number][0];

const ITEMS = 600;
const MIN_ITEMS = 120;
const ITEM_MS = 5;
/** Items of a chunk of a peer; of one that starts a process for each there are more. */
const CHUNK = 10;
const PARALLEL_CHUNK = 100;
/** How long after the first result a worker is lost, against the time of one process alone. */
const LOST_AFTER = 1 / 6;

/** What a user notices when a worker is lost, or an item eats all memory. */
export function mapFaults(options: PeerOptions): Scenario {
  return {
    name: "map_faults",
    title: "jobs in which something goes wrong, 2 workers with 1 slot each",
    run: async (context) => {
      const peers = await findMapPeers(options);
      await using place = await openPlace(context.regime);
      const perMs = await calibrate(["deno", ...peers.map(({ tongue }) => tongue)]);
      const right = await calculateAlone(context, place, SEQUENTIAL_DENO, perMs);
      const rights = new Map([["deno", Promise.resolve(right)]]);
      const rightOf = (tongue: Tongue) => {
        const found = rights.get(tongue) ??
          calculateAlone(context, place, SEQUENTIAL_PYTHON, perMs);
        rights.set(tongue, found);
        return found;
      };
      const figures: Figure[] = [];
      const wanted = FAULTS.filter(([fault]) => context.isWanted(`map_faults/${fault}`));
      for (const [fault, title] of wanted) {
        context.note(title);
        const subjects = eachBuild(
          context,
          (programs) => measureOurs(context, programs, { place, right, fault }),
        );
        const hanging = new Set<string>();
        for (const subject of peers) {
          subjects.set(subject.name, async () => {
            const right = await rightOf(subject.tongue);
            const patienceMs = patienceOf(context, fault !== "none");
            const options = { place, subject, right, patienceMs, fault, lose: loseWorker };
            const measures = await measureFault(options);
            if (measures.hung === 1) hanging.add(subject.name);
            return measures;
          });
        }
        const rounds = await measureRounds(pairsOf(context), subjects, {
          failed: failedIn(context, `map_faults/${fault}`, options.missing),
          // One that hung will do so again, and where nothing goes wrong there is not much to see.
          isDue: (name, round) => !hanging.has(name) && (fault !== "none" || round === 0),
        });
        figures.push(...figuresOf(rounds, fault, title));
      }
      return figures;
    },
  };
}

/** In a cluster of its own, as it loses a part of it. */
async function measureOurs(
  context: Context,
  programs: Programs,
  options: Pick<FaultOptions, "place" | "right" | "fault">,
): Promise<Measures> {
  const { regime } = context;
  const workerFlags = [...SLOTS.workerFlags!, ...memoryFlags(context)];
  await using target = await startCluster({ programs, regime, workerFlags });
  const errors = `${options.place.folder}/errors`;
  const subject = ourSubject(programs, target.port, ["--keep-going", "--errors", errors]);
  const lose = () => {
    target.processes.workers![1]!.kill("SIGKILL");
    return true;
  };
  const patienceMs = patienceOf(context, false);
  const measures = await measureFault({ ...options, subject, patienceMs, lose, errors });
  if (options.fault === "none" && measures.missing! > 0) {
    throw new Error(`${measures.missing} results are wrong or missing though nothing went wrong`);
  }
  return measures;
}

/** The job, its right results, and what one process alone took for them. */
interface Right {
  readonly work: Work;
  readonly lines: readonly string[];
  readonly ms: number;
}

async function calculateAlone(
  context: Context,
  place: Place,
  subject: Subject,
  perMs: StepsPerMs,
): Promise<Right> {
  const count = Math.max(MIN_ITEMS, scaled(context, ITEMS));
  const work: Work = { kind: "steps", count, steps: stepsOf(perMs, subject.tongue, ITEM_MS) };
  const startedMs = performance.now();
  const { lines } = await watchJob(place, subject, work, count, { limitMs: 300_000 });
  if (lines.length !== count) throw new Error(`Cannot count this: ${lines.length} results`);
  const ms = performance.now() - startedMs;
  return { work, lines, ms };
}

/** How long a job is waited for at its end: in a test not long for those peers that a fault makes hang. */
function patienceOf(context: Context, mayHang: boolean): number {
  return pick(context, { full: 15_000, quick: 15_000, tiny: mayHang ? 1500 : 15_000 });
}

interface FaultOptions {
  readonly place: Place;
  readonly subject: Subject;
  readonly right: Right;
  /** How much longer than twice the time of one process alone the job is waited for. */
  readonly patienceMs: number;
  readonly fault: Fault;
  /** Kills a worker; says whether there was one. */
  readonly lose: (child: Child) => boolean;
  /** The file in which the subject names what failed. */
  readonly errors?: string;
}

async function measureFault(options: FaultOptions): Promise<Measures> {
  const { place, subject, right: { work, lines, ms }, patienceMs, fault, lose } = options;
  const poison = fault === "poison" ? Math.floor(work.count / 2) + 7 : 0;
  const chunk = subject.name === "parallel" ? Math.min(PARALLEL_CHUNK, work.count / 4) : CHUNK;
  let isLost = fault !== "killed";
  const watched = await watchJob(place, subject, { ...work, poison }, chunk, {
    limitMs: 2 * ms + patienceMs,
    ...(fault !== "killed" ? {} : {
      meanwhile: { afterMs: ms * LOST_AFTER, act: (child) => isLost = lose(child) },
    }),
  });
  if (!isLost) throw new Error("it had ended before one of its workers did");
  const expected = lines.filter((_, index) => index + 1 !== poison);
  const said = watched.said +
    (options.errors === undefined ? "" : await Deno.readTextFile(options.errors));
  return {
    gap: watched.longestGapMs,
    missing: countWrong(expected, watched.lines),
    hung: Number(watched.isHung),
    ...(fault === "poison" ? { named: Number(isNamed(poison, said)) } : {}),
  };
}

/** Whether a text speaks of an item, and not of a range or a list in which it lies. */
function isNamed(item: number, said: string): boolean {
  return new RegExp(`\\b${item}\\b`).test(said);
}

function loseWorker(child: Child): boolean {
  const victim = busiestDescendant(child.pid);
  if (victim !== undefined) killAll([victim]);
  return victim !== undefined;
}

/** Memory is filled in no time; a test has not even that. */
function memoryFlags(context: Context): string[] {
  return pick(context, { full: [], quick: [], tiny: ["--slot-memory-mb", "256"] });
}

function figuresOf(
  rounds: Rounds,
  fault: Fault,
  title: string,
): Figure[] {
  const figure = (what: keyof typeof TITLES, unit: "ms" | "count") =>
    figureOf(rounds, what, {
      key: `map_faults/${fault}/${what}`,
      title: `${title}: ${TITLES[what]}`,
      unit,
    });
  return [
    figure("gap", "ms"),
    figure("missing", "count"),
    figure("hung", "count"),
    ...(fault === "poison" ? [figure("named", "count")] : []),
  ];
}

const TITLES = {
  gap: "longest time between two results",
  missing: "results missing or wrong",
  hung: "ended by us since it hung",
  named: "the item is named",
} as const;
