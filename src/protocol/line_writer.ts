import {
  LARGE_WRITER_BYTES,
  MAX_SPARE_WRITER_BYTES,
  SMALL_WRITER_BYTES,
  WRITER_BYTES,
} from "../limits.ts";
import { formatDouble } from "./numbers.ts";

const ZERO = 0x30;
const MINUS = 0x2d;
const DOT = 0x2e;
const NO_BYTES = new Uint8Array(0);
/** Whole numbers below this are cut into digits by 32-bit arithmetic. */
const BILLION = 1e9;
/** Decimals of so few digits are each a different double: no shorter text means the same number. */
const EXACT_BELOW = 1e15;
/** Decimal places that are looked for before the engine is asked to write the number. */
const MAX_PLACES = 6;
/** Texts of so few characters are not worth a call into the engine. */
const MAX_SHORT_TEXT = 192;
const MAX_ASCII = 0x7f;
const POWERS = Array.from({ length: MAX_PLACES + 1 }, (_, exponent) => 10 ** exponent);

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
/** Storage of writers that have been emptied, by size, for those that are filled next. */
const spare: readonly Uint8Array[][] = [[], [], []];
const SIZES: readonly number[] = [SMALL_WRITER_BYTES, WRITER_BYTES, LARGE_WRITER_BYTES];

/** What was taken out of a writer: the first `length` bytes of its storage. */
export interface Lines {
  readonly storage: Uint8Array;
  readonly length: number;
}

/** Gives storage back for the next writers: nobody else may hold on to it. */
export function giveBackLines({ storage }: Lines): void {
  const { length } = storage;
  const kept = spare[SIZES.indexOf(length)];
  if (kept !== undefined && (kept.length + 1) * length <= MAX_SPARE_WRITER_BYTES) {
    kept.push(storage);
  }
}

/** The text of lines. */
export function linesText({ storage, length }: Lines): string {
  return decoder.decode(storage.subarray(0, length));
}

/**
 * Lines on their way out, collected as bytes: a busy connection writes hundreds at once, and a string for every
 * number in them would cost more than the rest of the request. An empty writer holds no storage.
 *
 * Invariant: 0 <= length <= storage; what is written to a writer comes out of {@linkcode LineWriter.take} as it is.
 */
export class LineWriter {
  /** Bytes that are waiting to be taken. */
  length = 0;
  #bytes: Uint8Array = NO_BYTES;

  /** Makes room for so many bytes, so that what is written next need not ask for it. */
  reserve(more: number): void {
    if (this.length + more > this.#bytes.length) this.#grow(this.length + more);
  }

  /** Writes bytes for which room was reserved. */
  literal(bytes: Uint8Array): void {
    const storage = this.#bytes;
    let { length } = this;
    for (let index = 0; index < bytes.length; index++) storage[length++] = bytes[index]!;
    this.length = length;
  }

  /** Writes bytes of any number. */
  bytes(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** Writes a whole number >= 0 that a double holds exactly; 16 bytes must have been reserved. */
  wholeNumber(value: number): void {
    if (value < BILLION) return this.#digits(value, digitsOf(value));
    const high = Math.floor(value / BILLION);
    this.wholeNumber(high);
    this.#digits(value - high * BILLION, 9);
  }

  /** Writes an integer >= 0 of any size, and leaves room for so many bytes behind it. */
  integer(value: bigint, room: number): void {
    const size = Number(value);
    if (size <= Number.MAX_SAFE_INTEGER) {
      this.reserve(16 + room);
      this.wholeNumber(size);
      return;
    }
    this.text(value.toString());
    this.reserve(room);
  }

  /** Writes a finite double as {@linkcode formatDouble} does; 32 bytes must have been reserved. */
  double(value: number): void {
    const size = Math.abs(value);
    if (!(size < EXACT_BELOW)) {
      this.#ascii(formatDouble(value));
      return;
    }
    const whole = Math.floor(size);
    if (whole === size) {
      this.#sign(value);
      this.wholeNumber(whole);
      this.#bytes[this.length++] = DOT;
      this.#bytes[this.length++] = ZERO;
      return;
    }
    for (let places = 1; places <= MAX_PLACES; places++) {
      const power = POWERS[places]!;
      const scaled = Math.round(size * power);
      // Only then is the decimal the double's own text; rounding may have made it another number's.
      if (scaled >= EXACT_BELOW) break;
      if (scaled / power !== size) continue;
      this.#sign(value);
      this.wholeNumber(whole);
      this.#bytes[this.length++] = DOT;
      this.#digits(scaled - whole * power, places);
      return;
    }
    this.#ascii(formatDouble(value));
  }

  /** Writes a text of any length. */
  text(text: string): void {
    this.reserve(text.length);
    if (text.length <= MAX_SHORT_TEXT && this.#ascii(text)) return;
    let rest = text;
    while (rest !== "") {
      const { read, written } = encoder.encodeInto(rest, this.#bytes.subarray(this.length));
      this.length += written;
      if (read === rest.length) return;
      rest = rest.slice(read);
      // No character of a string takes more than three bytes of UTF-8.
      this.reserve(3 * rest.length);
    }
  }

  /** Writes what was taken out of another writer; its storage becomes this one's, or is free from then on. */
  lines(lines: Lines): void {
    if (this.length === 0) {
      this.clear();
      this.#bytes = lines.storage;
      this.length = lines.length;
    } else {
      this.bytes(lines.storage.subarray(0, lines.length));
      giveBackLines(lines);
    }
  }

  /** Writes a text for which room was reserved, if it is nothing but ASCII. */
  #ascii(text: string): boolean {
    const storage = this.#bytes;
    const start = this.length;
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (code > MAX_ASCII) return false;
      storage[start + index] = code;
    }
    this.length = start + text.length;
    return true;
  }

  /** Takes everything out. The storage belongs to the taker, who may {@linkcode giveBackLines}. */
  take(): Lines {
    const lines = { storage: this.#bytes, length: this.length };
    this.#bytes = NO_BYTES;
    this.length = 0;
    return lines;
  }

  /** Forgets everything. */
  clear(): void {
    giveBackLines(this.take());
  }

  #sign(value: number): void {
    if (value < 0 || Object.is(value, -0)) this.#bytes[this.length++] = MINUS;
  }

  /** Writes a whole number below a billion with exactly `count` digits. */
  #digits(value: number, count: number): void {
    const storage = this.#bytes;
    let rest = value | 0;
    for (let index = this.length + count - 1; index >= this.length; index--) {
      const tenth = (rest / 10) | 0;
      storage[index] = ZERO + rest - tenth * 10;
      rest = tenth;
    }
    this.length += count;
  }

  #grow(atLeast: number): void {
    const storage = newStorage(atLeast);
    storage.set(this.#bytes.subarray(0, this.length));
    const { length } = this;
    this.clear();
    this.#bytes = storage;
    this.length = length;
  }
}

/** Small first, as a line to each of a thousand workers takes as many; then what a busy connection needs. */
function newStorage(atLeast: number): Uint8Array {
  for (let index = 0; index < SIZES.length; index++) {
    const size = SIZES[index]!;
    if (atLeast <= size) return spare[index]!.pop() ?? new Uint8Array(size);
  }
  return new Uint8Array(2 * atLeast);
}

function digitsOf(value: number): number {
  if (value < 100) return value < 10 ? 1 : 2;
  let count = 3;
  for (let power = 1000; value >= power; power *= 10) count++;
  return count;
}
