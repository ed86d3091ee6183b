import { cutResult, type Result } from "../../jobs/cut_result.ts";
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

  #takePart({ message, next }: Outgoing, result: Result): Outgoing {
    const [part, rest] = cutResult(result, this.credit);
    if (this.#rest === undefined) this.#queue.shift();
    this.#rest = { message, result: rest, next };
    return this.#spend({ message, result: part, next: rest.position });
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
