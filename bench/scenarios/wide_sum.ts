import { startCluster, startRelay } from "../cluster/cluster.ts";
import { MANY_FILES } from "./connection_count.ts";
import { loadFigures, measureLoads } from "./load_measures.ts";
import { pick, type Scenario, startTargets } from "./scenario.ts";

/** A sum of squares over 1,000 workers that share a process, beside a raw fan-out to as many connections. */
export const WIDE_SUM: Scenario = {
  name: "wide_sum",
  title: "one sum of squares over 1,000 workers, which share a process",
  run: async (context) => {
    const { regime } = context;
    const workers = pick(context, { full: 1000, quick: 1000, tiny: 5 });
    await using targets = await startTargets(
      context,
      (programs) =>
        startCluster({ programs, regime, sharedWorkers: workers, maxOpenFiles: MANY_FILES }),
      () => startRelay("fan_out", [String(workers)], regime, MANY_FILES),
    );
    context.note(`${workers} workers`);
    const shape = { kind: "closed", connections: 1, window: 1 } as const;
    const rounds = await measureLoads(context, targets.all, shape, {
      op: { n: "1000000", workers },
    });
    return loadFigures(rounds, "wide_sum", "sum over 1,000 workers", ["p50", "p99", "cpu_server"]);
  },
};
