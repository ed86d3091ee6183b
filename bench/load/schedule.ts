/**
 * When the requests of an open loop are to be sent: evenly, whatever the replies do. A request that goes out
 * late because the server, or the generator itself, was busy keeps its intended time, and its latency counts
 * from that: else the requests that wait longest would be those that are never counted ("coordinated omission",
 * Gil Tene).
 */
export class Schedule {
  readonly #startMs: number;
  readonly #stepMs: number;

  /** Requests every `stepMs` milliseconds, the first at `startMs`. */
  constructor(startMs: number, stepMs: number) {
    if (!(stepMs > 0)) throw new RangeError(`Cannot schedule every "${stepMs}" ms: not positive`);
    this.#startMs = startMs;
    this.#stepMs = stepMs;
  }

  /** When the request at a place, counted from 0, is to be sent. */
  intendedMs(index: number): number {
    return this.#startMs + index * this.#stepMs;
  }

  /** How many requests should have been sent by now. */
  dueAt(nowMs: number): number {
    if (nowMs < this.#startMs) return 0;
    return Math.floor((nowMs - this.#startMs) / this.#stepMs) + 1;
  }
}
