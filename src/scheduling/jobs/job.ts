import type { FailedMessage, OpenMessage, ReturnedMessage } from "../../jobs/messages.ts";
import { Attempt } from "./attempt.ts";
import { ChunkSizes, type Crowd } from "./chunk_sizes.ts";
import type { Code } from "./code_store.ts";
import { Credits } from "./credits.ts";
import type { InputQueue } from "./input_queue.ts";
import { Orders } from "./orders.ts";
import { takeApart } from "./poison.ts";
import type { Requester } from "./requester.ts";
import { ResultBudget } from "./result_budget.ts";
import type { ClientChunk, ResultOrder } from "./result_order.ts";
import { creditBytes, type Entry, entryBytes, type Segment } from "./segment.ts";
import { Supply } from "./supply.ts";
import type { Shares } from "./shares.ts";
import type { Stretch } from "./stretch.ts";
import { Tally } from "./tally.ts";
import type { WorkerChannel } from "./worker_channel.ts";

/** Why a worker cannot do a job. */
export interface Refusal {
  /** A name of the catalogue. */
  readonly code: string;
  readonly error: string;
  readonly stack?: string | undefined;
}

/** What a runner says that cannot be; its channel is given up. */
export type Fault = string | undefined;

/**
 * One job: its input cut into chunks as they are asked for, who has which, and the results in order. Every position
 * is known once, whoever was lost, slow or asked twice on the way.
 */
export class Job {
  /** Its number on the channels to workers. */
  readonly number: number;
  /** Its name for people. */
  readonly name: string;
  /** What it is, as workers are told. */
  readonly opening: OpenMessage;
  readonly requester: Requester;
  readonly startedMs: number;
  readonly budget: ResultBudget;
  readonly tally: Tally;
  readonly orders: Orders;
  /** Those who are asked for something, in the order in which they were. */
  readonly attempts: Set<Attempt> = new Set();
  readonly sizes: ChunkSizes<WorkerChannel> = new ChunkSizes();
  /** The module, once it is whole: workers are asked from then on. */
  code: Code | undefined;
  /** Whether it has got a slot, so that it is the function's doing if nothing comes. */
  hasRun = false;
  /** Whether it has kept a slot from others because its client does not read: it gets none until that does. */
  isUnread = false;
  /** What the last worker said that could not load its module or set it up, where others could. */
  refusal: Refusal | undefined;
  /** Since when it has work and nobody to do it, in milliseconds. */
  stalledSinceMs: number | undefined;
  readonly #credits: Credits;
  readonly #supply: Supply;
  #lastChunk = 0;
  /** The position behind all that has been given. */
  #inputEnd = 0;

  /** A job without any input. */
  constructor(
    number: number,
    name: string,
    opening: OpenMessage,
    requester: Requester,
    nowMs: number,
    shares?: Shares,
  ) {
    this.budget = new ResultBudget(shares);
    this.tally = new Tally(this.budget);
    this.number = number;
    this.name = name;
    this.opening = opening;
    this.requester = requester;
    this.startedMs = nowMs;
    this.orders = new Orders(requester, this.budget);
    this.#supply = new Supply(this.order, this.budget, {
      cut: (segment, count) => this.#cut(segment, count),
      skip: (segment) => {
        this.#skip(segment);
        this.#flush(segment.order);
      },
    });
    this.#credits = new Credits(this.budget, (segment) => this.#choose(segment));
  }

  /** The order of the input's results. */
  get order(): ResultOrder {
    return this.orders.input;
  }

  /** What has not been given to anybody. */
  get input(): InputQueue {
    return this.#supply.input;
  }

  /** Segments to be given, again or before others. */
  get waiting(): Segment[] {
    return this.#supply.waiting;
  }

  /** Whether more could be done if more results might be held. */
  get isFull(): boolean {
    return this.#supply.isFull || this.#credits.isShort;
  }

  /** Whether there is anything to do or being done. */
  get hasWork(): boolean {
    return this.input.count + this.waiting.length + this.attempts.size > 0;
  }

  /** The client gives a chunk. */
  add(chunk: ClientChunk, stretch: Stretch, isMerge: boolean): void {
    const order = this.orders.add(chunk, isMerge);
    this.tally.keep(stretch, isMerge);
    // A coordinator gives later what others have lost, and waits for that before all that comes behind it.
    const isLate = !isMerge && this.#isBelow && stretch.position < this.#inputEnd;
    if (isMerge) this.waiting.push(order.add(stretch, chunk));
    else if (isLate) {
      // Nothing comes into the order before what is earlier and still waits to be taken.
      if (!this.input.insert(stretch, chunk)) this.waiting.push(order.addBefore(stretch, chunk));
    } else {
      this.#inputEnd = stretch.end;
      this.input.push(stretch, chunk);
    }
  }

  /** The client takes more results. */
  credited(number: number, bytes: number): void {
    const placed = this.orders.find(number);
    if (placed === undefined) return;
    placed.chunk.credit += bytes;
    this.#flush(placed.order);
  }

  /** Tells the client what it may be told. */
  flush(): void {
    for (const order of this.orders) this.#flush(order);
  }

  /** The client does not want the rest of a chunk any more. */
  drop(number: number): void {
    this.orders.drop(number);
  }

  /** Ends what is done of chunks that the client does not want any more: once a step, however many they are. */
  sweep(): void {
    for (const order of this.orders.takeUnwanted()) {
      for (let one = order.first; one !== undefined; one = one.next) {
        if (!one.isDone && one.owner?.isDropped) this.#skip(one);
      }
      this.#flush(order);
    }
  }

  /** The next chunk for a worker; `undefined` if there is none, or none that may be given now. */
  next(channel: WorkerChannel, crowd: Crowd, nowMs: number): Attempt | undefined {
    this.isUnread &&= !this.order.takes();
    const { places } = crowd;
    const left = Math.max(this.input.count, (this.opening.total ?? 0) - this.#supply.taken);
    const count = this.sizes.itemsOf(channel, left, crowd);
    const segment = this.#supply.take(count, {
      bytes: this.sizes.creditOf(count, places),
      // Its client may wait for them before it reads on.
      areMerges: this.isUnread,
      joins: this.opening.input === "items" && this.opening.reduce === null && !this.#isBelow,
    });
    return segment && this.give(segment, channel, places, nowMs);
  }

  /** Asks a worker for a segment. */
  give(segment: Segment, channel: WorkerChannel, places: number, nowMs: number): Attempt {
    const credit = this.sizes.creditOf(segment.stretch.count, places);
    const attempt = new Attempt(++this.#lastChunk, this, segment, channel, credit, nowMs);
    this.budget.promised += credit;
    segment.attempts.push(attempt);
    this.attempts.add(attempt);
    channel.give(attempt);
    return attempt;
  }

  /** Asks a second worker for what an attempt has not told of; from now on each keeps what it tells. */
  giveAgain(slow: Attempt, channel: WorkerChannel, places: number, nowMs: number): Attempt {
    const { segment } = slow;
    slow.segment = this.#splitKnown(segment, slow.next) ?? segment;
    if (slow.segment !== segment) {
      segment.attempts.length = 0;
      slow.segment.attempts.push(slow);
    }
    slow.own = [];
    const second = this.give(slow.segment, channel, places, nowMs);
    second.own = [];
    this.#flush(segment.order);
    return second;
  }

  /** A chunk runs. */
  started(attempt: Attempt, nowMs: number): void {
    attempt.startedMs ??= nowMs;
    this.hasRun = true;
    this.refusal = undefined;
    const { order, owner } = attempt.segment;
    // Clients do not want to know it; a coordinator does, as we may die of what runs.
    if (this.#isBelow && !attempt.isDropped && owner !== undefined) order.started(owner);
  }

  /** What is known of the next positions of an attempt. */
  told(attempt: Attempt, entry: Entry): Fault {
    const bytes = creditBytes(entry);
    this.#credits.used(attempt, bytes);
    if (attempt.isDropped) return undefined;
    const fault = attempt.faultOf(entry);
    if (fault !== undefined) return fault;
    attempt.received += bytes;
    this.budget.held += entryBytes(entry);
    attempt.partial.push(entry);
    if (entry.count > 0) {
      attempt.next += entry.count;
      this.#keep(attempt, attempt.partial.splice(0));
    }
    this.#credits.allowMore(attempt);
  }

  /** An attempt has told of everything. */
  finished(attempt: Attempt, ms: number): Fault {
    if (attempt.isDropped) return void this.#end(attempt);
    if (attempt.left > 0 || attempt.partial.length > 0) return "ended a chunk too early";
    const { segment } = attempt;
    if (attempt.isInput) {
      this.sizes.measured(attempt.channel, attempt.count, ms);
      this.sizes.received(attempt.count, attempt.received);
    }
    segment.ms += ms;
    this.#end(attempt);
    for (const other of [...segment.attempts]) this.dropAttempt(other);
    this.#settleOwn(attempt);
    this.tally.markDone(segment);
    this.#flush(segment.order);
  }

  /** An attempt ends without having told of everything: what is left waits for another worker. */
  returned(attempt: Attempt, ms: number, why: ReturnedMessage["why"]): void {
    const { segment } = attempt;
    const isDropped = attempt.isDropped;
    this.#end(attempt);
    if (isDropped) return;
    this.tally.release(attempt.partial.splice(0));
    if (why !== "lost") this.sizes.measured(attempt.channel, attempt.count - attempt.left, ms);
    if (why === "lost") segment.lose(attempt);
    segment.ms += ms;
    const [other] = segment.attempts;
    if (other !== undefined) {
      this.tally.release(attempt.own ?? []);
      this.#settleOwn(other);
    } else {
      this.#settleOwn(attempt);
      this.#wait(segment, attempt);
    }
    this.#flush(segment.order);
  }

  /** Nobody wants to know any more what an attempt tells; it is told so. */
  dropAttempt(attempt: Attempt): void {
    if (attempt.isDropped) return;
    attempt.isDropped = true;
    attempt.leaveSegment();
    this.#credits.end(attempt);
    this.tally.release([...attempt.partial.splice(0), ...(attempt.own ?? [])]);
    attempt.channel.drop(attempt);
  }

  /** A worker's process is there again: nothing that was lost with it has killed it. */
  cameBack(instance: string): void {
    for (const order of this.orders) {
      for (let one = order.first; one !== undefined; one = one.next) {
        one.losses = one.losses.without(instance);
      }
    }
  }

  /** Takes a running attempt back, so that its worker can do something that is needed sooner. */
  recall(attempt: Attempt): void {
    const { segment } = attempt;
    const [other] = segment.attempts.filter((one) => one !== attempt);
    if (other === undefined) this.#settleOwn(attempt);
    this.dropAttempt(attempt);
    if (other === undefined) this.#wait(segment, attempt);
    else this.#settleOwn(other);
    this.#flush(segment.order);
  }

  /** Whether it comes from a coordinator. */
  get #isBelow(): boolean {
    return (this.opening.hops ?? 1) > 1;
  }

  /** What an attempt has told goes into its segment, or is kept apart while two are asked. */
  #keep(attempt: Attempt, entries: readonly Entry[]): void {
    if (attempt.own !== undefined) {
      attempt.own.push(...entries);
      return;
    }
    const { segment } = attempt;
    for (const entry of entries) {
      segment.entries.push(entry);
      this.tally.count(segment, entry);
    }
    if (segment.isFront) this.#flush(segment.order);
  }

  /** Only one is asked any more: what it has kept is what is known. */
  #settleOwn(attempt: Attempt): void {
    const { own } = attempt;
    attempt.own = undefined;
    if (own !== undefined) this.#keep(attempt, own);
  }

  /** Two answers cannot be held: the one that has come further goes on alone. */
  #choose(segment: Segment): void {
    const [one, other] = segment.attempts;
    if (one === undefined || other === undefined) return;
    const [winner, loser] = one.next >= other.next ? [one, other] : [other, one];
    this.dropAttempt(loser);
    this.#settleOwn(winner);
    this.#credits.allowMore(winner);
  }

  #end(attempt: Attempt): void {
    this.#credits.end(attempt);
    this.attempts.delete(attempt);
    attempt.leaveSegment();
  }

  /** What an attempt has not told of waits for another. */
  #wait(segment: Segment, attempt: Attempt): void {
    const rest = attempt.left === 0
      ? undefined
      : this.#splitKnown(segment, attempt.next) ?? segment;
    if (rest === undefined) return this.tally.markDone(segment);
    takeApart(rest, attempt.at, {
      isWhole: rest.order.isMerge,
      wasAlone: attempt.isAlone,
      cut: (one, count) => this.#cut(one, count),
      wait: (one) => this.waiting.push(one),
      fail: (one, failure) => this.#fail(one, failure),
    });
  }

  /** Cuts off what is known; gives the rest, if anything is known. */
  #splitKnown(segment: Segment, next: number): Segment | undefined {
    const known = next - segment.stretch.position;
    if (known === 0) return undefined;
    const rest = this.#cut(segment, known);
    this.tally.markDone(segment);
    return rest;
  }

  #cut(segment: Segment, count: number): Segment {
    const [head, tail] = segment.stretch.cut(count);
    segment.stretch = head;
    const rest = segment.order.add(tail, segment.owner, segment);
    rest.losses = segment.losses;
    rest.isLost = segment.isLost;
    return rest;
  }

  #fail(segment: Segment, failure: FailedMessage): void {
    const { position, count } = segment.stretch;
    const entry = { position, count, payload: undefined, failure };
    this.tally.conclude(segment, entry);
    this.tally.count(segment, entry);
  }

  /** Nobody wants to know of a segment. */
  #skip(segment: Segment): void {
    const [attempt] = segment.attempts;
    const next = segment.attempts.length === 1 ? attempt!.next : segment.stretch.position;
    for (const one of [...segment.attempts]) this.dropAttempt(one);
    const index = this.waiting.indexOf(segment);
    if (index >= 0) this.waiting.splice(index, 1);
    const count = segment.stretch.end - next;
    this.tally.conclude(segment, { position: next, count, payload: undefined, failure: undefined });
  }

  #flush(order: ResultOrder): void {
    if (!order.flush()) return;
    if (order.isEmpty && order.isMerge) this.orders.forget(order);
    this.#supply.isFull = false;
    this.#credits.roomMade(order.first?.attempts ?? []);
  }
}
