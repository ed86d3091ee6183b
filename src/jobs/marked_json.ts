/**
 * JSON that tells bigints from numbers: behind the digits of a bigint stands `E0`. `1E999` is infinite. Accumulators
 * of a user's own reduce travel so, and come back to it as what they were, whatever size they have.
 *
 * This runs beside the user's function: see primordials.ts.
 *
 * @module
 */

import type { ParseWithSource } from "./items.ts";
import { includes, indexOfText, parse, sliceText, toBigInt } from "./primordials.ts";
import { BEYOND, type NumberForm, ValueError, valueText } from "./values.ts";

/** Valid behind any integer, and `JSON.stringify` writes its own exponents with a small letter. */
const MARK = "E0";
const MARKED: NumberForm = { bigMark: MARK, hasExponents: false };

/**
 * The marked JSON of a value.
 *
 * @throws {ValueError} If it has none: see {@linkcode valueText}.
 */
export function markedText(value: unknown): string {
  return valueText(value, MARKED);
}

/**
 * The value of a marked JSON text.
 *
 * @throws {SyntaxError} If it is no JSON.
 */
export function parseMarked(text: string): unknown {
  return includes(text, MARK) ? (parse as ParseWithSource)(text, marked) : parse(text);
}

function marked(_key: string, value: unknown, { source }: { source?: string }): unknown {
  if (typeof value !== "number" || source === undefined) return value;
  const end = source.length - MARK.length;
  return sliceText(source, end) === MARK ? toBigInt(sliceText(source, 0, end)) : value;
}

/**
 * The same JSON without its marks.
 *
 * @throws {ValueError} If something in it is infinite, which only marked JSON can say.
 */
export function unmarkedText(text: string): string {
  if (!includes(text, MARK) && !includes(text, BEYOND)) return text;
  let plain = "";
  for (let at = 0; at < text.length;) {
    const quote = indexOfText(text, '"', at);
    const end = quote < 0 ? text.length : quote;
    const outside = text.slice(at, end);
    if (includes(outside, BEYOND)) {
      throw new ValueError("a number in the result is infinite, which JSON cannot say");
    }
    plain += outside.replaceAll(MARK, "");
    at = endOfString(text, end);
    plain += sliceText(text, end, at);
  }
  return plain;
}

/** Where the string that begins there ends. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at + 1;
}
