/**
 * As much Markdown as the tests of the documents need: fenced blocks, headings, tables.
 *
 * @module
 */
import { PROJECT } from "../support/paths.ts";

/** A fenced block. */
export interface Block {
  /** The line of the document on which its text begins, counted from 1. */
  readonly line: number;
  /** The first word behind the fence: the language that it is shown in. */
  readonly language: string;
  /** What stands behind the language: how a test is to take it. Readers do not see it. */
  readonly info: string;
  /** Its lines. */
  readonly lines: readonly string[];
  /** Why it is not run, if a comment just before it says so. */
  readonly notRun: string | undefined;
}

/** A row of a table, cell by cell. */
export type Row = readonly string[];

const FENCE = /^```(\S*)\s*(.*)$/;
const NOT_RUN = /^<!-- not run: (.+) -->$/;
const HEADING = /^(#+) /;

/** The text of one of the project's files. */
export function readProjectFile(path: string): Promise<string> {
  return Deno.readTextFile(new URL(path, PROJECT));
}

/** The fenced blocks of a document, in order. */
export function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  const lines = markdown.split("\n");
  let lastText = "";
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]!;
    const fence = FENCE.exec(line);
    if (fence === null) {
      if (line !== "") lastText = line;
      continue;
    }
    const end = lines.indexOf("```", index + 1);
    if (end === -1) throw new Error(`Line ${index + 1}: the block does not end`);
    const [, language = "", info = ""] = fence;
    const notRun = NOT_RUN.exec(lastText)?.[1];
    blocks.push({ line: index + 2, language, info, lines: lines.slice(index + 1, end), notRun });
    lastText = "";
    index = end;
  }
  return blocks;
}

/** The levels of the headings, in order: the shape of a document without its words. */
export function headingLevels(markdown: string): number[] {
  return textLines(markdown).flatMap((line) => HEADING.exec(line)?.[1]?.length ?? []);
}

/** The rows of all tables, without the lines under their heads. */
export function tableRows(markdown: string): Row[] {
  return textLines(markdown)
    .filter((line) => line.startsWith("|") && !/^[|:\s-]+$/.test(line))
    .map((line) => line.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim()));
}

/** The lines that stand outside of fenced blocks. */
function textLines(markdown: string): string[] {
  let isInside = false;
  return markdown.split("\n").filter((line) => {
    if (!line.startsWith("```")) return !isInside;
    isInside = !isInside;
    return false;
  });
}
