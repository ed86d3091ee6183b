import { NEWLINE } from "./framing.ts";
import { type Literal, WORD_BYTES } from "./literal.ts";

const ZERO = 0x30;
const NINE = 0x39;
const MINUS = 0x2d;
const DOT = 0x2e;
const SPACE = 0x20;
const COMMA = 0x2c;
const COLON = 0x3a;
const CLOSING_BRACE = 0x7d;
/** Numbers of so many digits are whole numbers below 2^53, which a double holds exactly. */
const MAX_EXACT_DIGITS = 15;
/** In each byte of a word: its upper half, its lower one, what the upper one of a digit is, and 6. */
const HIGH_HALVES = 0xf0f0f0f0 | 0;
const LOW_HALVES = 0x0f0f0f0f;
const DIGIT_HALVES = 0x30303030;
const SIX_EACH = 0x06060606;
/** The lower byte of each half of a word. */
const PAIRS = 0x00ff00ff;
/** Powers of ten up to 10^15, each exact. */
const POWERS = Array.from({ length: MAX_EXACT_DIGITS + 1 }, (_, exponent) => 10 ** exponent);
/** For digits, which are the same in every encoding: the engine has a short way for this one only. */
const decoder = new TextDecoder();
const NO_BYTES = new Uint8Array(0);

/**
 * Walks over the bytes of one line for the few shapes that nearly all lines have; only the digits of a result, which
 * may be a double or an exact integer, are walked over twice. It knows less than JSON does: whatever it does not know,
 * it says no to, and `JSON.parse` has the last word.
 */
export class NumberScanner {
  /** Where the next byte is. */
  position = 0;
  /** The number that was read last. */
  value = 0;
  /** The exact integer that was read last. */
  integer = 0n;
  #bytes: Uint8Array = NO_BYTES;
  /** The same bytes, for reading four at once. */
  #view: DataView = new DataView(NO_BYTES.buffer);
  #end = 0;

  /** Begins to read `bytes[start..end)`. */
  begin(bytes: Uint8Array, start: number, end: number): void {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    this.position = start;
    this.#end = end;
  }

  /** Whether everything has been read. */
  get isAtEnd(): boolean {
    return this.position === this.#end;
  }

  /** Whether what comes next ends the line. */
  get isAtNewline(): boolean {
    return this.position < this.#end && this.#bytes[this.position] === NEWLINE;
  }

  /** Reads one byte. */
  byte(expected: number): boolean {
    if (this.position >= this.#end || this.#bytes[this.position] !== expected) return false;
    this.position++;
    return true;
  }

  /** Reads a text of at least four bytes; where one of them is a colon or a comma, a space may follow. */
  literal(expected: Literal): boolean {
    const view = this.#view;
    const start = this.position;
    const { words, bytes: { length } } = expected;
    if (this.#end - start < length) return false;
    if (view.getInt32(start + length - WORD_BYTES, true) !== expected.lastWord) {
      return this.#spacedLiteral(expected.bytes);
    }
    for (let index = 0; index < words.length; index++) {
      if (view.getInt32(start + WORD_BYTES * index, true) !== words[index]) {
        return this.#spacedLiteral(expected.bytes);
      }
    }
    this.#moveBehind(start + length);
    return true;
  }

  /**
   * Reads one of some texts of four words each that end in a separator, and gives which; -1 if it is none of them. They
   * are told apart by their third words.
   */
  oneOf(texts: readonly Literal[]): number {
    const start = this.position;
    if (this.#end - start < 4 * WORD_BYTES) return -1;
    const view = this.#view;
    const third = view.getInt32(start + 2 * WORD_BYTES, true);
    for (let index = 0; index < texts.length; index++) {
      const { words, lastWord } = texts[index]!;
      if (words[2] !== third) continue;
      if (view.getInt32(start, true) !== words[0]) return -1;
      if (view.getInt32(start + WORD_BYTES, true) !== words[1]) return -1;
      if (view.getInt32(start + 3 * WORD_BYTES, true) !== lastWord) return -1;
      this.#moveBehind(start + 4 * WORD_BYTES);
      return index;
    }
    return -1;
  }

  /** Moves on behind a text, and behind the space that may follow its last byte. */
  #moveBehind(end: number): void {
    const isSpaced = end < this.#end && this.#bytes[end] === SPACE;
    this.position = isSpaced && isSeparator(this.#bytes[end - 1]) ? end + 1 : end;
  }

  /** The same for a text that may have spaces within. */
  #spacedLiteral(expected: Uint8Array): boolean {
    const bytes = this.#bytes;
    const end = this.#end;
    let position = this.position;
    for (let index = 0; index < expected.length; index++) {
      if (position >= end || bytes[position] !== expected[index]) return false;
      position++;
      if (isSeparator(expected[index]) && position < end && bytes[position] === SPACE) position++;
    }
    this.position = position;
    return true;
  }

  /** Reads three bytes as one number, for telling names of three letters apart; -1 if there are not so many. */
  threeLetters(): number {
    const { position } = this;
    const bytes = this.#bytes;
    if (position + 3 > this.#end) return -1;
    this.position += 3;
    return bytes[position]! << 16 | bytes[position + 1]! << 8 | bytes[position + 2]!;
  }

  /** Reads a whole number >= 0 of at most 15 digits into {@linkcode value}. */
  wholeNumber(): boolean {
    const first = this.position;
    const number = this.#digits(this.#fourDigits());
    const count = this.position - first;
    if (count === 0 || count > MAX_EXACT_DIGITS || this.#hasLeadingZero(first, count)) return false;
    this.value = number;
    return true;
  }

  /**
   * Reads a decimal number without an exponent into {@linkcode value}. Up to 15 digits it is a whole number divided
   * by a power of ten, both exact, so that the quotient is the nearest double; beyond that the engine reads it.
   */
  decimal(): boolean {
    const bytes = this.#bytes;
    const start = this.position;
    const isNegative = bytes[start] === MINUS && start < this.#end;
    if (isNegative) this.position++;
    const first = this.position;
    let number = this.#digits(0);
    let digits = this.position - first;
    if (digits === 0 || this.#hasLeadingZero(first, digits)) return false;
    let fraction = 0;
    if (this.position < this.#end && bytes[this.position] === DOT) {
      const point = ++this.position;
      number = this.#digits(number);
      fraction = this.position - point;
      if (fraction === 0) return false;
      digits += fraction;
    }
    if (digits > MAX_EXACT_DIGITS) {
      this.value = Number(decoder.decode(bytes.subarray(start, this.position)));
      return Number.isFinite(this.value);
    }
    number = fraction === 0 ? number : number / POWERS[fraction]!;
    this.value = isNegative ? -number : number;
    return true;
  }

  /**
   * Reads a whole number >= 0 of at most `maxDigits` digits into {@linkcode integer}, if a brace or a comma ends it;
   * stays where it is if not.
   */
  exactInteger(maxDigits: number): boolean {
    const bytes = this.#bytes;
    const first = this.position;
    const end = Math.min(this.#end, first + maxDigits + 1);
    let position = first;
    while (position < end && bytes[position]! >= ZERO && bytes[position]! <= NINE) position++;
    const count = position - first;
    const isEnded = bytes[position] === CLOSING_BRACE || bytes[position] === COMMA;
    if (count === 0 || position >= end || !isEnded) return false;
    if (this.#hasLeadingZero(first, count)) return false;
    this.integer = count > MAX_EXACT_DIGITS
      ? BigInt(decoder.decode(bytes.subarray(first, position)))
      : BigInt(this.#digits(0));
    this.position = position;
    return true;
  }

  /** Reads digits as long as there are four more, all four at once. */
  #fourDigits(): number {
    const view = this.#view;
    const lastStart = Math.min(this.#end, this.position + MAX_EXACT_DIGITS + 1) - WORD_BYTES;
    let number = 0;
    let { position } = this;
    while (position <= lastStart) {
      const word = view.getInt32(position, true);
      // Every byte has a 3 in front and stays below 0x3a: 6 more make no carry.
      if ((word & HIGH_HALVES) !== DIGIT_HALVES) break;
      if (((word + SIX_EACH) & HIGH_HALVES) !== DIGIT_HALVES) break;
      // Two neighbours become one number each, then the two pairs: the first digit lies lowest.
      const pairs = (Math.imul(word & LOW_HALVES, 10 * 256 + 1) >>> 8) & PAIRS;
      number = number * 10_000 + (Math.imul(pairs, 100 * 65_536 + 1) >>> 16);
      position += WORD_BYTES;
    }
    this.position = position;
    return number;
  }

  #digits(number: number): number {
    const bytes = this.#bytes;
    const end = this.#end;
    let position = this.position;
    for (; position < end; position++) {
      const byte = bytes[position]!;
      if (byte < ZERO || byte > NINE) break;
      number = number * 10 + (byte - ZERO);
    }
    this.position = position;
    return number;
  }

  #hasLeadingZero(first: number, count: number): boolean {
    return count > 1 && this.#bytes[first] === ZERO;
  }
}

function isSeparator(byte: number | undefined): boolean {
  return byte === COLON || byte === COMMA;
}
