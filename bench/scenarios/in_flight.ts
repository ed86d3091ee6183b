import { connectionsText, type Load, measureLoads } from "./loads.ts";
import { pick, type Scenario } from "./scenario.ts";

/** Connections, and requests in flight on each. */
type Size = readonly [connections: number, window: number];

const ALL: readonly Size[] = [[1, 1], [1, 16], [1, 64], [1, 256], [1, 1024], [64, 16]];
const FEW: readonly Size[] = [[1, 1], [1, 64], [1, 256], [64, 16]];
const TINY: readonly Size[] = [[2, 4]];

/** Latency, throughput and processor time by how many requests are in flight. */
export const IN_FLIGHT: Scenario = {
  name: "in_flight",
  title: "additions in a closed loop, 2 workers",
  run: (context) => {
    const sizes = pick(context, { full: ALL, quick: FEW, tiny: TINY });
    const loads = sizes.map(([connections, window]): Load => ({
      key: `in_flight/${connections}x${window}`,
      title: `${connectionsText(connections)}, ${window} in flight`,
      shape: { kind: "closed", connections, window },
    }));
    return measureLoads(context, loads);
  },
};
