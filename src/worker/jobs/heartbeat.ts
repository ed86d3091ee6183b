import { HEARTBEAT_INTERVAL_MS } from "../../limits.ts";

/** Watches over a peer from whom nothing is heard: it is asked, and after so many questions given up. */
export class Heartbeat {
  readonly #maxQuestions: number;
  #lastMs: number;
  #questions = 0;

  /** Counts from now on; a peer is given up that leaves `maxQuestions` questions unanswered. */
  constructor(maxQuestions: number, nowMs: number) {
    this.#maxQuestions = maxQuestions;
    this.#lastMs = nowMs;
  }

  /** When {@linkcode check} has something to say. */
  get dueMs(): number {
    return this.#lastMs + HEARTBEAT_INTERVAL_MS;
  }

  /** Something was heard. */
  heard(nowMs: number): void {
    this.#lastMs = nowMs;
    this.#questions = 0;
  }

  /**
   * What is to be done about the silence, if there is one. Questions are counted, not time: whoever was stopped
   * himself for a while asks once more.
   */
  check(nowMs: number): "ask" | "lost" | undefined {
    if (nowMs < this.dueMs) return undefined;
    if (this.#questions >= this.#maxQuestions) return "lost";
    this.#questions++;
    this.#lastMs = nowMs;
    return "ask";
  }
}
