import { startCluster, startRelay } from "../cluster/cluster.ts";
import type { Figure } from "../measure/figure.ts";
import { loadFigures, measureLoads } from "./load_measures.ts";
import { pick, type Scenario, startTargets } from "./scenario.ts";

/** Requests in flight, on one connection. */
const WINDOWS = [1, 64] as const;

/**
 * What a larger cluster costs. The workers share one process, from the sources whatever the build; the floor
 * hands lines out in turn over as many connections to one echo, with no more in hand than a line's end.
 */
export const WORKER_COUNT: Scenario = {
  name: "worker_count",
  title: "additions by the number of workers, which share a process",
  run: async (context) => {
    const { regime } = context;
    const figures: Figure[] = [];
    for (const count of pick(context, { full: [2, 20, 200], quick: [2, 200], tiny: [3] })) {
      await using targets = await startTargets(
        context,
        (programs) => startCluster({ programs, regime, sharedWorkers: count }),
        () => startRelay("rotate", [String(count)], regime),
      );
      for (const window of WINDOWS) {
        context.note(`${count} workers, ${window} in flight`);
        const shape = { kind: "closed", connections: 1, window } as const;
        const rounds = await measureLoads(context, targets.all, shape);
        const key = `worker_count/${count}x${window}`;
        const aspects = ["p50", "p99", "per_second", "cpu_server"];
        figures.push(
          ...loadFigures(rounds, key, `${count} workers, ${window} in flight`, aspects),
        );
      }
    }
    return figures;
  },
};
