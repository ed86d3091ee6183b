import { startFloor } from "../cluster/cluster.ts";
import { MANY_FILES } from "../load/generator.ts";
import type { Shape } from "../load/job.ts";
import { connectionsText, type Load, measureLoads } from "./loads.ts";
import { pick, type Scenario } from "./scenario.ts";

const MOST = 10_000;
/** A raw relay has two connections for each of a client's, and 20,000 open files are all that many a system allows. */
const MOST_OF_RELAY = 9500;

/** What many busy connections cost, with one request in flight on each. */
export const CONNECTION_COUNT: Scenario = {
  name: "connection_count",
  title: "additions by the number of connections, one in flight on each",
  run: (context) => {
    const counts = pick(context, { full: [1, 100, MOST], quick: [1, 100], tiny: [3] });
    const shapeOf = (connections: number): Shape => {
      return { kind: "closed", connections, window: 1, areKept: connections >= MOST_OF_RELAY };
    };
    const loads = counts.map((connections): Load => ({
      key: `connection_count/${connections}`,
      title: connectionsText(connections) +
        (connections > MOST_OF_RELAY ? ` (${MOST_OF_RELAY} at the floor)` : ""),
      shape: shapeOf(connections),
      floorShape: shapeOf(Math.min(connections, MOST_OF_RELAY)),
      aspects: ["p50", "p99", "per_second", "cpu_server"],
    }));
    return measureLoads(context, loads, {
      cluster: { maxOpenFiles: MANY_FILES },
      floor: (regime) => startFloor(regime, MANY_FILES),
    });
  },
};
