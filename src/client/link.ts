import { nowMs } from "../net/clock.ts";
import { Driver } from "../net/driver.ts";
import type { Address } from "../protocol/machine.ts";
import { ReplyTimeoutError, ServerUnreachableError } from "./errors.ts";
import { ClientMachine, type Exchange, type ExchangeFailure } from "./machine.ts";

/** How a link asks. */
export interface AskOptions {
  /** How long to wait for the reply, in milliseconds; `Infinity` for ever. */
  readonly timeoutMs: number;
  /** Whether the request goes without an `id`, and its reply is as the server gives it to those. */
  readonly bare?: boolean;
  /** Gives up waiting. */
  readonly signal?: AbortSignal | undefined;
}

/** A client's machine with its socket: request lines in, reply lines out. */
export class ClientLink {
  readonly #machine: ClientMachine;
  readonly #driver: Driver;
  #flushing = false;

  /** A link to the first of `servers` that answers; it dials when it is first asked. */
  constructor(servers: readonly Address[]) {
    this.#machine = new ClientMachine({ servers });
    this.#driver = new Driver(this.#machine, { log: () => {} });
    this.#driver.start();
  }

  /** Requests that wait for their replies. */
  get inFlight(): number {
    return this.#machine.inFlight;
  }

  /** Hands a request over. All that come in one turn go out in one write. */
  submit(exchange: Exchange, atMs: number): void {
    this.#machine.submit(exchange, atMs);
    if (this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() => {
      this.#flushing = false;
      this.#driver.carryOut(this.#machine.flush());
    });
  }

  /**
   * Asks, and gives the reply line.
   *
   * @param body The request's members without the opening brace, with the closing one.
   * @throws {ServerUnreachableError} If no server can be reached.
   * @throws {ReplyTimeoutError} If the reply does not come in time.
   * @throws The signal's reason, if it is aborted.
   */
  ask(body: string, options: AskOptions): Promise<string> {
    const { signal, timeoutMs, bare = false } = options;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const abort = () => {
        exchange.done = true;
        reject(signal?.reason);
      };
      const exchange: Exchange = {
        body,
        bare,
        deadlineMs: nowMs() + timeoutMs,
        done: false,
        replied: (text) => {
          signal?.removeEventListener("abort", abort);
          resolve(text);
        },
        failed: (failure) => {
          signal?.removeEventListener("abort", abort);
          reject(errorOf(failure));
        },
      };
      signal?.addEventListener("abort", abort, { once: true });
      this.submit(exchange, nowMs());
    });
  }

  /** Closes the connection; whoever still waits gets an error. */
  async close(): Promise<void> {
    this.#driver.step({ kind: "stop" });
    await this.#driver.stopped;
  }
}

/** The error that a failed exchange is to a caller. */
export function errorOf(failure: ExchangeFailure): Error {
  return failure.kind === "timeout"
    ? new ReplyTimeoutError(failure.text)
    : new ServerUnreachableError(failure.text);
}
