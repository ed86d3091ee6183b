import { startCluster, startFloor } from "../cluster/cluster.ts";
import { FLOOR } from "../measure/figure.ts";
import { type Measure, measureRounds } from "../measure/rounds.ts";
import { loadFigures, measureLoad } from "./load_measures.ts";
import { eachBuild } from "./loads.ts";
import type { Scenario } from "./scenario.ts";

const ONE_IN_FLIGHT = { kind: "closed", connections: 1, window: 1 } as const;

/** What everything else leaves out: the first requests of a cluster that has just started, while V8 compiles it. */
export const FRESH: Scenario = {
  name: "fresh",
  title: "the first moments of a cluster that has just started, one addition in flight, 2 workers",
  run: async (context) => {
    const { regime } = context;
    const cold = { ...context, warmUpMs: 0 };
    const floor: Measure = async () => {
      await using target = await startFloor(regime);
      return await measureLoad(cold, target, ONE_IN_FLIGHT, { style: "echo" });
    };
    const builds = eachBuild(context, async (programs) => {
      await using target = await startCluster({ programs, regime });
      return await measureLoad(cold, target, ONE_IN_FLIGHT, { style: "aula" });
    });
    const rounds = await measureRounds(context.pairs, new Map([[FLOOR, floor], ...builds]));
    const title = "1 connection, 1 in flight, at once after the start";
    return loadFigures(rounds, "fresh", title, ["p50", "p99", "per_second"]);
  },
};
