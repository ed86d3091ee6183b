/**
 * The log of a job, from which it goes on after an interruption: a header that says what the job is, then what
 * came of its items, in order and without gaps. Every entry ends the chain of checksums of all that is before
 * it, so that nothing can be cut out, moved or altered unnoticed; a file may end anywhere. What an interruption
 * leaves at the end is cut off, and calculated again (see log_tail.ts); whatever else does not match its checksum is
 * refused, be it the last entry: such a disk is not to be trusted with more.
 *
 * A line of JSON begins the header and each entry. That of an entry is followed by the hashes of its items, 8
 * bytes each, and by its bytes: values as they came, or a failure as JSON.
 *
 * @module
 */

import { MAX_VALUE_BYTES } from "../limits.ts";
import { decodeLine, NEWLINE } from "../protocol/framing.ts";
import { isJsonObject, parseJson } from "../protocol/json.ts";
import { emptyHash, type Hash, hashInto, hashText } from "./hash.ts";

/** What a job is, as far as its results depend on it. Texts, for each is compared and nothing else. */
export interface JobIdentity {
  /** SHA-256 of the code. */
  readonly function: string;
  readonly call: string;
  readonly reduce: string;
  /** SHA-256 of the arguments. */
  readonly arguments: string;
  readonly seed: string;
  /** `items`, or the two ends of a range. */
  readonly input: string;
}

/** What came of some items. */
export interface LogEntry {
  readonly position: number;
  readonly count: number;
  /** A hash for each item, 8 bytes each; none for those of a range. */
  readonly hashes: Uint8Array;
  /** Values, or a failure as JSON. */
  readonly bytes: Uint8Array;
  readonly isFailure: boolean;
}

/** Bytes of the hash of one item. */
export const ITEM_HASH_BYTES = 8;
/** What the line of an entry looks like, wherever it is found: its position, its count and its two lengths. */
export const ENTRY_LINE =
  /\{"position":(\d+),"count":(\d+),"hashes":(\d+),"bytes":(\d+)(?:,"failed":true)?,"check":"\w+"\}\n/g;
/** More characters than the line of an entry has. */
export const MAX_ENTRY_LINE_CHARS = 256;
/** Longest line of a log. */
const MAX_LINE_BYTES = 4096;
/** Most bytes behind a line. */
const MAX_ENTRY_BYTES = 2 * MAX_VALUE_BYTES + 64 * 1024;

const FORMAT = "aula job log 1";
const encoder = new TextEncoder();

/** What an error says of each member that differs. */
const CHANGES: Readonly<Record<keyof JobIdentity, string>> = {
  function: "the function has changed",
  call: "the way in which the function is called has changed",
  reduce: "the reduce has changed",
  arguments: "the arguments have changed",
  seed: "the seed has changed",
  input: "the input has changed: it was another range, or lines and no range",
};

/** What two jobs differ in, as a sentence; `undefined` if they are the same. */
export function differenceOf(logged: JobIdentity, asked: JobIdentity): string | undefined {
  for (const [key, sentence] of Object.entries(CHANGES) as [keyof JobIdentity, string][]) {
    if (logged[key] !== asked[key]) return sentence;
  }
  return undefined;
}

/** Writes a log: gives the bytes, and keeps the chain. */
export class LogWriter {
  readonly #chain: Hash;

  /** Goes on from a chain, or begins one. */
  constructor(chain: Hash = emptyHash()) {
    this.#chain = { ...chain };
  }

  /** The header. */
  header(identity: JobIdentity): Uint8Array {
    return this.#line({ log: FORMAT, ...identity });
  }

  /** An entry: its line, and what follows it. */
  entry({ position, count, hashes, bytes, isFailure }: LogEntry): Uint8Array[] {
    const chain = this.#chain;
    hashInto(chain, hashes, 0, hashes.length);
    hashInto(chain, bytes, 0, bytes.length);
    const line = this.#line({
      position,
      count,
      hashes: hashes.length,
      bytes: bytes.length,
      ...(isFailure ? { failed: true } : {}),
    });
    return [line, hashes, bytes];
  }

  /** A line that ends in the chain's checksum, its own members included. */
  #line(members: object): Uint8Array {
    const text = JSON.stringify(members).slice(0, -1);
    return encoder.encode(`${text},"check":"${checksum(this.#chain, text)}"}\n`);
  }
}

/** Takes a text into a chain, and gives the checksum of all until there. */
function checksum(chain: Hash, text: string): string {
  const bytes = encoder.encode(text);
  hashInto(chain, bytes, 0, bytes.length);
  return hashText(chain);
}

/** What lies at a place of a log. */
export type Reading<Value> =
  | { readonly kind: "whole"; readonly value: Value; readonly end: number }
  /** It may go on behind the bytes that are there. If it is an entry whose line is there, what follows is `next`. */
  | { readonly kind: "short"; readonly next?: number }
  /** Nothing that was written as it stands there. */
  | { readonly kind: "damaged" };

/** Reads a log, of which any part may be given at a time. */
export class LogReader {
  /** The chain of all that was read. */
  readonly chain: Hash = emptyHash();
  /** The position behind the last entry. */
  next = 1;

  /** Reads the header at the beginning of some bytes. */
  header(bytes: Uint8Array): Reading<JobIdentity> {
    const line = readLine(bytes, 0, bytes.length);
    if (line.kind !== "whole") return line;
    const { log, check: _check, ...members } = line.value.members;
    const isOurs = log === FORMAT &&
      checksum(this.chain, line.value.text) === line.value.members.check;
    if (!isOurs) return { kind: "damaged" };
    return { kind: "whole", value: members as unknown as JobIdentity, end: line.end };
  }

  /** Reads the entry that begins at `start`. Its bytes are a view, valid as long as those given. */
  entry(bytes: Uint8Array, start: number, end: number): Reading<LogEntry> {
    const line = readLine(bytes, start, end);
    if (line.kind !== "whole") return line;
    const { text, members } = line.value;
    const { position, count, hashes, bytes: length, failed = false, check } = members;
    const isRight = position === this.next && isLength(count, 2 ** 53) && count > 0 &&
      isLength(hashes, MAX_ENTRY_BYTES) && isLength(length, MAX_ENTRY_BYTES);
    if (!isRight) return { kind: "damaged" };
    const entryEnd = line.end + hashes + length;
    if (entryEnd > end) return { kind: "short", next: this.next + count };
    const chain = { ...this.chain };
    hashInto(chain, bytes, line.end, line.end + hashes);
    hashInto(chain, bytes, line.end + hashes, entryEnd);
    if (checksum(chain, text) !== check) return { kind: "damaged" };
    Object.assign(this.chain, chain);
    this.next += count;
    const value = {
      position: position as number,
      count,
      hashes: bytes.subarray(line.end, line.end + hashes),
      bytes: bytes.subarray(line.end + hashes, entryEnd),
      isFailure: failed === true,
    };
    return { kind: "whole", value, end: entryEnd };
  }
}

interface Line {
  /** What the checksum is of. */
  readonly text: string;
  readonly members: Readonly<Record<string, unknown>>;
}

function readLine(bytes: Uint8Array, start: number, end: number): Reading<Line> {
  const newline = bytes.subarray(start, Math.min(end, start + MAX_LINE_BYTES)).indexOf(NEWLINE);
  if (newline < 0) return { kind: end - start < MAX_LINE_BYTES ? "short" : "damaged" };
  const text = decodeLine(bytes, start, start + newline) ?? "";
  const members = parseJson(text);
  const checked = text.lastIndexOf(',"check":"');
  if (!isJsonObject(members) || checked < 0) return { kind: "damaged" };
  const value = { text: text.slice(0, checked), members };
  return { kind: "whole", value, end: start + newline + 1 };
}

function isLength(value: unknown, max: number): value is number {
  return typeof value === "number" && value >= 0 && value <= max && value % 1 === 0;
}

/** The hashes of the lines in `bytes[start..end)`, newlines not counted: 8 bytes each. */
export function itemHashes(
  bytes: Uint8Array,
  start: number,
  count: number,
): { hashes: Uint8Array; end: number } {
  const hashes = new Uint8Array(ITEM_HASH_BYTES * count);
  const view = new DataView(hashes.buffer);
  let at = start;
  for (let index = 0; index < count; index++) {
    const newline = bytes.indexOf(NEWLINE, at);
    if (newline < 0) throw new Error("Invariant: a piece has as many lines as it says");
    const hash = emptyHash();
    hashInto(hash, bytes, at, newline);
    view.setInt32(ITEM_HASH_BYTES * index, hash.high);
    view.setInt32(ITEM_HASH_BYTES * index + 4, hash.low);
    at = newline + 1;
  }
  return { hashes, end: at };
}
