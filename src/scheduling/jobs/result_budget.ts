import { MAX_JOB_RESULT_BYTES } from "../../limits.ts";

/** The bytes of results that a job may hold, or be sent: what waits for an earlier one is bounded by it. */
export class ResultBudget {
  /** Bytes that are held. */
  held = 0;
  /** Bytes that workers may send without being asked. */
  promised = 0;
  readonly #most: number;

  /** Nothing is held or promised. */
  constructor(most = MAX_JOB_RESULT_BYTES) {
    this.#most = most;
  }

  /** Whether so much more may be promised. */
  hasRoom(bytes: number): boolean {
    return this.held + this.promised + bytes <= this.#most;
  }
}
