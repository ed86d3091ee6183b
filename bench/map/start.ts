import { Child } from "../cluster/child.ts";
import { figureOf, type Measure, measureRounds } from "../measure/rounds.ts";
import { startTargets } from "../scenarios/loads.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { SLOTS } from "./cluster.ts";
import { ourSubject } from "./subject.ts";

/** How long slots have to be started. */
const REST_MS = 1000;

/** From the start of the client to its first result, in a cluster that runs. */
export const MAP_START: Scenario = {
  name: "map_start",
  title: "start of client map to its first result, 2 workers with 1 slot each",
  run: async (context) => {
    await using targets = await startTargets(context, { cluster: SLOTS });
    const subjects = new Map<string, Measure>();
    for (const programs of context.builds) {
      const { port } = targets.all.get(programs.name)!;
      const words = ourSubject(programs, port, []).words({ kind: "range", count: 1 }, 1, undefined);
      subjects.set(programs.name, async () => {
        await new Promise((resolve) => setTimeout(resolve, REST_MS));
        const startedMs = performance.now();
        await using client = new Child(context.regime.words(words));
        const line = await client.line();
        const first = performance.now() - startedMs;
        if (line !== "3") throw new Error(`Cannot count this: the first result is ${line}`);
        return { first };
      });
    }
    const rounds = await measureRounds(context.pairs, subjects);
    const title = "client map, to the first result";
    return [figureOf(rounds, "first", { key: "map_start/first", title, unit: "ms" })];
  },
};
