/**
 * Transcripts: who sends which line to whom, in order.
 *
 * @module
 */
import type { Block } from "./markdown.ts";

/** The directions in which something goes, as they stand in front of a line. */
export type Direction = "C" | "S" | "C2" | "S2" | "S>W" | "W>S";

/** One line of a transcript. */
export interface Entry {
  readonly direction: Direction;
  /** What is sent; empty where something else happens. */
  readonly text: string;
  /** What happens, if the line stands in round brackets or ends with some. */
  readonly event: string | undefined;
  /** Whether these are raw bytes that follow a message of a job channel: one line of them, and its newline. */
  readonly isPayload: boolean;
  /** The line of the document. */
  readonly line: number;
}

const ENTRY = /^(C2?|S2?|S>W|W>S)([:|])(?: (.*))?$/;
const EVENT = /^(.*?) ?\(([^()"]+)\)$/;

/** The entries of a transcript's block. */
export function entriesOf(block: Block): Entry[] {
  return block.lines.map((source, index) => {
    const line = block.line + index;
    const [whole, direction, mark, text = ""] = ENTRY.exec(source) ?? [];
    if (whole === undefined) throw new Error(`Line ${line} is none of a transcript: ${source}`);
    const isPayload = mark === "|";
    const [, sent = text, event] = isPayload ? [] : EVENT.exec(text) ?? [];
    return { direction: direction as Direction, text: sent, event, isPayload, line };
  });
}
