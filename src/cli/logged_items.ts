import type { Piece } from "../client/map/job.ts";
import { ITEM_HASH_BYTES, itemHashes, type LogEntry } from "../jobs/job_log.ts";
import { Queue } from "../protocol/queue.ts";
import { UsageError } from "./exit_status.ts";

/** Items of a piece, and how far they have been seen. */
interface Seen {
  readonly bytes: Uint8Array;
  count: number;
  start: number;
}

/**
 * The input of a job that has a log: what the log knows is compared with it, the rest is given to the job, and
 * when that has an answer, hashed for the log.
 */
export class LoggedItems {
  readonly #next: () => Promise<Piece | undefined>;
  /** What was read last and has not been compared or given. */
  #rest: Seen | undefined;
  /** What the job has been given and has no answer yet. */
  readonly #given = new Queue<Seen>();

  /** The items that `next` gives. */
  constructor(next: () => Promise<Piece | undefined>) {
    this.#next = next;
  }

  /**
   * Compares the next items with an entry of the log.
   *
   * @throws {UsageError} if one of them is another one, or is missing.
   */
  async compare({ position, count, hashes }: LogEntry): Promise<void> {
    let compared = 0;
    while (compared < count) {
      const seen = this.#rest ?? await this.#read();
      if (seen === undefined) {
        throw changed(`item ${position + compared} is missing: the input has become shorter`);
      }
      const part = Math.min(count - compared, seen.count);
      const found = hashesOf(seen, part);
      for (let index = 0; index < found.length; index++) {
        if (found[index] === hashes[ITEM_HASH_BYTES * compared + index]) continue;
        const item = position + compared + Math.floor(index / ITEM_HASH_BYTES);
        throw changed(`item ${item} has changed`);
      }
      compared += part;
      this.#rest = seen.count === 0 ? undefined : seen;
    }
  }

  /** The next piece for the job. */
  async next(): Promise<Piece | undefined> {
    const seen = this.#rest ?? await this.#read();
    this.#rest = undefined;
    if (seen === undefined) return undefined;
    this.#given.push(seen);
    return { bytes: seen.bytes.subarray(seen.start), count: seen.count };
  }

  /** The hashes of the next items that have an answer. */
  hashes(count: number): Uint8Array {
    const all = new Uint8Array(ITEM_HASH_BYTES * count);
    let filled = 0;
    while (filled < all.length) {
      const first = this.#given.first;
      if (first === undefined) throw new Error("Invariant: only what was given has an answer");
      const part = hashesOf(first, Math.min(first.count, count - filled / ITEM_HASH_BYTES));
      all.set(part, filled);
      filled += part.length;
      if (first.count === 0) this.#given.shift();
    }
    return all;
  }

  async #read(): Promise<Seen | undefined> {
    const piece = await this.#next();
    return piece === undefined ? undefined : { ...piece, start: 0 };
  }
}

/** Hashes the next items of a piece, and passes over them. */
function hashesOf(seen: Seen, count: number): Uint8Array {
  const { hashes, end } = itemHashes(seen.bytes, seen.start, count);
  seen.start = end;
  seen.count -= count;
  return hashes;
}

function changed(what: string): UsageError {
  return new UsageError(
    `cannot go on from --resume: ${what}. Name another file, or delete this one`,
    "resume",
  );
}
