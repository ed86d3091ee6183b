import { formatNumber } from "../measure/figure.ts";
import { connectionsText, type Load, measureLoads } from "./loads.ts";
import { pick, type Scenario } from "./scenario.ts";

/** Connections, and requests a second over all of them. */
type Rate = readonly [connections: number, perSecond: number];

const ALL: readonly Rate[] = [[1, 1000], [1, 10_000], [64, 50_000]];
const FEW: readonly Rate[] = [[1, 10_000]];
const TINY: readonly Rate[] = [[2, 500]];

/**
 * Latency at a fixed rate, from the time at which each request was to be sent. The generator's own timer wakes
 * it every millisecond or two; how late it was is a figure of its own, and part of every subject's latency.
 */
export const FIXED_RATE: Scenario = {
  name: "fixed_rate",
  title: "additions in an open loop, 2 workers",
  run: (context) => {
    const rates = pick(context, { full: ALL, quick: FEW, tiny: TINY });
    const loads = rates.map(([connections, perSecond]): Load => ({
      key: `fixed_rate/${connections}x${perSecond}`,
      title: `${formatNumber(perSecond)} a second over ${connectionsText(connections)}`,
      shape: { kind: "open", connections, perSecond },
      aspects: ["p50", "p99", "p999", "late_p50"],
    }));
    return measureLoads(context, loads);
  },
};
