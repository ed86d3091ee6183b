import { MAX_ITEM_BYTES, MAX_PIECE_BYTES, MAX_SHOWN_ITEM_CHARS } from "../../limits.ts";
import { NEWLINE } from "../../protocol/framing.ts";
import type { Failure, Piece } from "./job.ts";

/** What a word of four newlines is. */
const FOUR_NEWLINES = 0x0a0a0a0a;

/** What an item is whose line is longer than it may be. */
const TOO_LONG = `longer than ${MAX_ITEM_BYTES} bytes`;

/** How the line begins that is given in the place of one that is too long; it is no JSON, and fails for that. */
export const LONG_LINE = `${TOO_LONG}: `;

/** A failure as it is told: of a line that was too long, and was not given as it is, with the reason. */
export function explainLong(failure: Failure): Failure {
  const { worker: _worker, item = "", ...rest } = failure;
  if (failure.cause !== "input" || !item.startsWith(LONG_LINE)) return failure;
  return { ...rest, error: `the line is ${TOO_LONG}`, item: item.slice(LONG_LINE.length) };
}

/**
 * Cuts a stream of bytes into pieces of whole lines, each with its newline, and counts them; blank lines are
 * left out. Bytes are read into storage of its own and copied once, whatever the length of the lines. Of a line
 * that is longer than an item may be, {@linkcode LONG_LINE} and its beginning are given instead, and the rest is
 * passed over.
 *
 * Invariant: 0 <= begun <= filled <= storage.length; no whole line lies between them when `space` is asked for.
 */
export class LineCutter {
  #storage = new Uint8Array(MAX_PIECE_BYTES);
  #filled = 0;
  #isFirst = true;
  /** Whether what comes up to the next newline belongs to a line that is too long, and has been given. */
  #isSkipping = false;

  /** Where the next bytes are to be read to. */
  get space(): Uint8Array<ArrayBuffer> {
    return this.#storage.subarray(this.#filled);
  }

  /** Gives the pieces that are whole now that so many bytes have been read to {@linkcode space}. */
  filled(bytes: number): Piece[] {
    const before = this.#filled;
    this.#filled += bytes;
    if (this.#isSkipping) this.#skip();
    this.#skipMark();
    const newline = this.#storage.subarray(before, this.#filled).lastIndexOf(NEWLINE);
    const end = newline < 0 ? 0 : before + newline + 1;
    const pieces = this.#cut(end);
    const long = this.#keep(end);
    if (long !== undefined) pieces.push(long);
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

  /** Passes over the rest of a line that is too long. Nothing of it was kept: it begins the storage. */
  #skip(): void {
    const newline = this.#storage.subarray(0, this.#filled).indexOf(NEWLINE);
    const rest = newline < 0 ? this.#filled : newline + 1;
    this.#isSkipping = newline < 0;
    this.#storage.copyWithin(0, rest, this.#filled);
    this.#filled -= rest;
  }

  /**
   * Moves what is no whole line to the front, and makes room behind it. Of a line that is already too long nothing
   * stays, and what goes in its place is given.
   */
  #keep(from: number): Piece | undefined {
    let long: Piece | undefined;
    if (this.#filled - from > MAX_ITEM_BYTES) {
      long = { bytes: this.#inPlaceOf(from), count: 1 };
      this.#isSkipping = true;
      from = this.#filled;
    }
    const length = this.#filled - from;
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
    return long;
  }

  /** What is given for the next line, which begins at `start` and is too long. */
  #inPlaceOf(start: number): Uint8Array<ArrayBuffer> {
    const line = new Uint8Array(LONG_LINE.length + MAX_SHOWN_ITEM_CHARS + 1);
    new TextEncoder().encodeInto(LONG_LINE, line);
    line.set(this.#storage.subarray(start, start + MAX_SHOWN_ITEM_CHARS), LONG_LINE.length);
    line[line.length - 1] = NEWLINE;
    return line;
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
      const isLong = next - 1 - lineStart > MAX_ITEM_BYTES;
      // Most lines begin with something that can be seen.
      if (isLong || storage[lineStart]! > 0x20 || !isBlank(storage, lineStart, next)) {
        const instead = isLong ? this.#inPlaceOf(lineStart) : undefined;
        const length = instead?.length ?? next - lineStart;
        if (count > 0 && kept + length - pieceStart > MAX_PIECE_BYTES) {
          pieces.push({ bytes: storage.slice(pieceStart, kept), count });
          pieceStart = kept;
          count = 0;
        }
        if (instead !== undefined) storage.set(instead, kept);
        else if (kept !== lineStart) storage.copyWithin(kept, lineStart, next);
        kept += length;
        count++;
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
