import { toTransformStream } from "@std/streams/to-transform-stream";
import { DEFAULT_MAX_REQUEST_LINE_BYTES } from "../limits.ts";
import { type WireError, wireError } from "../protocol/errors.ts";
import { scanRequest } from "../protocol/fast_path.ts";
import { decodeLine, LineFramer } from "../protocol/framing.ts";
import type { ArithmeticRequest } from "../protocol/messages.ts";

/** A line of a batch's input: its text, a basic operation that was read at once, or why it is no line. */
export type InputLine = string | ArithmeticRequest | WireError;

/**
 * Bytes in, lines out, as many at a time as a chunk holds, in constant memory whatever the input's size: a line
 * that is too long is passed over and given as an error.
 */
export function inputLines(): TransformStream<Uint8Array, InputLine[]> {
  return toTransformStream(readLines);
}

async function* readLines(source: ReadableStream<Uint8Array>): AsyncGenerator<InputLine[]> {
  const framer = new LineFramer(DEFAULT_MAX_REQUEST_LINE_BYTES, true);
  for await (const chunk of source) {
    framer.push(chunk);
    const lines: InputLine[] = [];
    while (framer.next()) lines.push(lineOf(framer));
    framer.settle();
    if (lines.length > 0) yield lines;
  }
  if (framer.last()) yield [lineOf(framer)];
}

function lineOf(framer: LineFramer): InputLine {
  if (framer.tooLong) return wireError("line_too_long");
  const { bytes, start, end } = framer;
  return scanRequest(bytes, start, end) ?? decodeLine(bytes, start, end) ??
    wireError("invalid_utf8");
}
