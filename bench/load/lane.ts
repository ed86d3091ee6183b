import type { Book } from "./book.ts";
import { Ledger } from "./ledger.ts";
import type { Tally } from "./tally.ts";

/** What a lane needs of its connection. */
export interface Wire {
  read(buffer: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
}

const MIN_BUFFER_BYTES = 4 * 1024;
const MAX_BUFFER_BYTES = 64 * 1024;

/** How a lane is made. */
export interface LaneOptions {
  readonly wire: Wire;
  readonly book: Book;
  readonly tally: Tally;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** How many requests are in flight at most, as far as that is known: the read buffer fits their replies. */
  readonly window: number;
}

/** One connection of the load generator. */
export class Lane {
  /** Bytes of requests that were sent. */
  sentBytes = 0;
  /** Bytes of replies that came. */
  receivedBytes = 0;
  /** Why nothing more will come; `undefined` while something may. */
  ended: string | undefined;
  readonly ledger: Ledger;
  readonly #wire: Wire;
  readonly #now: () => number;
  readonly #buffer: Uint8Array;
  /** Bytes of a reply that is not whole yet, at the front of the buffer. */
  #kept = 0;
  #unsent: Uint8Array[] = [];
  #isWriting = false;

  /** A lane on a connection that stands. */
  constructor({ wire, book, tally, now, window }: LaneOptions) {
    this.ledger = new Ledger(book, tally);
    this.#wire = wire;
    this.#now = now;
    const longest = book.longestReply;
    const wanted = Math.min(Math.max(longest * window, MIN_BUFFER_BYTES), MAX_BUFFER_BYTES);
    this.#buffer = new Uint8Array(Math.max(wanted, 2 * longest));
  }

  /** Sends `count` requests, as far as the book allows; gives how many. Times as in {@linkcode Ledger.issue}. */
  send(count: number, firstMs: number, stepMs = 0): number {
    const before = this.ledger.issued;
    for (let sent = 0; sent < count; sent = this.ledger.issued - before) {
      const bytes = this.ledger.issue(count - sent, firstMs + sent * stepMs, stepMs);
      if (bytes.length === 0) break;
      this.#unsent.push(bytes);
    }
    if (!this.#isWriting) this.#write();
    return this.ledger.issued - before;
  }

  /** Waits for bytes and checks the replies in them. */
  async receive(): Promise<void> {
    const count = await this.#wire.read(this.#buffer.subarray(this.#kept)).catch(String);
    if (typeof count !== "number") {
      this.ended = count ?? "the connection was closed";
      return;
    }
    this.receivedBytes += count;
    const end = this.#kept + count;
    const rest = this.ledger.check(this.#buffer, 0, end, this.#now());
    this.#buffer.copyWithin(0, rest, end);
    this.#kept = end - rest;
    if (this.#kept === this.#buffer.length) this.ended = "a reply is longer than any right one";
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    try {
      while (this.#unsent.length > 0) {
        const pieces = this.#unsent;
        this.#unsent = [];
        for (const bytes of pieces) {
          for (let sent = 0; sent < bytes.length;) {
            const count = await this.#wire.write(bytes.subarray(sent));
            sent += count;
            this.sentBytes += count;
          }
        }
      }
    } catch (error) {
      this.ended ??= String(error);
    }
    this.#isWriting = false;
  }
}
