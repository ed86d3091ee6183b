import { failedBytes } from "../../jobs/failed_bytes.ts";
import type { PrintMessage, ProgressMessage } from "../../jobs/messages.ts";
import { Driver } from "../../net/driver.ts";
import type { Address } from "../../protocol/machine.ts";
import { MapError, ProtocolError, ServerUnreachableError } from "../errors.ts";
import type { Failure, JobEnd, MapJob, Merge, Piece, Values } from "./job.ts";
import { MapMachine } from "./machine.ts";
import { explainCode } from "./prepare_module.ts";

/** Values, or an item that has none. */
export type Outcome = Values | Failure;

/** Whether an outcome is a failure. */
export function isFailure(outcome: Outcome): outcome is Failure {
  return "cause" in outcome;
}

/** How a job is run. */
export interface MapRunOptions {
  /** The servers, in order of preference. */
  readonly servers: readonly Address[];
  /** How long a server may be looked for, in milliseconds. */
  readonly timeoutMs: number;
  readonly job: MapJob;
  /** Gives the next piece of input, `undefined` at its end. Absent for a range. */
  readonly nextPiece?: (() => Promise<Piece | undefined>) | undefined;
  /** Whether the job goes on after an item that has no value. */
  readonly keepGoing: boolean;
  /** Takes outcomes in order; the server sends no more than a bounded amount before it is done. */
  readonly take: (outcomes: readonly Outcome[]) => Promise<void>;
  /** Takes what the function printed. */
  readonly printed?: ((print: PrintMessage) => void) | undefined;
  /** Is told who is at work. */
  readonly progressed?: ((progress: ProgressMessage) => void) | undefined;
  /** Is told that the server was lost: until one says who is at work, nobody is known to be. */
  readonly lost?: (() => void) | undefined;
}

/** One job with its sockets: input in, outcomes out, both at the pace of the slower one. */
export class MapRun {
  readonly #options: MapRunOptions;
  readonly #machine: MapMachine;
  readonly #driver: Driver;
  #queue: Outcome[] = [];
  #isAnswered = false;
  /** Why it failed, which may be anything: it comes from the input as well. */
  #failure: { readonly error: unknown } | undefined;
  /** Those that wait for something that a failed job will not make. */
  readonly #onFailure = new Set<(error: unknown) => void>();
  #isOver = false;
  #woken: (() => void) | undefined;
  #roomMade: (() => void) | undefined;
  #isFlushing = false;

  /** A job that has not begun. */
  constructor(options: MapRunOptions) {
    this.#options = options;
    const { servers, timeoutMs, job } = options;
    const port = {
      values: (values: Values) => this.#outcome(values),
      failed: (failure: Failure) => this.#failed(failure),
      printed: (print: PrintMessage) => {
        // It may be a program's own: what it throws is the job's end, and not that of whoever reads the network.
        try {
          options.printed?.(print);
        } catch (error) {
          this.#fail(error);
        }
      },
      progressed: (progress: ProgressMessage) => options.progressed?.(progress),
      lost: () => options.lost?.(),
      roomMade: () => this.#wakeFeeding(),
      answered: () => {
        this.#isAnswered = true;
        this.#wake();
      },
      ended: (end: JobEnd) => this.#fail(errorOf(end)),
    };
    this.#machine = new MapMachine({ servers, timeoutMs, job, port });
    this.#driver = new Driver(this.#machine, { log: () => {} });
    this.#driver.start();
  }

  /**
   * Runs the job until every item is answered and every outcome taken. It must be closed after that.
   *
   * @param skipped How many items were answered in an earlier run, and are not given.
   * @throws {MapError} If an item fails and the job does not go on, or the job itself fails.
   * @throws {ModuleError} If a slot refuses the code, and it is known better here why.
   * @throws {ServerUnreachableError} If no server can be reached.
   * @throws Whatever the input or the output fails with.
   */
  async run(skipped = 0): Promise<void> {
    this.#machine.begin(skipped);
    // It dials now: a timer of no time takes some milliseconds to end.
    this.#driver.step({ kind: "tick" });
    this.#feed().catch((error) => this.#fail(error));
    for (;;) {
      const outcomes = this.#queue;
      if (outcomes.length > 0) {
        this.#queue = [];
        await this.#take(outcomes);
      } else if (this.#failure !== undefined) await this.#raise(this.#failure.error);
      else if (this.#isAnswered) return;
      else await new Promise<void>((resolve) => this.#woken = resolve);
    }
  }

  /** Whether a server has the job, and hears of its end. */
  get isConnected(): boolean {
    return this.#machine.isConnected;
  }

  /** Has accumulators merged in a slot. */
  merge(merge: Merge): void {
    this.#machine.merge(merge);
    this.#flushSoon();
  }

  /** Ends the job with an error, wherever it is. */
  abort(error: unknown): void {
    this.#fail(error);
  }

  /**
   * Waits for something that comes of the job.
   *
   * @throws Whatever the job fails with, as soon as it does.
   */
  async orFailed<T>(promise: Promise<T>): Promise<T> {
    const failed = Promise.withResolvers<never>();
    if (this.#failure !== undefined) failed.reject(this.#failure.error);
    this.#onFailure.add(failed.reject);
    try {
      return await Promise.race([failed.promise, promise]);
    } catch (error) {
      return await this.#raise(error);
    } finally {
      this.#onFailure.delete(failed.reject);
    }
  }

  /** Ends the job on all machines, and closes the connection. */
  async close(): Promise<void> {
    this.#isOver = true;
    this.#wakeFeeding();
    this.#driver.step({ kind: "stop" });
    await this.#driver.stopped;
  }

  /** Fails, with what is known here of why. */
  async #raise(error: unknown): Promise<never> {
    if (error instanceof MapError) {
      const { code, message: text } = error;
      await explainCode(this.#options.job, { code, text });
    }
    throw error;
  }

  /** Has outcomes taken, up to the first failure if that ends the job. */
  async #take(outcomes: readonly Outcome[]): Promise<void> {
    const { keepGoing, take } = this.#options;
    const last = keepGoing ? undefined : outcomes.find(isFailure);
    await take(last === undefined ? outcomes : outcomes.slice(0, outcomes.indexOf(last)));
    if (last !== undefined) throw itemError(last);
    let bytes = 0;
    for (const outcome of outcomes) {
      bytes += isFailure(outcome) ? failedBytes(outcome) : outcome.bytes.length;
    }
    this.#machine.taken(bytes);
    this.#flushSoon();
  }

  async #feed(): Promise<void> {
    const { nextPiece } = this.#options;
    if (nextPiece === undefined) return;
    while (!this.#isOver) {
      if (!this.#machine.hasRoom) {
        await new Promise<void>((resolve) => this.#roomMade = resolve);
        continue;
      }
      const piece = await nextPiece();
      if (this.#isOver) return;
      if (piece === undefined) this.#machine.endInput();
      else this.#machine.give(piece);
      this.#flushSoon();
      if (piece === undefined) return;
    }
  }

  #outcome(outcome: Outcome): void {
    this.#queue.push(outcome);
    this.#wake();
  }

  #failed(failure: Failure): void {
    this.#outcome(failure);
    // Nobody calculates on while what came before it is still being written.
    if (!this.#options.keepGoing) this.#fail(itemError(failure));
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#isOver = true;
    this.#machine.close();
    this.#flushSoon();
    for (const reject of this.#onFailure) reject(this.#failure.error);
    this.#wake();
    this.#wakeFeeding();
  }

  #wake(): void {
    this.#woken?.();
    this.#woken = undefined;
  }

  #wakeFeeding(): void {
    this.#roomMade?.();
    this.#roomMade = undefined;
  }

  /** What is given in one turn goes out in one write. */
  #flushSoon(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    queueMicrotask(() => {
      this.#isFlushing = false;
      this.#driver.carryOut(this.#machine.flush());
    });
  }
}

/** The error that a failed item is to a caller. */
export function itemError(failure: Failure): MapError {
  const { position, cause, error, item, stack, worker } = failure;
  // What was thrown says itself what it is.
  const kind = cause === "error" ? "" : ` (${cause})`;
  return new MapError(`item ${position} failed${kind}: ${error}`, {
    position,
    failure: cause,
    ...(item === undefined ? {} : { item }),
    ...(stack === undefined ? {} : { userStack: stack }),
    ...(worker === undefined ? {} : { worker }),
  });
}

function errorOf(end: JobEnd): Error {
  switch (end.kind) {
    case "unreachable":
      return new ServerUnreachableError(end.text);
    case "protocol":
      return new ProtocolError(end.text);
    case "refused":
      return new MapError(end.text);
    case "job_failed":
      return new MapError(end.text, {
        code: end.code,
        ...(end.stack === undefined ? {} : { userStack: end.stack }),
      });
    case "merge_failed": {
      const { error, stack } = end.failure;
      return new MapError(`accumulators cannot be merged: ${error}`, {
        ...(stack === undefined ? {} : { userStack: stack }),
      });
    }
  }
}
