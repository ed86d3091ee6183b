import { toTransformStream } from "@std/streams/to-transform-stream";
import { DEFAULT_MAX_REQUEST_LINE_BYTES } from "../limits.ts";
import { type WireError, wireError } from "../protocol/errors.ts";
import { type ScannedRequest, scanRequest } from "../protocol/fast_path.ts";
import { LineFramer, LineTexts } from "../protocol/framing.ts";

/** A calculation without an `id`, which goes on as it stands in the file. */
export interface BareLine {
  readonly op: "bare";
  /** Its members, with the closing brace. */
  readonly body: string;
}

/** A line of a batch's input: its text, a calculation that was read at once, or why it is no line. */
export type InputLine = string | BareLine | ScannedRequest | WireError;

/**
 * Bytes in, lines out, as many at a time as a chunk holds, in constant memory whatever the input's size: a line
 * that is too long is passed over and given as an error.
 */
export function inputLines(): TransformStream<Uint8Array, InputLine[]> {
  return toTransformStream(readLines);
}

async function* readLines(source: ReadableStream<Uint8Array>): AsyncGenerator<InputLine[]> {
  const framer = new LineFramer(DEFAULT_MAX_REQUEST_LINE_BYTES, true);
  const texts = new LineTexts();
  for await (const chunk of source) {
    framer.push(chunk);
    texts.begin();
    const lines: InputLine[] = [];
    while (framer.next()) lines.push(lineOf(framer, texts));
    framer.settle();
    if (lines.length > 0) yield lines;
  }
  texts.begin();
  if (framer.last()) yield [lineOf(framer, texts)];
}

function lineOf(framer: LineFramer, texts: LineTexts): InputLine {
  if (framer.tooLong) return wireError("line_too_long");
  const scanned = scanRequest(framer.bytes, framer.start, framer.end);
  if (scanned?.id !== undefined) return { ...scanned };
  const text = texts.current(framer);
  if (text === undefined) return wireError("invalid_utf8");
  return scanned === undefined ? text : { op: "bare", body: text.slice(1) };
}
