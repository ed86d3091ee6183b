import { startFloor } from "../cluster/cluster.ts";
import { MANY_FILES } from "../load/generator.ts";
import { connectionsText, type Load, measureLoads } from "./loads.ts";
import { pick, type Scenario } from "./scenario.ts";

/** A raw relay has two connections for each of a client's, and 20,000 open files are all that many a system allows. */
const MOST = 9500;

/** What many busy connections cost, with one request in flight on each. */
export const CONNECTION_COUNT: Scenario = {
  name: "connection_count",
  title: "additions by the number of connections, one in flight on each",
  run: (context) => {
    const counts = pick(context, { full: [1, 100, MOST], quick: [1, 100], tiny: [3] });
    const loads = counts.map((connections): Load => ({
      key: `connection_count/${connections}`,
      title: connectionsText(connections),
      shape: { kind: "closed", connections, window: 1, areKept: connections === MOST },
      aspects: ["p50", "p99", "per_second", "cpu_server"],
    }));
    return measureLoads(context, loads, {
      cluster: { maxOpenFiles: MANY_FILES },
      floor: (regime) => startFloor(regime, MANY_FILES),
    });
  },
};
