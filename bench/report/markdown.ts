import { digitsOf, judgeAims, type Judged } from "../aims.ts";
import {
  type Figure,
  FLOOR,
  formatNumber,
  ratioToFloor,
  spreadFor,
  type Unit,
} from "../measure/figure.ts";
import { isBusy, type Result } from "./result.ts";

/** A result as Markdown: the conditions, the aims, and every figure. */
export function resultMarkdown(result: Result): string {
  return [
    `# Benchmark of ${result.date.slice(0, 10)}`,
    conditions(result),
    "## Aims",
    aimsTable(judgeAims(result)),
    "## Figures",
    "Median [quartiles] over the rounds; `x` is the median of the ratios to the floor of the same round.",
    ...scenarioTables(result.figures),
  ].join("\n\n") + "\n";
}

/** Under which conditions a result was measured. */
export function conditions(result: Result): string {
  const { machine, commit, builds, regime, pairs, sampleMs, deno, missing, size } = result;
  const names = Object.entries(builds).map(([build, version]) => `${build} on Deno ${version}`);
  const lines = [
    `- ${machine.cores} cores (${machine.processor}), ${machine.memoryGb} GB, ${machine.system};` +
    ` load before: ${formatNumber(machine.loadBefore)}${
      isBusy(machine) ? " (**other work ran: compare with care**)" : ""
    }`,
    ...(commit === undefined ? [] : [`- commit ${commit}`]),
    `- ${names.join(", ")}; floor and load generator on Deno ${deno}`,
    `- regime: ${regime}; ${pairs} rounds of ${formatNumber(sampleMs)} ms a load; size: ${size}`,
  ];
  if (missing.length > 0) lines.push(`- not measured: ${missing.join("; ")}`);
  return lines.join("\n");
}

/** A table of Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => "---"), ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** The aims as a table. */
export function aimsTable(judged: readonly Judged[]): string {
  const rows = judged.map((one) => {
    const { aim, build, value, isMet } = one;
    const verdict = isMet === undefined ? "not measured" : isMet ? "met" : "**missed**";
    const limit = `${aim.bound} ${withUnit(aim.limit, aim.unit)}`;
    const measured = value === undefined ? "-" : withUnit(value, aim.unit, digitsOf(one));
    return [aim.title.en, limit, build, measured, verdict];
  });
  return table(["aim", "limit", "build", "measured", ""], rows);
}

/** Figures as one table, a column for each subject. */
export function figuresTable(figures: readonly Figure[]): string {
  const subjects = [...new Set(figures.flatMap(({ samples }) => Object.keys(samples)))];
  const rows = figures.map((figure) => {
    const cells = subjects.map((subject) => cell(figure, subject));
    return [`${figure.title} (${UNIT_NAMES[figure.unit]})`, ...cells];
  });
  return table(["", ...subjects], rows);
}

function scenarioTables(figures: readonly Figure[]): string[] {
  const byScenario = Map.groupBy(figures, ({ key }) => key.split("/", 1)[0]!);
  return [...byScenario].flatMap(([name, some]) => [`### ${name}`, figuresTable(some)]);
}

function cell(figure: Figure, subject: string): string {
  const spread = spreadFor(figure, subject);
  if (spread === undefined) return "-";
  const { median, low, high } = spread;
  const ratio = subject === FLOOR ? undefined : ratioToFloor(figure, subject);
  const times = ratio === undefined ? "" : `, ${formatNumber(ratio)} x`;
  return `${formatNumber(median)} [${formatNumber(low)} to ${formatNumber(high)}]${times}`;
}

const UNIT_NAMES: Readonly<Record<Unit, string>> = {
  "ms": "ms",
  "us": "µs",
  "/s": "/s",
  "MB": "MB",
  "bytes": "bytes",
  "count": "number",
  "ratio": "ratio",
  "share": "share",
};

/** A value as people read it. */
export function withUnit(value: number, unit: Unit, digits?: number): string {
  const text = formatNumber(value, digits);
  if (unit === "ratio") return `${text} x`;
  return unit === "count" || unit === "share" ? text : `${text} ${UNIT_NAMES[unit]}`;
}
