import { ENTRY_LINE, ITEM_HASH_BYTES, MAX_ENTRY_LINE_CHARS } from "./job_log.ts";

/** What a disk writes whole or not at all: what a power cut leaves out ends with one, or with the file. */
const SECTOR_BYTES = 512;

/** What an entry's line says of it: position, count, bytes of hashes, and other bytes. */
type Lengths = [number, number, number, number];

/** Where a {@linkcode LogTail} lies, and what may be in it. */
export interface LogTailOptions {
  /** The place of its first byte in the file. */
  readonly firstByte: number;
  /** The length of the file. */
  readonly fileBytes: number;
  /** The least position of an entry in it. */
  readonly nextPosition: number;
}

/**
 * What lies in a log behind the beginning of an entry that is not right: is it what an interruption leaves? That is
 * a part of one entry; or all of it, with zeros in the place of what was on its way to the disk when the power went.
 * Neither values nor failures have a zero in them. Anything else has come about in another way. A value that looks
 * like an entry of items to come is taken for one: then the log is refused for nothing, but nothing is lost.
 */
export class LogTail {
  /** Whether the line of another entry is in it, and not only a value that looks like one. */
  hasEntry = false;
  #hasZeroSector = false;
  #lastByte: number | undefined;
  #nextByte: number;
  readonly #options: LogTailOptions;
  /** What the line of an entry may have begun in. */
  #text = "";
  /** Every byte is a character, whatever it belongs to. */
  readonly #decoder = new TextDecoder("latin1");

  /** Nothing yet of what lies in the file. */
  constructor(options: LogTailOptions) {
    this.#options = options;
    this.#nextByte = options.firstByte;
  }

  /** Whether something was not written that should be there. */
  get hasHole(): boolean {
    return this.#hasZeroSector || this.#lastByte === 0;
  }

  /** Looks at the next bytes. */
  add(bytes: Uint8Array): void {
    const first = SECTOR_BYTES - 1 - this.#nextByte % SECTOR_BYTES;
    for (let at = first; at < bytes.length; at += SECTOR_BYTES) {
      if (bytes[at] === 0) this.#hasZeroSector = true;
    }
    this.#nextByte += bytes.length;
    this.#lastByte = bytes.at(-1) ?? this.#lastByte;
    this.#text = this.#text.slice(-MAX_ENTRY_LINE_CHARS) + this.#decoder.decode(bytes);
    const textByte = this.#nextByte - this.#text.length;
    for (const match of this.#text.matchAll(ENTRY_LINE)) {
      const [position, count, hashes, length] = match.slice(1).map(Number) as Lengths;
      const end = textByte + match.index + match[0].length + hashes + length;
      this.hasEntry ||= position >= this.#options.nextPosition && end <= this.#options.fileBytes &&
        count > 0 && (hashes === 0 || hashes === ITEM_HASH_BYTES * count);
    }
  }
}
