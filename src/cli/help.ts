/**
 * `--help`, made from the tables that the parser uses.
 *
 * @module
 */

import type { UsageError } from "./exit_status.ts";
import type { Flag } from "./flags.ts";
import { type RoleName, ROLES } from "./roles.ts";

/** Where terminals of every size still show a line whole. */
const WIDTH_COLUMNS = 80;

/** The left column never takes more than this; a longer entry stands on a line of its own. */
const MAX_LEFT_COLUMNS = 26;

/** The help of a role: usage, flags with their defaults, examples, exit statuses; ends in a newline. */
export function helpText(roleName: RoleName): string {
  const role = ROLES[roleName];
  const usage = role.usage.map((line, index) =>
    `${index === 0 ? "Usage:" : "      "} ${roleName} ${line}`
  );
  const flags = Object.entries(role.flags).map(([name, flag]) => flagRow(name, flag));
  const subcommands = Object.entries(role.subcommands).map(([name, subcommand]) =>
    [[name, ...subcommand.operands].join(" "), subcommand.help] as const
  );
  const blocks = [
    usage,
    wrap(role.description, WIDTH_COLUMNS),
    section("Operations:", Object.entries(role.operations)),
    section("Subcommands:", subcommands),
    section("Flags:", flags),
    section("Values:", valueRows(Object.values(role.flags))),
    ...Object.entries(role.notes ?? {}).map((
      [title, lines],
    ) => [title, ...lines.map((line) => line === "" ? "" : `  ${line}`)]),
    ["Examples:", ...role.examples.map((example) => `  ${example}`)],
    section("Exit status:", Object.entries(role.exitStatuses)),
  ];
  const shown = blocks.filter((block) => block.length > 0);
  return shown.map((block) => block.join("\n") + "\n").join("\n");
}

/** What a role prints on stderr for wrong usage: what is wrong, and where to read more. */
export function misuseText(roleName: RoleName, error: UsageError): string {
  return `${roleName}: ${error.message}\nTry "${roleName} --help".\n`;
}

/** What stands in the left and the right column. */
type Row = readonly [left: string, right: string];

function flagRow(name: string, flag: Flag<unknown>): Row {
  const { arity } = flag.kind;
  const valueName = flag.valueName ?? flag.kind.valueName;
  const shownValue = arity === "none"
    ? ""
    : arity === "optional"
    ? ` [${valueName}]`
    : ` ${valueName}`;
  const isDefaultShown = flag.default !== undefined && arity !== "none";
  const help = isDefaultShown ? `${flag.help} (default: ${flag.default})` : flag.help;
  return [`--${name}${shownValue}`, help];
}

/** Each kind of value whose form is not plain, once. */
function valueRows(flags: readonly Flag<unknown>[]): Row[] {
  const rows = new Map<string, string>();
  for (const { kind } of flags) {
    if (kind.valueHelp !== undefined) rows.set(kind.valueName, kind.valueHelp);
  }
  return [...rows];
}

/** A title and two aligned columns; nothing at all where there are no rows. */
function section(title: string, rows: readonly Row[]): string[] {
  if (rows.length === 0) return [];
  const lengths = rows.map(([left]) => left.length).filter((length) => length <= MAX_LEFT_COLUMNS);
  const leftColumns = Math.max(0, ...lengths);
  const indent = " ".repeat(leftColumns + 4);
  const lines = rows.flatMap(([left, right]) => {
    const [first = "", ...more] = wrap(right, WIDTH_COLUMNS - indent.length);
    const head = left.length > leftColumns
      ? [`  ${left}`, indent + first]
      : [`  ${left.padEnd(leftColumns)}  ${first}`];
    return [...head, ...more.map((line) => indent + line)];
  });
  return [title, ...lines];
}

/** The text in lines of at most so many columns, broken at single spaces only. */
function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/(?<! ) (?! )/)) {
    if (line !== "" && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
