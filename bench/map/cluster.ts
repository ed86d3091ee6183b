import type { ClusterOptions } from "../cluster/cluster.ts";
import type { Measures, Rounds } from "../measure/rounds.ts";
import type { PeerOptions } from "../peers/peer.ts";
import { startTargets, type Targets } from "../scenarios/loads.ts";
import type { Context } from "../scenarios/scenario.ts";
import { findMapPeers } from "./peers.ts";
import { openPlace, type Place, timeJob } from "./runs.ts";
import { ourSubject, type Subject } from "./subject.ts";
import type { Work } from "./work.ts";

/** Two workers with one slot each. */
export const SLOTS: Omit<ClusterOptions, "programs" | "regime"> = {
  workerFlags: ["--allow-code", "--slots", "1"],
};

/** What a scenario of jobs works with. */
export interface Bench extends AsyncDisposable {
  readonly place: Place;
  /** A cluster of each build, and the peers. */
  readonly subjects: readonly Subject[];
}

/** Starts a cluster of each build, finds peers, and makes a folder for results. */
export async function openBench(context: Context, options: PeerOptions): Promise<Bench> {
  const peers = await findMapPeers(options);
  await using stack = new AsyncDisposableStack();
  const place = stack.use(await openPlace(context.regime));
  const targets: Targets = stack.use(await startTargets(context, { cluster: SLOTS }));
  const ours = context.builds.map((programs) =>
    ourSubject(programs, targets.all.get(programs.name)!.port, [])
  );
  const kept = stack.move();
  return {
    place,
    subjects: [...ours, ...peers],
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** The chunk size with which a subject does the work fastest; 1 for one that chooses by itself. */
export async function bestChunk(
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
  for (const chunk of chunks) {
    // A size that a peer cannot do the job with is none to choose.
    const { ms } = await timeJob(place, subject, work, chunk).catch((error) => {
      context.note(`${subject.name}: chunks of ${chunk}: ${error.message}`);
      return { ms: Infinity };
    });
    if (ms < best.ms) best = { chunk, ms };
  }
  if (best.ms === Infinity) throw new Error(`Cannot count ${subject.name}: it can do no such job`);
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
    all.map((measures, round) => make(subject, round, measures)),
  ]));
}
