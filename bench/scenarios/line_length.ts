import { formatNumber } from "../measure/figure.ts";
import { type Load, measureLoads } from "./loads.ts";
import { pick, type Scenario } from "./scenario.ts";

/** Bytes of a request without padding. */
const BARE_BYTES = 40;
/** Bytes of the field around the padding. */
const FIELD_BYTES = 9;

/**
 * What longer request lines cost: padded in a field that nobody reads, so that the server must. The floor
 * carries the whole line on and back; our workers never see the padding.
 */
export const LINE_LENGTH: Scenario = {
  name: "line_length",
  title: "additions by the length of the request's line, 16 in flight",
  run: (context) => {
    const lengths = { full: [40, 1000, 100_000], quick: [40, 10_000], tiny: [1000] };
    const loads = pick(context, lengths).map((bytes): Load => ({
      key: `line_length/${bytes}`,
      title: `lines of ${formatNumber(bytes)} bytes`,
      shape: { kind: "closed", connections: 1, window: 16 },
      exercises: { padding: Math.max(0, bytes - BARE_BYTES - FIELD_BYTES) },
      aspects: ["p50", "per_second", "cpu_server"],
    }));
    return measureLoads(context, loads);
  },
};
