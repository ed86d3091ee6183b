import type { Target } from "../cluster/cluster.ts";
import type { Figure } from "../measure/figure.ts";
import { figureOf, type Measure, measureRounds, type Measures } from "../measure/rounds.ts";
import { measureLoad } from "./load_measures.ts";
import { startTargets, warm } from "./loads.ts";
import { type Context, pick, type Scenario } from "./scenario.ts";

const ONE_IN_FLIGHT = { kind: "closed", connections: 1, window: 1 } as const;
/** Zeros of n behind its 1. */
const ZEROS = { full: [1, 30, 100, 300], quick: [30, 300], tiny: [30] };

/** The time of a sum of squares by the size of n, one in flight, beside that of an addition. */
export const SUM_SQUARES: Scenario = {
  name: "sum_squares",
  title: "sums of squares by the size of n, 2 workers, one in flight",
  run: async (context) => {
    await using targets = await startTargets(context, {});
    for (const target of targets.all.values()) {
      await warm(context, target, { style: "aula" });
      await warm(context, target, { style: "aula", op: sumTo(30) });
    }
    const subjects = new Map(
      [...targets.all].map(([name, target]): [string, Measure] => [
        name,
        () => measureSums(context, target),
      ]),
    );
    const rounds = await measureRounds(context.pairs, subjects);
    return pick(context, ZEROS).flatMap((zeros): Figure[] => {
      const figure = (name: string, title: string, unit: "ms" | "ratio") =>
        figureOf(rounds, `${zeros}/${name}`, {
          key: `sum_squares/10^${zeros}/${name}`,
          title: `n = 10^${zeros}: ${title}`,
          unit,
        });
      return [
        figure("p50", "p50", "ms"),
        figure("p99", "p99", "ms"),
        figure("against_add", "p50 against that of an addition", "ratio"),
      ];
    });
  },
};

/** The sum up to 1 with so many zeros, over two workers. */
function sumTo(zeros: number) {
  return { n: "1" + "0".repeat(zeros), workers: 2 };
}

/** An addition, and a sum of each size. */
async function measureSums(context: Context, target: Target): Promise<Measures> {
  const load = (op: "add" | { readonly n: string; readonly workers: number }) =>
    measureLoad(context, target, ONE_IN_FLIGHT, { style: "aula", op });
  const add = await load("add");
  const measures: Record<string, number | undefined> = {};
  for (const zeros of pick(context, ZEROS)) {
    const { p50, p99 } = await load(sumTo(zeros));
    measures[`${zeros}/p50`] = p50;
    measures[`${zeros}/p99`] = p99;
    measures[`${zeros}/against_add`] = p50! / add.p50!;
  }
  return measures;
}
