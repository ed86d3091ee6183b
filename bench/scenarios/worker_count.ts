import { startRelay } from "../cluster/cluster.ts";
import type { Figure } from "../measure/figure.ts";
import { type Load, measureLoads } from "./loads.ts";
import { pick, type Scenario } from "./scenario.ts";

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
    const figures: Figure[] = [];
    for (const count of pick(context, { full: [2, 20, 200], quick: [2, 200], tiny: [3] })) {
      const loads = WINDOWS.map((window): Load => ({
        key: `worker_count/${count}x${window}`,
        title: `${count} workers, ${window} in flight`,
        shape: { kind: "closed", connections: 1, window },
        aspects: ["p50", "p99", "per_second", "cpu_server"],
      }));
      const measured = await measureLoads(context, loads, {
        cluster: { sharedWorkers: count },
        floor: (regime) => startRelay("rotate", [String(count)], regime),
      });
      figures.push(...measured);
    }
    return figures;
  },
};
