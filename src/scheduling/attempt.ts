import { MAX_SPARE_ATTEMPTS } from "../limits.ts";
import type { Task } from "./work.ts";
import type { Worker } from "./worker.ts";

/** A task that a worker has in hand. */
export class Attempt {
  /** Names it on the wire; unique in the life of its connection. */
  id = 0;
  readonly worker: Worker;
  startedMs: number;
  /** The attempt that was too slow, where this one is not the first. */
  readonly hedges: Attempt | undefined;
  /** The attempt that was made last because this one was too slow. */
  hedgedBy: Attempt | undefined;
  /** Whether it is over. */
  hasEnded = false;
  /** Whether nobody else shall be asked because of it: that has been done, or is no use. */
  hedged = false;
  #task: Task | undefined;
  /** Its neighbours in the order of sending, while it is in flight. */
  older: Attempt | undefined;
  newer: Attempt | undefined;

  /** A task that is about to be handed to a worker, because of `hedges` if there is one. */
  constructor(task: Task, worker: Worker, startedMs: number, hedges: Attempt | undefined) {
    this.#task = task;
    this.worker = worker;
    this.startedMs = startedMs;
    this.hedges = hedges;
    if (hedges === undefined) return;
    hedges.hedgedBy = this;
    task.call.isShared = true;
  }

  /** What is attempted. */
  get task(): Task {
    if (this.#task === undefined) {
      throw new Error("Invariant: what is over is not asked for its task");
    }
    return this.#task;
  }

  /** Whether it may be used again when it is over: no other attempt at its task knows of it. */
  get isReusable(): boolean {
    return this.hasEnded && this.hedges === undefined && this.hedgedBy === undefined;
  }

  /** Lets go of its task, until it begins anew. */
  rest(): void {
    this.#task = undefined;
  }

  /** Begins anew, at another task. Requires {@linkcode Attempt.isReusable}. */
  renew(task: Task, startedMs: number): void {
    this.#task = task;
    this.startedMs = startedMs;
    this.hasEnded = this.hedged = false;
  }

  /** The last attempt under way of those that were made before this one, at the same task. */
  get slower(): Attempt | undefined {
    let one = this.hedges;
    while (one?.hasEnded) one = one.hedges;
    return one;
  }

  /** An attempt under way that was made because this one was too slow, or because that one was. */
  get quicker(): Attempt | undefined {
    let one = this.hedgedBy;
    while (one?.hasEnded) one = one.hedgedBy;
    return one;
  }
}

/** Attempts of one worker that are over, for the next ones. */
export class SpareAttempts {
  readonly #worker: Worker;
  readonly #spare: Attempt[] = [];

  /** None yet. */
  constructor(worker: Worker) {
    this.#worker = worker;
  }

  /** An attempt that is about to be made, because of `hedges` if there is one. */
  take(task: Task, startedMs: number, hedges: Attempt | undefined): Attempt {
    const spare = hedges === undefined ? this.#spare.pop() : undefined;
    if (spare === undefined) return new Attempt(task, this.#worker, startedMs, hedges);
    spare.renew(task, startedMs);
    return spare;
  }

  /** Takes one back that is over, if it may be used again. */
  giveBack(attempt: Attempt): void {
    if (!attempt.isReusable || this.#spare.length >= MAX_SPARE_ATTEMPTS) return;
    attempt.rest();
    this.#spare.push(attempt);
  }
}
