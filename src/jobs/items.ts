/**
 * Lines of JSON as the items of a function, integers exact: a number while it is safe, a bigint beyond.
 *
 * This runs beside the user's function: see primordials.ts.
 *
 * @module
 */

import { NEWLINE } from "../protocol/framing.ts";
import {
  bufferOf,
  Bytes,
  charCodeAt,
  decodeText,
  execPattern,
  indexOfByte,
  indexOfText,
  isSafeInteger,
  lengthOf,
  offsetOf,
  parse,
  PlainError,
  sliceText,
  toBigInt,
} from "./primordials.ts";

/** Thrown for a line that is no JSON, or has a number in it that no double holds. */
export class InputError extends PlainError {
  /** The error's class name. */
  override name = "InputError";
  readonly #isOurs = true;

  /** Whether a value is one: `instanceof` would ask what a function can replace. */
  static is(value: unknown): value is InputError {
    return typeof value === "object" && value !== null && #isOurs in value;
  }
}

const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
/** Numbers of so many digits are whole numbers below 2^53 over a power of ten, both exact in a double. */
const MAX_EXACT_DIGITS = 15;
/** Characters of a number that an error shows. */
const MAX_SHOWN_CHARS = 32;
/** An integer of so many digits may be too large to be a safe one. */
const MANY_DIGITS = 16;
/** What may be too large for a double although it has few digits: JSON's largest exponents have three. */
const LARGE_EXPONENT = /[eE]\+?[0-9]{3}/;
const POWERS: Float64Array = Float64Array.from(
  { length: MAX_EXACT_DIGITS + 1 },
  (_, exponent) => 10 ** exponent,
);

/** A parser that takes JSON.parse's third argument for its reviver, which TypeScript's library lacks. */
export type ParseWithSource = (
  text: string,
  reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
) => unknown;

/**
 * The items of one chunk, one after the other. Lines that are plain numbers are read byte by byte; at the
 * first other line the rest becomes a text, which is cut at its newlines.
 */
export class ItemReader {
  #bytes: Uint8Array = new Bytes(0);
  #end = 0;
  /** Where the next line begins: in the bytes, or once there is a text, in that. */
  #at = 0;
  /** Where the line that was read last begins. */
  #lineStart = 0;
  #text: string | undefined;
  /** Whether some line may hold an integer that is not safe, or what no double holds. */
  #isExact = false;
  /** Whether some line is not UTF-8: each is decoded by itself then. */
  #isBroken = false;

  /** Begins with the lines of a chunk. */
  begin(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#end = lengthOf(bytes);
    this.#at = 0;
    this.#text = undefined;
    this.#isBroken = false;
  }

  /**
   * The next item.
   *
   * @throws {InputError} If its line is no JSON, or has what no double holds; the reader stands after that line then.
   */
  next(): unknown {
    this.#lineStart = this.#at;
    if (this.#text === undefined && !this.#isBroken) {
      const value = this.#number();
      if (value === value) return value;
      this.#toText();
    }
    return this.#parsed(this.#line());
  }

  /**
   * The next line, which is not looked into.
   *
   * @throws {InputError} If it is not UTF-8.
   */
  nextText(): string {
    this.#lineStart = this.#at;
    if (this.#text === undefined && !this.#isBroken) this.#toText();
    return this.#line();
  }

  /** The line that was read last, cut after so many characters. */
  lineText(maxChars: number): string {
    let line: string;
    if (this.#text !== undefined) line = this.#lineOf(this.#text, this.#lineStart);
    else {
      try {
        line = decodeText(this.#lineBytes(this.#lineStart));
      } catch {
        line = "";
      }
    }
    return line.length > maxChars ? sliceText(line, 0, maxChars) : line;
  }

  /** The number that the next line is, or NaN, and then nothing has been read. */
  #number(): number {
    const bytes = this.#bytes;
    const end = this.#end;
    let at = this.#at;
    const isNegative = at < end && bytes[at] === MINUS;
    if (isNegative) at++;
    const start = at;
    let value = 0;
    let digit = at < end ? bytes[at]! : NEWLINE;
    while (digit >= ZERO && digit <= NINE) {
      value = value * 10 + (digit - ZERO);
      digit = ++at < end ? bytes[at]! : NEWLINE;
    }
    let digits = at - start;
    // JSON has no leading zeros, and this knows no number without digits in front of its point.
    if (digits === 0 || digits > MAX_EXACT_DIGITS) return NaN;
    if (digits > 1 && bytes[start] === ZERO) return NaN;
    if (digit === DOT) {
      const point = at;
      digit = ++at < end ? bytes[at]! : NEWLINE;
      while (digit >= ZERO && digit <= NINE) {
        value = value * 10 + (digit - ZERO);
        digit = ++at < end ? bytes[at]! : NEWLINE;
      }
      const decimals = at - point - 1;
      digits += decimals;
      if (decimals === 0 || digits > MAX_EXACT_DIGITS) return NaN;
      value /= POWERS[decimals]!;
    }
    if (digit !== NEWLINE) return NaN;
    this.#at = at + 1;
    return isNegative ? -value : value;
  }

  /** Makes a text of all lines from the next on. */
  #toText(): void {
    try {
      this.#text = decodeText(this.#part(this.#at, this.#end));
      this.#at = 0;
      this.#lineStart = 0;
      this.#isExact = needsCare(this.#text);
    } catch {
      this.#isBroken = true;
      this.#isExact = true;
    }
  }

  #line(): string {
    const text = this.#text;
    if (text !== undefined) {
      const line = this.#lineOf(text, this.#at);
      this.#at += line.length + 1;
      return line;
    }
    const bytes = this.#lineBytes(this.#at);
    this.#at += lengthOf(bytes) + 1;
    try {
      return decodeText(bytes);
    } catch {
      throw new InputError("the line is not UTF-8");
    }
  }

  #lineOf(text: string, start: number): string {
    const newline = indexOfText(text, "\n", start);
    return sliceText(text, start, newline < 0 ? text.length : newline);
  }

  #lineBytes(start: number): Uint8Array {
    const newline = indexOfByte(this.#bytes, NEWLINE, start);
    return this.#part(start, newline < 0 ? this.#end : newline);
  }

  #part(start: number, end: number): Uint8Array {
    const bytes = this.#bytes;
    return new Bytes(bufferOf(bytes), offsetOf(bytes) + start, end - start);
  }

  #parsed(line: string): unknown {
    try {
      return this.#isExact && needsCare(line) ? parseExactly(line) : parse(line);
    } catch (error) {
      if (error instanceof InputError) throw error;
      throw new InputError(`the line is no JSON: ${(error as Error).message}`);
    }
  }
}

/**
 * The value of a JSON text, with integers beyond the safe ones as bigints.
 *
 * @throws {SyntaxError} If it is no JSON.
 * @throws {InputError} If a number in it is too large for a double.
 */
export function parseExactly(text: string): unknown {
  return (parse as ParseWithSource)(text, exactNumber);
}

function exactNumber(_key: string, value: unknown, context: { source?: string }): unknown {
  if (typeof value !== "number" || isSafeInteger(value)) return value;
  const source = context.source;
  if (source !== undefined && isInteger(source)) return toBigInt(source);
  if (value - value === 0) return value;
  throw new InputError(`no double holds ${source === undefined ? value : shortened(source)}`);
}

function shortened(source: string): string {
  return source.length <= MAX_SHOWN_CHARS ? source : sliceText(source, 0, MAX_SHOWN_CHARS) + "…";
}

/** Whether a JSON number's text is digits only. */
function isInteger(source: string): boolean {
  for (let index = charCodeAt(source, 0) === MINUS ? 1 : 0; index < source.length; index++) {
    if (!isDigit(charCodeAt(source, index))) return false;
  }
  return true;
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE;
}

/** Whether there may be a number in a text of which JSON.parse makes another one. */
function needsCare(text: string): boolean {
  return hasManyDigits(text) || execPattern(LARGE_EXPONENT, text) !== null;
}

/**
 * Whether there are 16 digits in a row anywhere that are no decimals, looking at one character in 16 where there
 * are none.
 */
function hasManyDigits(text: string): boolean {
  let at = MANY_DIGITS - 1;
  while (at < text.length) {
    let start = at;
    while (start > at - MANY_DIGITS && isDigit(charCodeAt(text, start))) start--;
    // Invariant: in front of the characters that are looked at is none, or one that is no digit.
    if (start > at - MANY_DIGITS) at = start + MANY_DIGITS;
    else if (start < 0 || charCodeAt(text, start) !== DOT) return true;
    else while (at < text.length && isDigit(charCodeAt(text, at))) at++;
  }
  return false;
}
