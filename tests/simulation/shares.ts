import type { Cluster } from "./cluster.ts";
import type { Node } from "./node.ts";

/**
 * Over how many workers the servers of a run split at which time: looked up in a server whenever it may have
 * changed, which is where somebody joins or where time passes.
 */
export class Shares {
  readonly #cluster: Cluster;
  /** Every change of a server's number of workers. */
  readonly #changes: { readonly server: Node; readonly atMs: number; readonly count: number }[] =
    [];

  /** Watches the servers of a cluster from now on. */
  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    const isFixed = cluster.workers.every((slot) => !slot.joins);
    const configured = cluster.workers.filter((slot) => !slot.joins).length;
    for (const server of cluster.servers) {
      this.#changes.push({ server, atMs: 0, count: configured });
      if (isFixed) continue;
      let last = configured;
      server.onStep = (event, effects) => {
        if (event.kind !== "tick" && !effects.some(({ kind }) => kind === "log")) return;
        const count = this.#cluster.status(server).workers.length;
        if (count === last) return;
        last = count;
        this.#changes.push({ server, atMs: cluster.clock.nowMs, count });
      };
    }
  }

  /** All numbers that were current at some moment from one time to another. */
  between(fromMs: number, toMs: number): number[] {
    const counts = new Set<number>();
    for (const server of this.#cluster.servers) {
      let before: number | undefined;
      for (const change of this.#changes) {
        if (change.server !== server || change.atMs > toMs) continue;
        if (change.atMs < fromMs) before = change.count;
        else counts.add(change.count);
      }
      if (before !== undefined) counts.add(before);
    }
    return [...counts];
  }
}
