import { MAX_MERGES, MAX_MERGING_BYTES } from "../../limits.ts";
import { Queue } from "../../protocol/queue.ts";
import type { Merge } from "./job.ts";
import { LongValue } from "./long_value.ts";

/** A merge that a server has, or is to get. */
interface OneMerge {
  readonly merge: Merge;
  /** Length of its accumulators. */
  readonly bytes: number;
  line: LongValue;
}

/**
 * The merges of a job. They need no `want` of the server, as they go before all items: instead, a server has no more
 * of them at a time than MAX_MERGING_BYTES, or a single one that is longer.
 */
export class Merges {
  /** What the server has, by chunk number. */
  #sent = new Map<number, OneMerge>();
  #waiting = new Queue<OneMerge>();
  /** Bytes of accumulators that the server has. */
  #sentBytes = 0;

  /** Adds one. */
  add(merge: Merge): void {
    const bytes = merge.lines.reduce((sum, line) => sum + line.length, 0);
    this.#waiting.push({ merge, bytes, line: new LongValue() });
  }

  /** The next one that is to be sent, if there is one and the server may have it now. */
  send(chunk: () => number): { readonly chunk: number; readonly merge: Merge } | undefined {
    const { first } = this.#waiting;
    if (first === undefined) return undefined;
    const isAlone = this.#sent.size === 0;
    if (!isAlone && this.#sentBytes + first.bytes > MAX_MERGING_BYTES) return undefined;
    if (this.#sent.size >= MAX_MERGES) return undefined;
    this.#waiting.shift();
    this.#sentBytes += first.bytes;
    const number = chunk();
    this.#sent.set(number, first);
    return { chunk: number, merge: first.merge };
  }

  /** Whether all that were added have been merged. */
  get isEmpty(): boolean {
    return this.#sent.size + this.#waiting.size === 0;
  }

  /** Whether a chunk is a merge. */
  has(chunk: number): boolean {
    return this.#sent.has(chunk);
  }

  /** Takes a part of what a merge gave; gives all of it with the last one. */
  result(
    chunk: number,
    payload: Uint8Array,
    isLast: boolean,
  ): { readonly merge: Merge; readonly line: Uint8Array } | undefined {
    const one = this.#sent.get(chunk);
    const line = one?.line.add(payload, isLast);
    if (one === undefined || line === undefined) return undefined;
    this.#sent.delete(chunk);
    this.#sentBytes -= one.bytes;
    return { merge: one.merge, line };
  }

  /** Takes back what a server has that was lost. */
  takeBack(): void {
    const all = new Queue<OneMerge>();
    for (const one of this.#sent.values()) all.push({ ...one, line: new LongValue() });
    for (const one of this.#waiting) all.push(one);
    this.#sent = new Map();
    this.#waiting = all;
    this.#sentBytes = 0;
  }
}
