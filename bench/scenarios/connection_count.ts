import { startCluster, startFloor } from "../cluster/cluster.ts";
import { type Figure, formatNumber } from "../measure/figure.ts";
import { loadFigures, measureLoads } from "./load_measures.ts";
import { pick, type Scenario, startTargets } from "./scenario.ts";

/** Descriptors for two connections a client at the raw relay, and some more. */
export const MANY_FILES = 20_000;
/** A raw relay has two connections for each of a client's. */
const MOST = 9500;

/** What many busy connections cost, with one request in flight on each. */
export const CONNECTION_COUNT: Scenario = {
  name: "connection_count",
  title: "additions by the number of connections, one in flight on each",
  run: async (context) => {
    const { regime } = context;
    await using targets = await startTargets(
      context,
      (programs) => startCluster({ programs, regime, maxOpenFiles: MANY_FILES }),
      () => startFloor(regime, MANY_FILES),
    );
    const figures: Figure[] = [];
    const counts = pick(context, { full: [1, 100, MOST], quick: [1, 100], tiny: [3] });
    for (const connections of counts) {
      context.note(`${connections} connections`);
      const shape = { kind: "closed", connections, window: 1 } as const;
      const rounds = await measureLoads(context, targets.all, shape);
      const title = `${formatNumber(connections)} connection${connections > 1 ? "s" : ""}`;
      const aspects = ["p50", "p99", "per_second", "cpu_server"];
      figures.push(...loadFigures(rounds, `connection_count/${connections}`, title, aspects));
    }
    return figures;
  },
};
