import { CHUNK_CREDIT_BYTES, MAX_PIECE_BYTES } from "../../limits.ts";
import type { Attempt } from "./attempt.ts";
import type { ResultBudget } from "./result_budget.ts";
import type { Segment } from "./segment.ts";

/**
 * Who may send how many bytes of results: the one that the client waits for as much as it takes, the others as
 * much as can be held until their turn comes.
 */
export class Credits {
  readonly #budget: ResultBudget;
  readonly #tooMuch: (segment: Segment) => void;
  /** Those who may have to wait because they were not allowed to send more. */
  readonly #hungry = new Set<Attempt>();

  /**
   * Credits within a budget.
   *
   * @param tooMuch Hears of a segment that the client waits for, of which two answers cannot be held.
   */
  constructor(budget: ResultBudget, tooMuch: (segment: Segment) => void) {
    this.#budget = budget;
    this.#tooMuch = tooMuch;
  }

  /** Whether somebody may have to wait. */
  get isShort(): boolean {
    return this.#hungry.size > 0;
  }

  /** An attempt has sent so many bytes. */
  used(attempt: Attempt, bytes: number): void {
    this.#set(attempt, attempt.credit - bytes);
  }

  /** Nothing more comes of an attempt. */
  end(attempt: Attempt): void {
    this.#set(attempt, 0);
    this.forget(attempt);
  }

  /** An attempt gets no more. */
  forget(attempt: Attempt): void {
    this.#hungry.delete(attempt);
  }

  /** Allows an attempt to send more, if it may need that and it can be held. */
  allowMore(attempt: Attempt): void {
    const { segment } = attempt;
    const { isFront } = segment;
    if (attempt.credit >= (isFront ? MAX_PIECE_BYTES : attempt.lowCredit)) return;
    const hasRoom = this.#budget.hasRoom(CHUNK_CREDIT_BYTES);
    if (hasRoom || (isFront && attempt.own === undefined && segment.entries.size === 0)) {
      this.#hungry.delete(attempt);
      this.#set(attempt, attempt.credit + CHUNK_CREDIT_BYTES);
      attempt.channel.credit(attempt, CHUNK_CREDIT_BYTES);
      return;
    }
    this.#hungry.add(attempt);
    if (attempt.own !== undefined && isFront) this.#tooMuch(segment);
  }

  /** Something has gone to the client: those that it waits for now go on, and others as far as there is room. */
  roomMade(front: readonly Attempt[]): void {
    for (const attempt of [...front]) if (!attempt.isDropped) this.allowMore(attempt);
    for (const attempt of [...this.#hungry]) this.allowMore(attempt);
  }

  #set(attempt: Attempt, credit: number): void {
    this.#budget.promised += Math.max(0, credit) - Math.max(0, attempt.credit);
    attempt.credit = credit;
  }
}
