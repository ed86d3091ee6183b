import { MAX_ITEM_BYTES, MAX_PIECE_BYTES } from "../../limits.ts";
import { NEWLINE } from "../../protocol/framing.ts";
import type { Piece } from "./job.ts";

/** What a word of four newlines is. */
const FOUR_NEWLINES = 0x0a0a0a0a;

/** Thrown where a line of input is longer than an item may be. */
export class LongLineError extends RangeError {
  /** The error's class name. */
  override name = "LongLineError";
}

/**
 * Cuts a stream of bytes into pieces of whole lines, each with its newline, and counts them; blank lines are
 * left out. Bytes are read into storage of its own and copied once, whatever the length of the lines.
 *
 * Invariant: 0 <= begun <= filled <= storage.length; no whole line lies between them when `space` is asked for.
 */
export class LineCutter {
  #storage = new Uint8Array(MAX_PIECE_BYTES);
  #filled = 0;
  #isFirst = true;
  /** Lines given until now, blank ones not counted. */
  #count = 0;

  /** Where the next bytes are to be read to. */
  get space(): Uint8Array<ArrayBuffer> {
    return this.#storage.subarray(this.#filled);
  }

  /**
   * Gives the pieces that are whole now that so many bytes have been read to {@linkcode space}.
   *
   * @throws {LongLineError} If a line is longer than an item may be.
   */
  filled(bytes: number): Piece[] {
    const before = this.#filled;
    this.#filled += bytes;
    this.#skipMark();
    const newline = this.#storage.subarray(before, this.#filled).lastIndexOf(NEWLINE);
    const end = newline < 0 ? 0 : before + newline + 1;
    const pieces = this.#cut(end);
    this.#keep(end);
    return pieces;
  }

  /** Gives the last piece, if the input ended without a newline. */
  end(): Piece[] {
    if (this.#filled === 0) return [];
    this.#storage[this.#filled++] = NEWLINE;
    return this.#cut(this.#filled);
  }

  /** Editors on Windows put a byte order mark in front of a file, which is no JSON. */
  #skipMark(): void {
    if (!this.#isFirst || this.#filled < 3) return;
    this.#isFirst = false;
    const [a, b, c] = this.#storage;
    if (a === 0xef && b === 0xbb && c === 0xbf) this.#storage.fill(0x20, 0, 3);
  }

  /** Moves what is no whole line to the front, and makes room behind it. */
  #keep(from: number): void {
    const length = this.#filled - from;
    if (length > MAX_ITEM_BYTES) {
      throw new LongLineError(`item ${this.#count + 1} is longer than ${MAX_ITEM_BYTES} bytes`);
    }
    const isGrown = this.#storage.length > MAX_PIECE_BYTES;
    // The last byte is for the newline of a last line that has none.
    if (length >= this.#storage.length - 1) {
      const larger = new Uint8Array(2 * this.#storage.length);
      larger.set(this.#storage.subarray(from, this.#filled));
      this.#storage = larger;
    } else if (isGrown && length < MAX_PIECE_BYTES / 2) {
      const usual = new Uint8Array(MAX_PIECE_BYTES);
      usual.set(this.#storage.subarray(from, this.#filled));
      this.#storage = usual;
    } else this.#storage.copyWithin(0, from, this.#filled);
    this.#filled = length;
  }

  /** Cuts the whole lines before `end` into pieces that are as long as they may be. */
  #cut(end: number): Piece[] {
    const storage = this.#storage;
    const words = new Int32Array(storage.buffer);
    const pieces: Piece[] = [];
    let pieceStart = 0;
    let count = 0;
    /** Where the next line that is kept goes to: before its place, if blank ones were left out. */
    let kept = 0;
    let lineStart = 0;
    while (lineStart < end) {
      const next = findNewline(storage, words, lineStart) + 1;
      // Most lines begin with something that can be seen.
      if (storage[lineStart]! > 0x20 || !isBlank(storage, lineStart, next)) {
        if (count > 0 && kept + next - lineStart - pieceStart > MAX_PIECE_BYTES) {
          pieces.push({ bytes: storage.slice(pieceStart, kept), count });
          pieceStart = kept;
          count = 0;
        }
        if (kept !== lineStart) storage.copyWithin(kept, lineStart, next);
        kept += next - lineStart;
        count++;
        this.#count++;
      }
      lineStart = next;
    }
    if (count > 0) pieces.push({ bytes: storage.slice(pieceStart, kept), count });
    return pieces;
  }
}

/**
 * Where the next newline is; there is one. The system's search takes longer to begin than a short line to be
 * looked through, four bytes at a time.
 */
function findNewline(bytes: Uint8Array, words: Int32Array, start: number): number {
  let index = start;
  for (; (index & 3) !== 0; index++) if (bytes[index] === NEWLINE) return index;
  let word = index >> 2;
  while (!hasNewline(words[word]!)) word++;
  index = word << 2;
  while (bytes[index] !== NEWLINE) index++;
  return index;
}

/** Whether one of the four bytes of a word is a newline: then the difference has a byte that is zero. */
function hasNewline(word: number): boolean {
  const difference = word ^ FOUR_NEWLINES;
  return ((difference - 0x01010101) & ~difference & 0x80808080) !== 0;
}

/** Whether a line has nothing but what JSON allows between its tokens. */
function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let index = start; index < end; index++) if (bytes[index]! > 0x20) return false;
  return true;
}
