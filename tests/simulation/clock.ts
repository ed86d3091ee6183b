/** Something that will happen. */
interface Entry {
  readonly atMs: number;
  /** Things of the same time happen in the order in which they were planned. */
  readonly sequence: number;
  readonly action: () => void;
}

/** Virtual time: it passes only by doing the next thing that was planned, so a minute costs what happens in it. */
export class Clock {
  nowMs = 0;
  readonly #heap: Entry[] = [];
  #sequence = 0;

  /** Plans something; what is planned for the past happens now. */
  at(atMs: number, action: () => void): void {
    const heap = this.#heap;
    const entry = { atMs: Math.max(atMs, this.nowMs), sequence: ++this.#sequence, action };
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(entry, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = entry;
  }

  /** Plans something for a while from now. */
  after(ms: number, action: () => void): void {
    this.at(this.nowMs + ms, action);
  }

  /** Does everything up to a time, and stops there. */
  runUntil(untilMs: number): void {
    while (this.#heap.length > 0 && this.#heap[0]!.atMs <= untilMs) {
      const { atMs, action } = this.#takeFirst();
      this.nowMs = atMs;
      action();
    }
    this.nowMs = untilMs;
  }

  /** Runs in steps until `isDone`, or until a time; gives whether it is done. */
  runUntilDone(isDone: () => boolean, untilMs: number, stepMs = 50): boolean {
    while (!isDone()) {
      if (this.nowMs >= untilMs) return false;
      this.runUntil(Math.min(untilMs, this.nowMs + stepMs));
    }
    return true;
  }

  #takeFirst(): Entry {
    const heap = this.#heap;
    const first = heap[0]!;
    const last = heap.pop()!;
    if (heap.length === 0) return first;
    let index = 0;
    while (true) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, last)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
    return first;
  }
}

function isBefore(one: Entry, other: Entry): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.sequence < other.sequence);
}
