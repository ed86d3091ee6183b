import { startRelay } from "../cluster/cluster.ts";
import { MANY_FILES } from "../load/generator.ts";
import { measureLoads } from "./loads.ts";
import { pick, type Scenario } from "./scenario.ts";

/** A sum of squares over 1,000 workers that share a process, beside a raw fan-out to as many connections. */
export const WIDE_SUM: Scenario = {
  name: "wide_sum",
  title: "one sum of squares over 1,000 workers, which share a process",
  run: (context) => {
    const workers = pick(context, { full: 1000, quick: 1000, tiny: 5 });
    const load = {
      key: "wide_sum",
      title: "sum over 1,000 workers",
      shape: { kind: "closed", connections: 1, window: 1 },
      exercises: { op: { n: "1000000", workers } },
      aspects: ["p50", "p99", "cpu_server"],
    } as const;
    return measureLoads(context, [load], {
      cluster: { sharedWorkers: workers, maxOpenFiles: MANY_FILES },
      floor: (regime) => startRelay("fan_out", [String(workers)], regime, MANY_FILES),
      // The floor has one line in hand at a time.
      warming: load.shape,
    });
  },
};
