import { ENTRY_LINE, MAX_ENTRY_LINE_CHARS } from "./job_log.ts";

/** What a disk writes whole or not at all: what a power cut leaves out ends with one, or with the file. */
const SECTOR_BYTES = 512;

/**
 * What lies in a log behind the beginning of an entry that is not right: is it what an interruption leaves? That is
 * a part of one entry; or all of it, with zeros in the place of what was on its way to the disk when the power went.
 * Neither values nor failures have a zero in them. Anything else has come about in another way.
 */
export class LogTail {
  /** Whether the line of another entry is in it. */
  hasEntry = false;
  #hasZeroSector = false;
  #lastByte: number | undefined;
  #nextByte: number;
  /** What the line of an entry may have begun in. */
  #text = "";
  /** Every byte is a character, whatever it belongs to. */
  readonly #decoder = new TextDecoder("latin1");

  /** Nothing yet of what lies in the file from a byte on. */
  constructor(firstByte: number) {
    this.#nextByte = firstByte;
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
    this.hasEntry ||= ENTRY_LINE.test(this.#text);
  }
}
