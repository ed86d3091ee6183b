import { type Figure, formatNumber, ratioToFloor, spreadFor } from "../measure/figure.ts";
import { pairedRatio } from "../measure/statistics.ts";
import { table } from "./markdown.ts";
import type { Result } from "./result.ts";

/**
 * What a run measured beside what was committed, as a table: by the ratio to the floor where there is one, since
 * two days, or two machines, have different floors. For looking only: a short run is no proof of anything.
 */
export function comparisonTable(figures: readonly Figure[], committed: Result): string {
  const before = new Map(committed.figures.map((figure) => [figure.key, figure]));
  const rows = figures.flatMap((figure) => {
    const old = before.get(figure.key);
    if (old === undefined) return [];
    return Object.keys(committed.builds).flatMap((build) => {
      const [now, then] = [valueOf(figure, build), valueOf(old, build)];
      if (now === undefined || then === undefined) return [];
      const change = then === 0 ? "-" : `${formatNumber((now / then - 1) * 100)} %`;
      const cells = [figure.title, build, formatNumber(then), formatNumber(now), change];
      return [cells];
    });
  });
  const date = committed.date.slice(0, 10);
  return table(["(to the floor where there is one)", "build", date, "now", "change"], rows);
}

/** Two trees that were measured in the same rounds: medians, and the median of the ratios of each round. */
export function againstTable(figures: readonly Figure[]): string {
  const rows = figures.flatMap((figure) => {
    const { sources, against } = figure.samples;
    if (sources === undefined || against === undefined) return [];
    const [ours, theirs] = ["sources", "against"].map((name) => spreadFor(figure, name)!.median);
    const ratio = formatNumber(pairedRatio(sources, against));
    const cells = [`${figure.title} (${figure.unit})`, formatNumber(ours!), formatNumber(theirs!)];
    return [[...cells, `${ratio} x`]];
  });
  return table(["", "ours", "theirs", "ours to theirs"], rows);
}

function valueOf(figure: Figure, build: string): number | undefined {
  return ratioToFloor(figure, build) ?? spreadFor(figure, build)?.median;
}
