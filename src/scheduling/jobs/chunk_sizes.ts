import {
  CHUNK_AIM_MS,
  CHUNK_CREDIT_BYTES,
  CHUNK_GROWTH,
  CHUNK_MIN_MS,
  MAX_CHUNK_BYTES,
  MAX_CHUNK_ITEMS,
  MAX_JOB_RESULT_BYTES,
  MAX_PIECE_BYTES,
} from "../../limits.ts";

/** How much the newest measurement counts. */
const NEWEST_SHARE = 0.5;
/** A credit that is too small makes a slot wait, one that is too large only takes room from others. */
const CREDIT_RESERVE = 2;

/** What is to be shared, and among how many. */
export interface Crowd {
  /** Chunks that run at once on all workers. */
  readonly slots: number;
  /** Chunks that all workers may have in hand. */
  readonly places: number;
}

/** How fast one worker is at one job, as far as it has been measured. */
export class ChunkSpeed {
  /** Time for one item in one slot, in milliseconds; `undefined` before the first measurement. */
  itemMs: number | undefined;
  /** Items of the largest chunk that was done. */
  #largest = 0;

  /** So many items took so long. */
  measured(count: number, ms: number): void {
    if (count === 0) return;
    const itemMs = ms / count;
    this.itemMs = this.itemMs === undefined
      ? itemMs
      : NEWEST_SHARE * itemMs + (1 - NEWEST_SHARE) * this.itemMs;
    this.#largest = Math.max(this.#largest, count);
  }

  /** How many of the items that are left, to be shared by so many slots, a chunk for this worker should have. */
  itemsOf(left: number, slots: number): number {
    if (this.itemMs === undefined) return 1;
    const aim = CHUNK_AIM_MS / this.itemMs;
    const share = Math.max(left / (2 * slots), CHUNK_MIN_MS / this.itemMs);
    const most = Math.min(aim, share, this.#largest * CHUNK_GROWTH, MAX_CHUNK_ITEMS);
    return Math.max(1, Math.floor(most));
  }
}

/** How many bytes of results a job's items have, and what follows for its chunks. */
export class ResultSize {
  #items = 0;
  #bytes = 0;

  /** So many items had results of so many bytes. */
  measured(count: number, bytes: number): void {
    this.#items += count;
    this.#bytes += bytes;
  }

  /** How many items a chunk may have, so that as many chunks as there are places share what may be held. */
  itemsOf(places: number): number {
    return Math.max(1, Math.floor(shareOf(places) / this.#itemBytes));
  }

  /** Bytes of results that a chunk of so many items may send unasked. */
  creditOf(count: number, places: number): number {
    const expected = CREDIT_RESERVE * count * this.#itemBytes;
    const least = Math.min(CHUNK_CREDIT_BYTES / 2, shareOf(places) / 2);
    return Math.ceil(Math.max(least, Math.min(expected, CREDIT_RESERVE * MAX_CHUNK_BYTES)));
  }

  get #itemBytes(): number {
    return this.#items === 0 ? 0 : this.#bytes / this.#items;
  }
}

/** What is known of a job's items, and how large its chunks are to be for that. */
export class ChunkSizes<Worker> {
  readonly #speeds = new Map<Worker, ChunkSpeed>();
  readonly #size = new ResultSize();

  /** The speed of a worker at this job. */
  speedOf(worker: Worker): ChunkSpeed {
    let speed = this.#speeds.get(worker);
    if (speed === undefined) this.#speeds.set(worker, speed = new ChunkSpeed());
    return speed;
  }

  /** A worker is gone, and with it what was known of its speed. */
  forget(worker: Worker): void {
    this.#speeds.delete(worker);
  }

  /** A worker took so long for so many items. */
  measured(worker: Worker, count: number, ms: number): void {
    this.speedOf(worker).measured(count, ms);
  }

  /** So many items had results of so many bytes. */
  received(count: number, bytes: number): void {
    this.#size.measured(count, bytes);
  }

  /** How many of the items that are left a chunk for a worker should have. */
  itemsOf(worker: Worker, left: number, { slots, places }: Crowd): number {
    return Math.min(this.speedOf(worker).itemsOf(left, slots), this.#size.itemsOf(places));
  }

  /** Bytes of results that a chunk of so many items may send unasked. */
  creditOf(count: number, places: number): number {
    return this.#size.creditOf(count, places);
  }
}

function shareOf(places: number): number {
  const share = MAX_JOB_RESULT_BYTES / (2 * Math.max(1, places));
  return Math.min(MAX_CHUNK_BYTES, Math.max(MAX_PIECE_BYTES / 4, share));
}
