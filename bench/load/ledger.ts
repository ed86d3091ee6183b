import type { Book } from "./book.ts";
import { FIRST_ID } from "./exercise.ts";
import type { Tally } from "./tally.ts";

const NEWLINE = 0x0a;
const COMMA = 0x2c;
const ZERO = 0x30;
const ID_PREFIX = new TextEncoder().encode('{"id":');
/** The time of an exercise that is not in flight. */
const NOT_SENT = -1;

const decoder = new TextDecoder();

/**
 * What is in flight on one connection, and whether what comes back is right. Exercises go out in the order of
 * the book, again and again; every reply is compared with the right one byte for byte. Pure: the bytes and the
 * time come in as arguments.
 *
 * Invariant: 0 <= inFlight <= book.size.
 */
export class Ledger {
  /** Requests that have not been answered. */
  inFlight = 0;
  /** Requests given out in all. */
  issued = 0;
  readonly #book: Book;
  readonly #tally: Tally;
  readonly #sentMs: Float64Array;
  /** The exercise that goes out next. */
  #next = 0;
  /** The exercise that a reply without an id answers. */
  #due = 0;

  /** Nothing in flight. */
  constructor(book: Book, tally: Tally) {
    this.#book = book;
    this.#tally = tally;
    this.#sentMs = new Float64Array(book.size).fill(NOT_SENT);
  }

  /**
   * Gives out the bytes of at most `max` requests; fewer at the end of the book, or where one of the last round
   * has not been answered yet.
   *
   * @param firstMs When the first of them was to be sent.
   * @param stepMs How much later each of the others was.
   */
  issue(max: number, firstMs: number, stepMs = 0): Uint8Array {
    const { size, requests, requestStarts } = this.#book;
    const from = this.#next;
    let to = from;
    while (to < size && to - from < max && this.#sentMs[to] === NOT_SENT) {
      this.#sentMs[to] = firstMs + (to - from) * stepMs;
      to++;
    }
    this.inFlight += to - from;
    this.issued += to - from;
    this.#next = to === size ? 0 : to;
    return requests.subarray(requestStarts[from]!, requestStarts[to]!);
  }

  /** Checks every whole line in `start..end`, and gives where the first that is not whole begins. */
  check(bytes: Uint8Array, start: number, end: number, nowMs: number): number {
    const { replies, replyStarts, hasId } = this.#book;
    let at = start;
    // Replies to requests of one write came after the same time: they are counted together.
    let [sameSentMs, sameCount] = [NOT_SENT, 0];
    while (at < end) {
      const slot = hasId ? this.#slotOf(bytes, at, end) : this.#due;
      const sentMs = this.#sentMs[slot] ?? NOT_SENT;
      if (sentMs !== NOT_SENT) {
        const from = replyStarts[slot]!;
        const length = replyStarts[slot + 1]! - from;
        if (at + length <= end && isSame(bytes, at, replies, from, length)) {
          if (sentMs !== sameSentMs) {
            if (sameCount > 0) this.#tally.right(sameSentMs, nowMs, sameCount);
            [sameSentMs, sameCount] = [sentMs, 0];
          }
          sameCount++;
          this.#settle(slot);
          at += length;
          continue;
        }
      }
      const newline = bytes.indexOf(NEWLINE, at);
      if (newline < 0 || newline >= end) break;
      this.#unexpected(decoder.decode(bytes.subarray(at, newline)), slot);
      at = newline + 1;
    }
    if (sameCount > 0) this.#tally.right(sameSentMs, nowMs, sameCount);
    return at;
  }

  /** The exercise whose id a line begins with; -1 if it has none of ours, or is cut off within it. */
  #slotOf(bytes: Uint8Array, start: number, end: number): number {
    for (let index = 0; index < ID_PREFIX.length; index++) {
      if (bytes[start + index] !== ID_PREFIX[index]) return -1;
    }
    let id = 0;
    for (let at = start + ID_PREFIX.length; at < end; at++) {
      const byte = bytes[at]!;
      if (byte === COMMA) return id - FIRST_ID;
      id = id * 10 + byte - ZERO;
    }
    return -1;
  }

  #settle(slot: number): void {
    this.#sentMs[slot] = NOT_SENT;
    this.inFlight--;
    this.#due = slot + 1 === this.#book.size ? 0 : slot + 1;
  }

  #unexpected(line: string, slot: number): void {
    if (isFailure(line)) this.#tally.failure(line);
    else this.#tally.mistake(line);
    if ((this.#sentMs[slot] ?? NOT_SENT) !== NOT_SENT) this.#settle(slot);
  }
}

function isSame(a: Uint8Array, atA: number, b: Uint8Array, atB: number, length: number): boolean {
  for (let index = 0; index < length; index++) {
    if (a[atA + index] !== b[atB + index]) return false;
  }
  return true;
}

function isFailure(line: string): boolean {
  try {
    const reply: { ok?: unknown } | null = JSON.parse(line);
    return reply?.ok === false;
  } catch {
    return false;
  }
}
