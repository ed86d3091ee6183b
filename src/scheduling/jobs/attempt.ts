import { BLOCKED_MAX_MS, MAX_PIECE_BYTES, MAX_VALUE_BYTES } from "../../limits.ts";
import { creditBytes, type Entry, entryBytes, type Segment } from "./segment.ts";
import type { WorkerChannel } from "./worker_channel.ts";
import type { Job } from "./job.ts";

/** The parts of a value that has not come whole, with what each costs beside its bytes. */
const MAX_PARTIAL_BYTES = MAX_VALUE_BYTES + 4 * MAX_PIECE_BYTES;

/** One worker that was asked for a segment. */
export class Attempt {
  /** The number of the chunk that it is on its channel. */
  readonly number: number;
  readonly job: Job;
  readonly channel: WorkerChannel;
  /** How many positions it was given. */
  readonly count: number;
  /** Bytes of lines that it was given. */
  readonly itemBytes: number;
  readonly givenMs: number;
  /** What it is asked for, without what it has told already if somebody else was asked as well. */
  segment: Segment;
  /** The next position that it is to tell of. */
  next: number;
  /** The last position that it was said to be at; results may have told of later ones. */
  at: number;
  /** When it began to run; `undefined` while it waits at the worker. */
  startedMs: number | undefined;
  /** Bytes of results that it may still send. */
  credit: number;
  /** When so many are left, it is allowed more. */
  readonly lowCredit: number;
  /** What it has told, while somebody else is asked as well; `undefined` if it goes into the segment at once. */
  own: Entry[] | undefined;
  /** The beginning of a value that has not come whole. */
  readonly partial: Entry[] = [];
  /** What that takes. */
  #partialBytes = 0;
  /** Bytes of results that it has sent. */
  received = 0;
  /** How much of that had come when it was looked at last, and when that had changed. */
  #seenBytes = 0;
  #stillSinceMs: number;
  /** Whether its worker is given nothing else meanwhile. */
  isAlone = false;
  /** Whether nobody wants to know any more: it only takes its place at the worker until it has stopped. */
  isDropped = false;

  /** A worker that is asked now. */
  constructor(
    number: number,
    job: Job,
    segment: Segment,
    channel: WorkerChannel,
    credit: number,
    nowMs: number,
  ) {
    this.number = number;
    this.job = job;
    this.segment = segment;
    this.channel = channel;
    this.count = segment.stretch.count;
    this.itemBytes = segment.stretch.bytes;
    this.next = this.at = segment.stretch.position;
    this.credit = credit;
    this.lowCredit = credit / 4;
    this.givenMs = this.#stillSinceMs = nowMs;
  }

  /** Looks whether something has come of it. */
  look(nowMs: number): void {
    if (this.received === this.#seenBytes) return;
    this.#seenBytes = this.received;
    this.#stillSinceMs = nowMs;
  }

  /** Whether it has a slot that waits until it may send more, and has waited for a while. */
  isBlocked(nowMs: number, forMs = BLOCKED_MAX_MS): boolean {
    return this.startedMs !== undefined && this.credit <= 0 &&
      nowMs - this.#stillSinceMs >= forMs;
  }

  /** Whether it waits at its worker, all of whose slots do something else. */
  get isBehind(): boolean {
    return this.startedMs === undefined && this.channel.running >= this.channel.slots;
  }

  /** Whether it is at the input, and not at accumulators. */
  get isInput(): boolean {
    return !this.segment.order.isMerge;
  }

  /** Whether another had been asked for the same before. */
  get isSecond(): boolean {
    return this.segment.attempts[1] === this;
  }

  /** It has come to a position; it is never beyond its last. */
  movedTo(position: number): void {
    this.at = Math.max(this.at, Math.min(position, this.segment.stretch.end - 1));
  }

  /** What is wrong with what it tells, after that was taken from its credit. */
  faultOf(entry: Entry): string | undefined {
    const { position, count } = entry;
    if (position !== this.next || count > this.left) return "told of another position";
    // A message may pass the credit if there was any.
    if (this.credit < -MAX_PIECE_BYTES) return "sent more than it may";
    if (count > 0) this.#partialBytes = 0;
    else this.#partialBytes += entryBytes(entry);
    const isPart = count > 0 || creditBytes(entry) > 0;
    return isPart && this.#partialBytes <= MAX_PARTIAL_BYTES ? undefined : "sent an endless value";
  }

  /** It is not asked for its segment any more. */
  leaveSegment(): void {
    const { attempts } = this.segment;
    const index = attempts.indexOf(this);
    if (index >= 0) attempts.splice(index, 1);
  }

  /** Positions that it has not told of. */
  get left(): number {
    return this.segment.stretch.end - this.next;
  }
}
