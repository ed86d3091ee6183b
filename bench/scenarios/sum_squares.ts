import { startCluster, startFloor } from "../cluster/cluster.ts";
import type { Figure } from "../measure/figure.ts";
import { figureOf, measureRounds } from "../measure/rounds.ts";
import { measureLoad } from "./load_measures.ts";
import { pick, type Scenario, startTargets } from "./scenario.ts";

const ONE_IN_FLIGHT = { kind: "closed", connections: 1, window: 1 } as const;

/** The time of a sum of squares by the size of n, one in flight, beside that of an addition. */
export const SUM_SQUARES: Scenario = {
  name: "sum_squares",
  title: "sums of squares by the size of n, 2 workers, one in flight",
  run: async (context) => {
    const { regime } = context;
    await using targets = await startTargets(
      context,
      (programs) => startCluster({ programs, regime }),
      () => startFloor(regime),
    );
    const figures: Figure[] = [];
    const digits = { full: [1, 6, 30, 100, 300], quick: [30, 300], tiny: [30] };
    for (const zeros of pick(context, digits)) {
      context.note(`n = 10^${zeros}`);
      const op = { n: "1" + "0".repeat(zeros), workers: 2 };
      const subjects = new Map([...targets.all].map(([name, target]) => {
        const style = name === "floor" ? "echo" : "aula";
        return [name, async () => {
          const sum = await measureLoad(context, target, ONE_IN_FLIGHT, { style, op });
          const add = await measureLoad(context, target, ONE_IN_FLIGHT, { style });
          return { p50: sum.p50, p99: sum.p99, against_add: sum.p50! / add.p50! };
        }];
      }));
      const rounds = await measureRounds(context.pairs, subjects);
      const key = `sum_squares/10^${zeros}`;
      const title = `n = 10^${zeros}`;
      figures.push(
        figureOf(rounds, "p50", { key: `${key}/p50`, title: `${title}: p50`, unit: "ms" }),
        figureOf(rounds, "p99", { key: `${key}/p99`, title: `${title}: p99`, unit: "ms" }),
        figureOf(rounds, "against_add", {
          key: `${key}/against_add`,
          title: `${title}: p50 against that of an addition`,
          unit: "ratio",
        }),
      );
    }
    return figures;
  },
};
