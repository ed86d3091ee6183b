import { failedBytes } from "../../jobs/failed_bytes.ts";
import type { FailedMessage } from "../../jobs/messages.ts";
import { HELD_MESSAGE_BYTES, POISON_DEATHS } from "../../limits.ts";
import { Queue } from "../../protocol/queue.ts";
import type { Attempt } from "./attempt.ts";
import { Losses } from "./losses.ts";
import type { ClientChunk, ResultOrder } from "./result_order.ts";
import type { Stretch } from "./stretch.ts";

/** What is known of some positions, in order: values, a failure, or that nobody wants to know. */
export interface Entry {
  readonly position: number;
  /** Positions; 0 for a part of a value that goes on. */
  readonly count: number;
  /** Values, as the runner wrote them. */
  readonly payload: Uint8Array | undefined;
  readonly failure: FailedMessage | undefined;
}

/** What an entry costs of its chunk's credit. */
export function creditBytes({ payload, failure }: Entry): number {
  return failure === undefined ? payload?.length ?? 0 : failedBytes(failure);
}

/** What an entry counts among the bytes that are held. */
export function entryBytes(entry: Entry): number {
  return HELD_MESSAGE_BYTES + creditBytes(entry);
}

/**
 * The place of a stretch in the order of a job's results: what is known of it, and who is asked for the rest.
 *
 * Invariant: while two are asked, nothing is in `entries`, and each attempt keeps its own.
 */
export class Segment {
  stretch: Stretch;
  readonly order: ResultOrder;
  /** The client's chunk that it is of; `undefined` if it is of several, none of which the client can take back. */
  readonly owner: ClientChunk | undefined;
  next: Segment | undefined;
  /** What is known and has not gone to the client. */
  readonly entries: Queue<Entry> = new Queue();
  /** Those who are asked: nobody while it waits, a second one if the first is slow. */
  readonly attempts: Attempt[] = [];
  /** The workers that were lost while they ran it, or what it was cut from. */
  losses: Losses = Losses.NONE;
  /** Whether it was lost with its worker, run or not. */
  isLost = false;
  /** Whether every position of it is known. */
  isDone = false;
  /** The time that it took, in milliseconds. */
  ms = 0;

  /** A stretch of which nothing is known yet. */
  constructor(order: ResultOrder, stretch: Stretch, owner?: ClientChunk) {
    this.order = order;
    this.owner = owner;
    this.stretch = stretch;
  }

  /** The worker of an attempt at it is gone. */
  lose({ startedMs, channel }: Attempt): void {
    this.isLost = true;
    if (startedMs !== undefined) this.losses = this.losses.with(channel.instance);
  }

  /** Whether one more death would be its fault: so it runs where nothing else can be taken for the cause. */
  get isSuspect(): boolean {
    return this.losses.deaths >= POISON_DEATHS - 1;
  }

  /** Whether it is the next of which the client shall hear. */
  get isFront(): boolean {
    return this.order.first === this;
  }
}
