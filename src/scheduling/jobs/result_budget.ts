import { Shares } from "./shares.ts";

/** The bytes of results that a job may hold, or be sent: what waits for an earlier one is bounded by it. */
export class ResultBudget {
  /** Bytes that are held. */
  held = 0;
  /** Bytes that workers may send without being asked. */
  promised = 0;
  readonly #shares: Pick<Shares, "resultBytes">;

  /** Nothing is held or promised. */
  constructor(shares: Pick<Shares, "resultBytes"> = new Shares()) {
    this.#shares = shares;
  }

  /** Whether so much more may be promised. */
  hasRoom(bytes: number): boolean {
    return this.held + this.promised + bytes <= this.#shares.resultBytes;
  }
}
