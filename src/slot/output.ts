/**
 * Values on their way out of the function's thread: made into lines here, once, and handed over in pieces.
 *
 * This runs beside the user's function: see ../jobs/primordials.ts.
 *
 * @module
 */

import {
  Bytes,
  encodeInto,
  encodeText,
  lengthOf,
  sliceText,
  stringify,
} from "../jobs/primordials.ts";
import { ValueError } from "../jobs/values.ts";
import { MAX_PIECE_BYTES, MAX_VALUE_BYTES } from "../limits.ts";
import { NEWLINE } from "../protocol/framing.ts";
import type { Ring } from "./ring.ts";
import { FROM_SANDBOX, INDEX, type Trouble } from "./shared.ts";

const MINUS = 0x2d;
const ZERO = 0x30;
/** Integers up to this are written digit by digit, by 32-bit arithmetic. */
const MAX_SMALL = 999_999_999;
/** Room for such an integer: a sign, nine digits and a newline. */
const INTEGER_BYTES = 11;
/** UTF-8 has no more bytes for one UTF-16 unit. */
const BYTES_PER_CHAR = 3;
/** Characters that are collected before they are made into bytes, and the longest text that is collected. */
const MAX_TEXT_PART = 16 * 1024;
/** Room for what is collected, which is made into bytes when it has become longer than {@linkcode MAX_TEXT_PART}. */
const TEXT_BYTES = BYTES_PER_CHAR * 2 * (MAX_TEXT_PART + 1);
const NO_BYTES = new Bytes(0);

/** Takes values one after the other. */
export class Output {
  readonly #ring: Ring;
  readonly #ringBell: () => void;
  readonly #now: () => number;
  readonly #state: Int32Array;
  readonly #memory = new ArrayBuffer(MAX_PIECE_BYTES);
  readonly #buffer = new Bytes(this.#memory);
  #length = 0;
  /** Lines that come after the bytes. */
  #text = "";
  /** Index of the first item in the piece. */
  #first = 0;
  /** Items in the piece. */
  #count = 0;
  /** Time for which there was no room, in milliseconds. */
  waitedMs = 0;

  /** Writes to a ring whose reader is woken by `ringBell`. */
  constructor(ring: Ring, ringBell: () => void, now: () => number, state: Int32Array) {
    this.#ring = ring;
    this.#ringBell = ringBell;
    this.#now = now;
    this.#state = state;
  }

  /** Begins a chunk, or goes on after an item that gave no line: the next value is of that item. */
  startAt(index: number): void {
    this.#first = index;
  }

  /** Adds a finite number. */
  number(value: number): void {
    if (this.#text !== "" || (value | 0) !== value || value > MAX_SMALL || value < -MAX_SMALL) {
      return this.#line(`${value === 0 ? 0 : value}`);
    }
    if (this.#length > MAX_PIECE_BYTES - INTEGER_BYTES) this.flush();
    this.#count++;
    this.#integer(value);
  }

  /**
   * Adds a value's JSON.
   *
   * @throws {ValueError} If it is too long; nothing was added then.
   */
  json(text: string): void {
    if (text.length > MAX_TEXT_PART) this.#long(text, 1);
    else this.#line(text);
  }

  /** Adds one line that stands for several items. */
  reduced(text: string, count: number): void {
    if (text.length > MAX_TEXT_PART) return this.#long(text, count);
    this.#text = text + "\n";
    this.#count = count;
    this.flush();
  }

  /** Hands over what there is. */
  flush(): void {
    this.#textToBytes();
    if (this.#length === 0) return;
    const count = this.#count;
    this.send(FROM_SANDBOX.result, this.#first, count, this.#buffer, this.#length);
    this.#first += count;
    this.#count = 0;
    this.#length = 0;
  }

  /** Hands over words about something. */
  tell(kind: number, index: number, trouble: Trouble | string): void {
    const bytes = encodeText(typeof trouble === "string" ? trouble : troubleText(trouble));
    this.send(kind, index, 0, bytes, lengthOf(bytes));
  }

  /** Hands over a frame without a payload. */
  signal(kind: number, first: number, second: number): void {
    this.send(kind, first, second, NO_BYTES, 0);
  }

  /** Hands over a frame, and waits for room if there is none. */
  send(kind: number, first: number, second: number, bytes: Uint8Array, length: number): void {
    if (!this.#ring.write(kind, first, second, bytes, length)) {
      const sinceMs = this.#now();
      // The item is not to blame for this time.
      const index = this.#state[INDEX]!;
      this.#state[INDEX] = -1;
      this.#ring.writeWaiting(kind, first, second, bytes, length);
      this.#state[INDEX] = index;
      this.waitedMs += this.#now() - sinceMs;
    }
    if (this.#ring.takeBell()) this.#ringBell();
  }

  /** Writes an integer's digits. */
  #integer(value: number): void {
    const buffer = this.#buffer;
    let at = this.#length;
    let rest = value;
    if (rest < 0) {
      buffer[at++] = MINUS;
      rest = -rest;
    }
    let end = at + 1;
    for (let limit = 10; rest >= limit && end - at < 9; limit *= 10) end++;
    this.#length = end + 1;
    buffer[end] = NEWLINE;
    while (end > at) {
      const next = (rest / 10) | 0;
      buffer[--end] = ZERO + rest - next * 10;
      rest = next;
    }
  }

  /** Adds a short text. */
  #line(text: string): void {
    if (this.#text === "" && this.#length > MAX_PIECE_BYTES - TEXT_BYTES) this.flush();
    this.#count++;
    this.#text += text + "\n";
    if (this.#text.length > MAX_TEXT_PART) this.#textToBytes();
  }

  #textToBytes(): void {
    if (this.#text === "") return;
    const room = new Bytes(this.#memory, this.#length, MAX_PIECE_BYTES - this.#length);
    this.#length += encodeInto(this.#text, room).written;
    this.#text = "";
  }

  /** Adds a long value by itself: in pieces, of which only the last counts. */
  #long(text: string, count: number): void {
    if (text.length * BYTES_PER_CHAR > MAX_VALUE_BYTES) this.#checkLength(text);
    this.flush();
    let rest = text + "\n";
    while (rest !== "") {
      const { read, written } = encodeInto(rest, this.#buffer);
      rest = sliceText(rest, read);
      const counted = rest === "" ? count : 0;
      this.send(FROM_SANDBOX.result, this.#first, counted, this.#buffer, written);
    }
    this.#first += count;
  }

  #checkLength(text: string): void {
    this.flush();
    let length = 0;
    for (let start = 0; start < text.length;) {
      const { read, written } = encodeInto(sliceText(text, start), this.#buffer);
      start += read;
      length += written;
    }
    if (length > MAX_VALUE_BYTES) {
      throw new ValueError(`the value has more than ${MAX_VALUE_BYTES} bytes`);
    }
  }
}

/** Written member by member: for an object `Object.prototype` would be asked for a `toJSON`. */
function troubleText({ cause, error, stack, item }: Trouble): string {
  return `{"cause":${stringify(cause)},"error":${stringify(error)},` +
    `"stack":${stringify(stack)},"item":${stringify(item)}}`;
}
