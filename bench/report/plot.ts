import { digitsOf, type Judged } from "../aims.ts";
import { formatNumber } from "../measure/figure.ts";

const WIDTH = 900;
const LABEL_WIDTH = 430;
const ROW_HEIGHT = 26;
const TOP = 56;
/** The scale reaches from a tenth of an aim to ten times it. */
const DECADES = 1;
const SCALE_WIDTH = WIDTH - LABEL_WIDTH - 90;

/**
 * The aims as bars: how far each measurement is on the good or on the bad side of its limit, on a logarithmic
 * scale whose middle is the limit. Its colours follow the reader's light or dark background.
 */
export function aimsPlot(judged: readonly Judged[], title: string): string {
  const rows = judged.filter(({ value }) => value !== undefined);
  const height = TOP + rows.length * ROW_HEIGHT + 16;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    STYLE,
    `<text class="strong" x="8" y="22">${escaped(title)}</text>`,
    ...axis(height),
    ...rows.flatMap((row, index) => bar(row, TOP + index * ROW_HEIGHT)),
    "</svg>\n",
  ].join("\n");
}

const STYLE = `<style>
text { font: 13px system-ui, sans-serif; fill: #24292f }
.strong { font-weight: 600 }
.quiet { fill: #57606a; font-size: 12px }
.met { fill: #1a7f64 }
.missed { fill: #c2410c }
line { stroke: #8c959f; stroke-width: 1 }
.limit { stroke: #24292f; stroke-width: 2 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.quiet { fill: #9198a1 }
.met { fill: #3fb68b }
.missed { fill: #f0883e }
line { stroke: #6e7681 }
.limit { stroke: #e6edf3 }
}
</style>`;

function axis(height: number): string[] {
  const marks: [factor: number, text: string, name: string][] = [
    [0.1, "10 x better", "far"],
    [1, "limit", "limit"],
    [10, "10 x worse", "far"],
  ];
  return marks.flatMap(([factor, text, name]) => [
    `<line class="${name}" x1="${x(factor)}" y1="${TOP - 8}" x2="${x(factor)}" y2="${
      height - 8
    }"/>`,
    `<text class="quiet" text-anchor="middle" x="${x(factor)}" y="${TOP - 14}">${text}</text>`,
  ]);
}

function bar(judged: Judged, y: number): string[] {
  const { aim, build, value, isMet } = judged;
  const at = x(badness(aim.bound, value!, aim.limit));
  const from = Math.min(at, x(1));
  const width = Math.max(2, Math.abs(at - x(1)));
  const label = `${aim.title.en} (${build})`;
  const shown = formatNumber(value!, digitsOf(judged));
  const text = `${shown}, ${aim.bound} ${formatNumber(aim.limit)}`;
  return [
    `<g><title>${escaped(`${label}: ${text}`)}</title>`,
    `<text x="8" y="${y + 15}" textLength="${fitting(label)}">${escaped(label)}</text>`,
    `<rect class="${isMet ? "met" : "missed"}" x="${from}" y="${y + 3}"` +
    ` width="${round(width)}" height="${ROW_HEIGHT - 10}" rx="2"/>`,
    `<text class="quiet" x="${WIDTH - 82}" y="${y + 15}">${shown}</text></g>`,
  ];
}

/** How many times worse than its limit something is; below 1 it is better. */
function badness(bound: "at most" | "at least", value: number, limit: number): number {
  // A limit of nothing at all is kept, or it is missed by far.
  if (limit === 0) return value <= 0 ? 1 : Infinity;
  return bound === "at most" ? value / limit : limit / value;
}

function x(factor: number): number {
  const decades = Math.min(Math.max(Math.log10(factor), -DECADES), DECADES);
  return round(LABEL_WIDTH + SCALE_WIDTH / 2 * (1 + decades / DECADES));
}

/** Labels are drawn no wider than their column, whatever the reader's font. */
function fitting(label: string): number {
  return Math.min(LABEL_WIDTH - 24, Math.round(label.length * 6.3));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
