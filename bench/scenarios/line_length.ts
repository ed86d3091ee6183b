import { startCluster, startFloor } from "../cluster/cluster.ts";
import { type Figure, formatNumber } from "../measure/figure.ts";
import { loadFigures, measureLoads } from "./load_measures.ts";
import { pick, type Scenario, startTargets } from "./scenario.ts";

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
  run: async (context) => {
    const { regime } = context;
    await using targets = await startTargets(
      context,
      (programs) => startCluster({ programs, regime }),
      () => startFloor(regime),
    );
    const figures: Figure[] = [];
    const lengths = { full: [40, 1000, 10_000, 100_000], quick: [40, 10_000], tiny: [1000] };
    for (const bytes of pick(context, lengths)) {
      context.note(`lines of ${bytes} bytes`);
      const padding = Math.max(0, bytes - BARE_BYTES - FIELD_BYTES);
      const shape = { kind: "closed", connections: 1, window: 16 } as const;
      const rounds = await measureLoads(context, targets.all, shape, { padding });
      const title = `lines of ${formatNumber(bytes)} bytes`;
      const aspects = ["p50", "per_second", "cpu_server"];
      figures.push(...loadFigures(rounds, `line_length/${bytes}`, title, aspects));
    }
    return figures;
  },
};
