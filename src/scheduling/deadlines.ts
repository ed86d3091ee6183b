/** Something that must be done by a given time. */
export interface Expiring {
  /** When its time is up, in milliseconds of the machine's clock. */
  readonly deadlineMs: number;
  /** Whether it has been done: it is forgotten then, now or later. */
  readonly done: boolean;
}

/** Below this many entries the finished ones are not worth looking for. */
const COMPACT_AT_LEAST = 1024;

/**
 * Deadlines, the earliest first: a binary heap, because requests with different `timeout_ms` come in any
 * order. What is done early stays in for a while, but never more of it than twice what is still to be done.
 */
export class Deadlines<T extends Expiring> {
  #heap: T[] = [];
  #compactAt = COMPACT_AT_LEAST;

  /** How many are held, with those that were done early. */
  get size(): number {
    return this.#heap.length;
  }

  /** Adds one. */
  add(item: T): void {
    if (this.#heap.length >= this.#compactAt) this.#compact();
    const heap = this.#heap;
    let index = heap.length;
    heap.push(item);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (heap[parent]!.deadlineMs <= item.deadlineMs) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = item;
  }

  /** When the earliest of those not yet done is up; `Infinity` if there is none. */
  nextMs(): number {
    while (this.#heap.length > 0 && this.#heap[0]!.done) this.#takeFirst();
    return this.#heap[0]?.deadlineMs ?? Infinity;
  }

  /** Takes out the earliest that is not yet done and whose time is up at `nowMs`. */
  takeExpired(nowMs: number): T | undefined {
    return this.nextMs() <= nowMs ? this.#takeFirst() : undefined;
  }

  #takeFirst(): T {
    const first = this.#heap[0]!;
    const last = this.#heap.pop()!;
    if (this.#heap.length > 0) this.#sink(last);
    return first;
  }

  #compact(): void {
    // A sorted array is a heap.
    this.#heap = this.#heap.filter((item) => !item.done)
      .sort((one, other) => one.deadlineMs - other.deadlineMs);
    this.#compactAt = Math.max(COMPACT_AT_LEAST, 2 * this.#heap.length);
  }

  #sink(item: T): void {
    const heap = this.#heap;
    let index = 0;
    while (true) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      const right = heap[child + 1];
      if (right !== undefined && right.deadlineMs < heap[child]!.deadlineMs) child++;
      if (heap[child]!.deadlineMs >= item.deadlineMs) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = item;
  }
}
