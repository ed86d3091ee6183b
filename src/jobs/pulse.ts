import { HEARTBEAT_INTERVAL_MS } from "../limits.ts";

/**
 * Whether the other end of a channel still lives: when nothing has been heard for a heartbeat's time it is asked,
 * and after some times without an answer it is gone. It counts questions and not time, so that whoever slept himself
 * blames nobody for that.
 */
export class Pulse {
  readonly #most: number;
  #heardMs: number;
  #missed = 0;

  /** Begins to listen. After `most` questions without an answer it gives up. */
  constructor(most: number, nowMs: number) {
    this.#most = most;
    this.#heardMs = nowMs;
  }

  /** Something came. */
  heard(nowMs: number): void {
    this.#heardMs = nowMs;
    this.#missed = 0;
  }

  /** When to look again. */
  get dueMs(): number {
    return this.#heardMs + HEARTBEAT_INTERVAL_MS * (this.#missed + 1);
  }

  /** What is to be done now: nothing, ask, or give up. */
  tick(nowMs: number): "wait" | "ask" | "gone" {
    if (nowMs < this.dueMs) return "wait";
    if (this.#missed >= this.#most) return "gone";
    this.#missed++;
    // From now on, and not from when it would have been time: we may have been asleep.
    this.#heardMs = nowMs - HEARTBEAT_INTERVAL_MS * this.#missed;
    return "ask";
  }
}
