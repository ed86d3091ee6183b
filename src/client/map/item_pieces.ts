import { ItemReader } from "../../jobs/items.ts";
import { TOLD_APART, ValueError, valueText } from "../../jobs/values.ts";
import { MAX_ITEM_BYTES, MAX_PIECE_BYTES } from "../../limits.ts";
import type { Piece, Values } from "./job.ts";

const encoder = new TextEncoder();

/**
 * Items as the pieces of a job's input. What is there at once goes together; what has to be waited for does not
 * keep back what came before it.
 */
export async function* itemPieces(
  items: Iterable<unknown> | AsyncIterable<unknown>,
): AsyncGenerator<Piece> {
  const iterator = Symbol.asyncIterator in items
    ? items[Symbol.asyncIterator]()
    : items[Symbol.iterator]();
  let lines = "";
  let count = 0;
  let isOpen = false;
  let position = 0;
  try {
    for (;;) {
      const coming = Promise.resolve(iterator.next());
      if (count > 0 && !await isThere(coming)) {
        yield pieceOf(lines, count);
        lines = "";
        count = 0;
      }
      // One that has ended, or failed, is not to be told that no more is wanted.
      isOpen = false;
      const { done, value } = await coming;
      if (done) break;
      isOpen = true;
      const line = textOf(`Cannot map item ${++position}`, value) + "\n";
      if (count > 0 && lines.length + line.length > MAX_PIECE_BYTES / 3) {
        yield pieceOf(lines, count);
        lines = "";
        count = 0;
      }
      lines += line;
      count++;
    }
    if (count > 0) yield pieceOf(lines, count);
  } finally {
    if (isOpen) await iterator.return?.();
  }
}

/**
 * A value that goes to functions, as JSON.
 *
 * @throws {TypeError} If it has none, with what it was for.
 */
export function textOf(what: string, value: unknown): string {
  try {
    return valueText(value, TOLD_APART);
  } catch (error) {
    if (!ValueError.is(error)) throw error;
    // Nobody has returned it.
    const why = error.message.replace(" (is a return missing?)", "");
    throw new TypeError(`${what}: ${why}`, { cause: error });
  }
}

/** Rounds of promises that an item may take which is there already: a `ReadableStream` needs half a dozen. */
const ROUNDS = 16;

/** Whether a promise is settled without anything else that happens. */
async function isThere(coming: Promise<unknown>): Promise<boolean> {
  let isSettled = false;
  const settle = () => {
    isSettled = true;
  };
  coming.then(settle, settle);
  for (let round = 0; round < ROUNDS && !isSettled; round++) await Promise.resolve();
  return isSettled;
}

function pieceOf(lines: string, count: number): Piece {
  const bytes = encoder.encode(lines);
  if (bytes.length > MAX_ITEM_BYTES + 1) {
    throw new RangeError(`Cannot map an item that is longer than ${MAX_ITEM_BYTES} bytes as JSON`);
  }
  return { bytes, count };
}

/** The values of lines, integers exact. */
export function* valuesOf({ bytes, count }: Values): Iterable<unknown> {
  const reader = new ItemReader();
  reader.begin(bytes);
  for (let index = 0; index < count; index++) yield reader.next();
}
