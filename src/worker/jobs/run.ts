import { failedBytes } from "../../jobs/failed_bytes.ts";
import { isCause, isWhole, textOf } from "../../jobs/members.ts";
import type { FailureCause } from "../../jobs/messages.ts";
import { shown } from "../../jobs/shown.ts";
import { CHUNK_CREDIT_BYTES, MAX_PIECE_BYTES, MAX_VALUE_BYTES } from "../../limits.ts";
import type { JsonObject } from "../../protocol/json.ts";
import type { Chunk } from "./chunk.ts";
import { Pieces } from "../../jobs/pieces.ts";
import type { Stretch } from "./plan.ts";

/** How a run has ended, or what is wrong with what was said of it. */
export type RunOutcome =
  | { readonly kind: "done" | "late" | "dropped" }
  | {
    readonly kind: "verdict";
    readonly position: number;
    readonly cause: FailureCause;
    readonly error: string;
    /** Whether nothing that ran before the item can have a part in it. */
    readonly isAlone: boolean;
  }
  | { readonly kind: "fault"; readonly reason: string };

/** What a slot is told of a run while it is under way. */
export interface RunPort {
  /** So many more bytes of results may be sent. */
  grant(bytes: number): void;
}

/**
 * One stretch of a chunk in one slot. What the slot says is believed only if it can be true: positions in
 * order, none of them twice, none outside of the stretch.
 */
export class Run {
  readonly chunk: Chunk;
  /** The slot's number for it. */
  readonly number: number;
  readonly stretch: Stretch;
  /** The last item that it was said to be at; results may have told of later ones. */
  at: number;
  /** Whether the function has been called. */
  isStarted = false;
  readonly #port: RunPort;
  /** Name of the worker, for whoever reads of a failure. */
  readonly #worker: string | undefined;
  /** Bytes of results, and of what failures cost, that the slot may still send. */
  #allowance: number;
  /** Pieces of a value that is not whole: should the slot die now, nobody must have seen them. */
  readonly #pieces = new Pieces();

  /** A run that its slot is about to be told of, with what it may send. */
  constructor(
    chunk: Chunk,
    number: number,
    stretch: Stretch,
    worker: string | undefined,
    port: RunPort,
  ) {
    this.chunk = chunk;
    this.number = number;
    this.stretch = stretch;
    this.at = stretch.first;
    this.#worker = worker;
    this.#port = port;
    this.#allowance = this.#due;
  }

  /** Bytes of results, and of what failures cost, that the slot may still send. */
  get allowance(): number {
    return this.#allowance;
  }

  /** Takes a message of the slot's about it. */
  take(members: JsonObject, payload: Uint8Array): RunOutcome | undefined {
    const { op } = members;
    if (op === "started") return this.#started();
    if (!this.isStarted && op !== "verdict") return fault(`sent ${shown(op)} before it started`);
    switch (op) {
      case "at":
        return this.#moved(members);
      case "result":
        return this.#result(members, payload);
      case "failed":
        return this.#failed(members);
      case "done":
        return this.#done(members);
      case "returned":
        return this.#returned(members);
      case "verdict":
        return this.#verdict(members);
      default:
        return fault(`sent a message ${shown(op)}`);
    }
  }

  /**
   * Lets the slot send as much as the requester takes, but not more at a time than we would hold. A value that is not
   * whole does not count yet, and may always go on: it waits here.
   */
  topUp(): void {
    const bytes = this.#due - this.#allowance;
    if (bytes <= 0) return;
    this.#allowance += bytes;
    this.#port.grant(bytes);
  }

  get #due(): number {
    const { credit, waitingBytes } = this.chunk.outbox;
    const least = this.#pieces.bytes > 0 ? MAX_PIECE_BYTES : 0;
    return Math.max(least, Math.min(credit, CHUNK_CREDIT_BYTES) - waitingBytes);
  }

  /** Something has been said, or waits: so that the slot need not, it is allowed more in time. */
  #said(): void {
    if (this.#allowance < CHUNK_CREDIT_BYTES / 2) this.topUp();
  }

  #started(): RunOutcome | undefined {
    if (this.isStarted) return fault("started twice");
    this.isStarted = true;
    const { chunk } = this;
    const { job } = chunk;
    job.hasStarted = true;
    if (!chunk.isStarted) job.send({ op: "started", job: job.number, chunk: chunk.number });
    chunk.isStarted = true;
  }

  /** The last position that the slot may speak of. */
  get #last(): number {
    const { isMerge, message } = this.chunk;
    return isMerge ? message.position + message.count - 1 : this.stretch.last;
  }

  #moved({ position }: JsonObject): RunOutcome | undefined {
    const { chunk } = this;
    if (!isWhole(position, this.at, this.#last)) return fault(`is at position ${shown(position)}`);
    this.at = position;
    if (chunk.ending === "dropped") return;
    const { job } = chunk;
    job.send({ op: "at", job: job.number, chunk: chunk.number, position });
  }

  #result(members: JsonObject, payload: Uint8Array): RunOutcome | undefined {
    const { chunk } = this;
    const { plan, job, isMerge } = chunk;
    const { position, count = 0 } = members;
    if (position !== plan.next) return fault(`sent a result of position ${shown(position)}`);
    if (!isWhole(count, 0, this.#last - position + 1)) return fault(`sent ${shown(count)} results`);
    this.#allowance -= payload.length;
    if (count === 0) return this.#piece(payload);
    const message = { op: "result", job: job.number, chunk: chunk.number };
    for (const piece of this.#pieces.list) {
      chunk.say({ message, result: { position, count: 0, payload: piece }, next: position });
    }
    this.#pieces.clear();
    plan.tell(isMerge ? 1 : count);
    chunk.say({ message, result: { position, count, payload }, next: plan.next });
    this.#said();
  }

  #piece(payload: Uint8Array): RunOutcome | undefined {
    this.#pieces.add(payload);
    if (this.#pieces.bytes > MAX_VALUE_BYTES) return fault("sent an endless value");
    this.topUp();
  }

  #failed(members: JsonObject): RunOutcome | undefined {
    const { chunk } = this;
    const { plan, job, isMerge } = chunk;
    const { position, cause, error, stack, item } = members;
    const isFit = !isMerge && position === plan.next && isCause(cause) &&
      typeof error === "string" && isTextIfAny(stack) &&
      isTextIfAny(item) &&
      this.#pieces.bytes === 0 && plan.next <= this.stretch.last;
    if (!isFit) return fault(`sent a failure of position ${shown(position)}`);
    plan.tell(1);
    this.#allowance -= failedBytes({ error, stack, item });
    const message = {
      op: "failed",
      job: job.number,
      chunk: chunk.number,
      position,
      cause,
      error: textOf(error) ?? "",
      stack: textOf(stack),
      item: textOf(item),
      worker: this.#worker,
    };
    chunk.say({ message, next: plan.next, cost: failedBytes(message) });
    this.#said();
  }

  #done({ ms }: JsonObject): RunOutcome {
    const isWholeRun = this.chunk.plan.next > this.stretch.last && this.#pieces.bytes === 0;
    if (!isWholeRun) return fault("is done before its time");
    this.#addTime(ms);
    return { kind: "done" };
  }

  #returned({ position, ms, why }: JsonObject): RunOutcome {
    const isFit = position === this.chunk.plan.next && this.#pieces.bytes === 0 &&
      (why === "late" || (why === "dropped" && this.chunk.ending !== undefined));
    if (!isFit) return fault(`gave back position ${shown(position)}, ${shown(why)}`);
    this.#addTime(ms);
    return { kind: why };
  }

  #verdict({ position, cause, error, alone }: JsonObject): RunOutcome {
    const isFit = typeof position === "number" && (cause === "memory" || cause === "time");
    if (!isFit) return fault("sent a verdict that is none");
    const place = this.chunk.isMerge ? this.stretch.first : position;
    // Time is an item's own. Memory is that of all that the slot has run, unless there was nothing else.
    const isFirst = this.number === 1 && place === this.stretch.first;
    const isAlone = cause === "time" || alone === true || isFirst;
    return { kind: "verdict", position: place, cause, error: textOf(error) ?? "", isAlone };
  }

  #addTime(ms: unknown): void {
    if (typeof ms === "number" && ms >= 0 && ms < Infinity) this.chunk.ms += ms;
  }
}

function isTextIfAny(value: unknown): value is string | undefined {
  return value === undefined || typeof value === "string";
}

function fault(reason: string): RunOutcome {
  return { kind: "fault", reason };
}
