import type { ClusterOptions } from "../cluster/cluster.ts";
import type { PeerOptions } from "../peers/peer.ts";
import { startTargets, type Targets } from "../scenarios/loads.ts";
import type { Context } from "../scenarios/scenario.ts";
import { findMapPeers } from "./peers.ts";
import { openPlace, type Place } from "./runs.ts";
import { ourSubject, type Subject } from "./subject.ts";

/** Two workers with one slot each. */
export const SLOTS: Omit<ClusterOptions, "programs" | "regime"> = {
  workerFlags: ["--allow-code", "--slots", "1"],
};

/** What a scenario of jobs works with. */
export interface Bench extends AsyncDisposable {
  readonly place: Place;
  /** A cluster of each build, and the peers. */
  readonly subjects: readonly Subject[];
  /** Takes why a peer was not measured. */
  readonly missing: string[];
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
    missing: options.missing,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
