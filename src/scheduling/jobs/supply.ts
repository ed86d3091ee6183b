import { MAX_CHUNK_BYTES } from "../../limits.ts";
import { InputQueue } from "./input_queue.ts";
import type { ResultBudget } from "./result_budget.ts";
import type { ResultOrder } from "./result_order.ts";
import type { Segment } from "./segment.ts";

/** What the supply needs of the job. */
export interface SupplyPort {
  /** Cuts a segment behind so many positions; gives the rest. */
  cut(segment: Segment, count: number): Segment;
  /** Nobody wants to know of a segment. */
  skip(segment: Segment): void;
}

/** How much is taken at once, beside the number of positions. */
export interface Share {
  /** Bytes of results that are promised to whoever gets it. */
  readonly bytes: number;
  /** Whether what a client gave in several chunks may become one. */
  readonly joins: boolean;
  /** Whether only merges are taken. */
  readonly areMerges: boolean;
}

/** What of a job is to be given to somebody: what was given before and came back, and the input that is left. */
export class Supply {
  readonly input: InputQueue = new InputQueue();
  /** Segments to be given, again or before others. */
  readonly waiting: Segment[] = [];
  /** Positions that were taken from the input. */
  taken = 0;
  /** Whether something could be given if more results might be held. */
  isFull = false;
  readonly #order: ResultOrder;
  readonly #budget: ResultBudget;
  readonly #port: SupplyPort;

  /** Nothing to give yet. What is new comes at the end of the order. */
  constructor(order: ResultOrder, budget: ResultBudget, port: SupplyPort) {
    this.#order = order;
    this.#budget = budget;
    this.#port = port;
  }

  /** The next that is to be done, of about so many positions; `undefined` if nothing may be given now. */
  take(count: number, share: Share): Segment | undefined {
    const waiting = this.#takeWaiting(count, share);
    return share.areMerges ? waiting : waiting ?? this.#takeInput(count, share);
  }

  #takeWaiting(count: number, { bytes, areMerges }: Share): Segment | undefined {
    const { waiting } = this;
    let best: Segment | undefined;
    for (const one of waiting) {
      if (areMerges && !one.order.isMerge) continue;
      if (!one.isSuspect && (best === undefined || this.#isBefore(one, best))) best = one;
    }
    if (best === undefined || !this.#mayGive(best.isFront && best.order.takes(best), bytes)) {
      return undefined;
    }
    waiting.splice(waiting.indexOf(best), 1);
    // What one worker was to do in a while may be far too much for another.
    const isTooLong = !best.order.isMerge && best.stretch.count > 2 * count;
    if (isTooLong) waiting.push(this.#port.cut(best, count));
    return best;
  }

  #takeInput(count: number, { bytes, joins }: Share): Segment | undefined {
    const order = this.#order;
    if (!this.#mayGive(order.first === undefined && order.takes(), bytes)) return undefined;
    for (;;) {
      const taken = this.input.take({ count, bytes: MAX_CHUNK_BYTES, joins });
      if (taken === undefined) return undefined;
      const { stretch, owner } = taken;
      this.taken += stretch.count;
      const segment = order.add(stretch, owner);
      if (!owner?.isDropped) return segment;
      this.#port.skip(segment);
    }
  }

  /** The next that the client waits for may be given if it takes it, others while their results can be held. */
  #mayGive(isTaken: boolean, bytes: number): boolean {
    const mayGive = isTaken || this.#budget.hasRoom(bytes);
    this.isFull = !mayGive && (this.input.count > 0 || this.waiting.length > 0);
    return mayGive;
  }

  /** Which of two waiting segments goes first: merges, then what the client waits for, then by position. */
  #isBefore(one: Segment, other: Segment): boolean {
    const [rank, otherRank] = [this.#rank(one), this.#rank(other)];
    return rank === otherRank ? one.stretch.position < other.stretch.position : rank < otherRank;
  }

  #rank({ order, isFront }: Segment): number {
    if (order.isMerge) return 0;
    return isFront ? 1 : 2;
  }
}
