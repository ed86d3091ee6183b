import { startCluster, startFloor } from "../cluster/cluster.ts";
import { type Figure, formatNumber } from "../measure/figure.ts";
import { figureOf } from "../measure/rounds.ts";
import { loadFigures, measureLoads } from "./load_measures.ts";
import { pick, type Scenario, startTargets } from "./scenario.ts";

/** Connections, and requests a second over all of them. */
type Load = readonly [connections: number, perSecond: number];

const ALL: readonly Load[] = [[1, 1000], [1, 10_000], [1, 50_000], [64, 50_000]];
const FEW: readonly Load[] = [[1, 10_000]];
const TINY: readonly Load[] = [[2, 500]];

/**
 * Latency at a fixed rate, from the time at which each request was to be sent. The generator's own timer wakes
 * it every millisecond or two; how late it was is a figure of its own, and part of every subject's latency.
 */
export const FIXED_RATE: Scenario = {
  name: "fixed_rate",
  title: "additions in an open loop, 2 workers",
  run: async (context) => {
    const { regime } = context;
    await using targets = await startTargets(
      context,
      (programs) => startCluster({ programs, regime }),
      () => startFloor(regime),
    );
    const figures: Figure[] = [];
    for (const [connections, perSecond] of pick(context, { full: ALL, quick: FEW, tiny: TINY })) {
      context.note(`${connections} connection(s), ${perSecond} a second`);
      const shape = { kind: "open", connections, perSecond } as const;
      const rounds = await measureLoads(context, targets.all, shape);
      const key = `fixed_rate/${connections}x${perSecond}`;
      const over = `${connections} connection${connections > 1 ? "s" : ""}`;
      const title = `${formatNumber(perSecond)} a second over ${over}`;
      figures.push(...loadFigures(rounds, key, title, ["p50", "p99", "p999"]));
      const late = `${title}: the generator itself was late, p50`;
      figures.push(
        figureOf(rounds, "late_p50", { key: `${key}/late_p50`, title: late, unit: "ms" }),
      );
    }
    return figures;
  },
};
