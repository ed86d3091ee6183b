import { startCluster, startFloor } from "../cluster/cluster.ts";
import type { Figure } from "../measure/figure.ts";
import { loadFigures, measureLoads } from "./load_measures.ts";
import { pick, type Scenario, startTargets } from "./scenario.ts";

/** Connections, and requests in flight on each. */
type Load = readonly [connections: number, window: number];

const ALL: readonly Load[] = [[1, 1], [1, 16], [1, 64], [1, 256], [1, 1024], [64, 16]];
const FEW: readonly Load[] = [[1, 1], [1, 64], [1, 256], [64, 16]];
const TINY: readonly Load[] = [[2, 4]];

/** Latency, throughput and processor time by how many requests are in flight. */
export const IN_FLIGHT: Scenario = {
  name: "in_flight",
  title: "additions in a closed loop, 2 workers",
  run: async (context) => {
    const { regime } = context;
    await using targets = await startTargets(
      context,
      (programs) => startCluster({ programs, regime }),
      () => startFloor(regime),
    );
    const figures: Figure[] = [];
    for (const [connections, window] of pick(context, { full: ALL, quick: FEW, tiny: TINY })) {
      context.note(`${connections} connection(s), ${window} in flight on each`);
      const shape = { kind: "closed", connections, window } as const;
      const rounds = await measureLoads(context, targets.all, shape);
      const title = `${connections} connection${connections > 1 ? "s" : ""}, ${window} in flight`;
      figures.push(...loadFigures(rounds, `in_flight/${connections}x${window}`, title));
    }
    return figures;
  },
};
