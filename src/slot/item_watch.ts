import { CHUNK_MAX_MS, OWN_MEMORY_SHARE } from "../limits.ts";

/** What is known of the item that runs: how long it has been seen, and how much memory has come since. */
export class ItemWatch {
  /** Memory before any item. */
  restBytes = 0;
  /** Index of the item that was seen last. */
  index = -1;
  #serial = 0;
  #span = 0;
  #sinceMs = 0;
  #sinceBytes = 0;
  /** Whether it has been in that item ever since. */
  #isTimed = false;
  /** Whether somebody may still want to know of that item. */
  #isUntold = false;

  /**
   * An item of a chunk runs; the call is for `span` items from it on.
   *
   * @returns Whether it is another one than before.
   */
  saw(serial: number, index: number, span: number, memoryBytes: number, nowMs: number): boolean {
    const isSame = this.#serial === serial && this.index === index;
    if (!isSame || !this.#isTimed || this.#span !== span) this.#sinceMs = nowMs;
    this.#isTimed = true;
    this.#span = span;
    if (isSame) return false;
    this.#isUntold = true;
    this.#serial = serial;
    this.index = index;
    this.#sinceBytes = memoryBytes;
    return true;
  }

  /** Whether the item that was seen last is to be told of, which it is once. */
  takeUntold(): boolean {
    const isUntold = this.#isUntold;
    this.#isUntold = false;
    return isUntold;
  }

  /** It is between two items, or there is no room for what one gave: no item is to blame for that time. */
  sawNone(): void {
    this.#isTimed = false;
  }

  /**
   * Whether the call has taken longer than so long for each of its items. One for many has no more than a chunk has, or
   * a single item: it is cut in two then, which costs time, and no item that keeps to its limit.
   */
  isOver(limitMs: number, nowMs: number): boolean {
    const most = Math.min(limitMs * Math.max(1, this.#span), Math.max(limitMs, CHUNK_MAX_MS));
    return nowMs - this.#sinceMs > most;
  }

  /** Whether the item itself has taken nearly all the memory that a fresh slot has left. */
  hasTaken(memoryBytes: number, maxMemoryBytes: number): boolean {
    const taken = memoryBytes - this.#sinceBytes;
    return taken >= OWN_MEMORY_SHARE * (maxMemoryBytes - this.restBytes);
  }
}
