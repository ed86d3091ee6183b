import { NEWLINE } from "../../protocol/framing.ts";
import { Queue } from "../../protocol/queue.ts";

/** A message on its way to the requester. */
export interface Outgoing {
  readonly message: object;
  /** Of a result: its lines, which may be cut to what is allowed. */
  readonly result?: Result;
  /** What it costs of the credit if it is no result: of a failure, {@linkcode failedBytes}. */
  readonly cost?: number;
  /** The first position that is not told of once this has been. */
  readonly next: number;
}

/** Values of `count` items; of none if it is a piece of one that others follow. */
export interface Result {
  readonly position: number;
  readonly count: number;
  readonly payload: Uint8Array;
}

/**
 * What a chunk has to say, in order: results and failures go out as far as the requester's credit reaches. A
 * failure goes whole as long as there is any.
 */
export class Outbox {
  /** Bytes that may be sent; below 0 after a failure that cost more than there was. */
  credit: number;
  /** Bytes that wait. */
  waitingBytes = 0;
  readonly #queue = new Queue<Outgoing>();
  /** What is left of the first, if only a part of it could be sent. */
  #rest: Outgoing | undefined;

  /** An empty one. */
  constructor(credit: number) {
    this.credit = credit;
  }

  /** Whether nothing waits. */
  get isEmpty(): boolean {
    return this.#rest === undefined && this.#queue.size === 0;
  }

  /** Adds a message after those before it. */
  push(outgoing: Outgoing): void {
    this.waitingBytes += costOf(outgoing);
    this.#queue.push(outgoing);
  }

  /** The next that may be sent now, or a part of it. */
  take(): Outgoing | undefined {
    const first = this.#rest ?? this.#queue.first;
    if (first === undefined) return undefined;
    const cost = costOf(first);
    if (cost > 0 && this.credit <= 0) return undefined;
    if (first.result !== undefined && cost > this.credit) {
      return this.#takePart(first, first.result);
    }
    if (this.#rest === undefined) this.#queue.shift();
    this.#rest = undefined;
    return this.#spend(first);
  }

  /** Forgets what waits. */
  clear(): void {
    while (this.#queue.shift() !== undefined);
    this.#rest = undefined;
    this.waitingBytes = 0;
  }

  /** Whole lines if there is one in what is allowed, and else a part of one, which does not count. */
  #takePart({ message, next }: Outgoing, { position, count, payload }: Result): Outgoing {
    const newline = count === 0 ? -1 : payload.lastIndexOf(NEWLINE, this.credit - 1);
    const length = newline < 0 ? this.credit : newline + 1;
    const part = payload.subarray(0, length);
    const lines = newline < 0 ? 0 : linesIn(part);
    const rest = payload.subarray(length);
    if (this.#rest === undefined) this.#queue.shift();
    const after = { position: position + lines, count: count - lines, payload: rest };
    this.#rest = { message, result: after, next };
    return this.#spend({
      message,
      result: { position, count: lines, payload: part },
      next: position + lines,
    });
  }

  #spend(outgoing: Outgoing): Outgoing {
    const cost = costOf(outgoing);
    this.credit -= cost;
    this.waitingBytes -= cost;
    return outgoing;
  }
}

function costOf({ result, cost }: Outgoing): number {
  return result?.payload.length ?? cost ?? 0;
}

function linesIn(bytes: Uint8Array): number {
  let lines = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) lines++;
  return lines;
}
