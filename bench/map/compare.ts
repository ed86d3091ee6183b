import { type Measure, measureRounds, type Measures, type Rounds } from "../measure/rounds.ts";
import type { Context } from "../scenarios/scenario.ts";
import type { Bench } from "./cluster.ts";
import { failedIn } from "./failed.ts";
import { type Place, timeJob } from "./runs.ts";
import type { Subject } from "./subject.ts";
import { pairsOf, trialOf, type Work } from "./work.ts";

/** One job that is done by all subjects. */
export interface Comparison {
  /** The beginning of its figures' keys. */
  readonly key: string;
  readonly subjects: readonly Subject[];
  /** What a subject does of it. */
  readonly workOf: (subject: Subject) => Work;
  /** The checksum of the right results; `undefined` where there is nothing to compare with. */
  readonly rightOf: (subject: Subject) => string | undefined | Promise<string>;
}

/** Times every subject's job in rounds, each with the chunk size that is best for it. */
export async function timeSubjects(
  context: Context,
  { place, missing }: Pick<Bench, "place" | "missing">,
  { key, subjects, workOf, rightOf }: Comparison,
): Promise<Rounds> {
  const failed = failedIn(context, key, missing);
  const measures = new Map<string, Measure>();
  for (const subject of subjects) {
    try {
      const work = workOf(subject);
      const right = await rightOf(subject);
      const chunk = await bestChunk(context, place, subject, trialOf(work));
      measures.set(subject.name, async () => {
        const { ms, digest } = await timeJob(place, subject, work, chunk);
        if (right !== undefined && digest !== right) {
          throw new Error("its results differ from the right ones, of one process alone");
        }
        return { ms };
      });
    } catch (error) {
      failed(subject.name, error);
    }
  }
  return await measureRounds(pairsOf(context), measures, { failed });
}

/** The chunk size with which a subject does the work fastest; 1 for one that chooses by itself. */
async function bestChunk(
  context: Context,
  place: Place,
  subject: Subject,
  work: Work,
): Promise<number> {
  if (subject.chunks === undefined) return 1;
  // There are some chunks at least; in a test there are not many.
  const most = Math.ceil(work.count / 4);
  const chunks = new Set(subject.chunks[work.kind].map((size) => Math.min(size, most)));
  if (context.size === "tiny") return Math.max(...chunks);
  let best = { chunk: 1, ms: Infinity };
  let problem: unknown;
  for (const chunk of chunks) {
    try {
      const { ms } = await timeJob(place, subject, work, chunk);
      if (ms < best.ms) best = { chunk, ms };
    } catch (error) {
      // A size that a peer cannot do the job with is none to choose.
      problem = error;
    }
  }
  if (best.ms === Infinity) throw problem;
  context.note(`${subject.name}: chunks of ${best.chunk}`);
  return best.chunk;
}

/** Measures made of the measures of the same round. */
export function perRound(
  rounds: Rounds,
  make: (subject: string, round: number, measures: Measures) => Measures,
): Rounds {
  return new Map([...rounds].map(([subject, all]) => [
    subject,
    all.map((measures, round) => measures && make(subject, round, measures)),
  ]));
}
