import { FIRST_CONNECT_WAIT_MS, MAX_ATTEMPTS } from "../limits.ts";
import { wireError } from "../protocol/errors.ts";
import type { Outcome } from "../protocol/messages.ts";
import { Deadlines } from "./deadlines.ts";
import { Queue } from "../protocol/queue.ts";
import { Rotation } from "./rotation.ts";
import type { Attempt, Call, Task } from "./work.ts";
import type { Worker } from "./worker.ts";
import type { Verdict } from "./worker_reply.ts";

/** What a dispatcher tells its coordinator. */
export interface DispatcherPort {
  /** A call is over: all its tasks have outcomes, or one of them is why the whole has failed. */
  finished(call: Call, nowMs: number): void;
  /** A tick is wanted at the given time. */
  wakeBy(atMs: number): void;
}

/** How many tasks that failed before are looked at when a worker gets room: a bound on the cost of each look. */
const MAX_RETRIES_LOOKED_AT = 64;

/** Finds a worker for every task, and another one when that fails, until the task is done or nobody is left. */
export class Dispatcher {
  readonly #workers: readonly Worker[];
  readonly #port: DispatcherPort;
  readonly #rotation = new Rotation();
  /** Tasks that no worker had room for, in the order in which they came. */
  readonly #waiting = new Queue<Task>();
  /** Tasks that failed on a worker: they go first. */
  readonly #retrying = new Queue<Task>();
  readonly #deadlines = new Deadlines<Call>();
  #changed = false;

  /** A dispatcher over workers that may come and go but keep their places. */
  constructor(workers: readonly Worker[], port: DispatcherPort) {
    this.#workers = workers;
    this.#port = port;
  }

  /** Tasks that wait for a worker. */
  get waiting(): number {
    return this.#waiting.size + this.#retrying.size;
  }

  /** Hands the tasks of a new call to workers, as far as they have room. */
  submit(call: Call, nowMs: number): void {
    if (call.deadlineMs !== Infinity) {
      this.#deadlines.add(call);
      this.#port.wakeBy(call.deadlineMs);
    }
    if (call.tasks.length === 0) {
      this.#finishEmpty(call, nowMs);
      return;
    }
    for (const task of call.tasks) {
      // Whoever waits already comes first.
      if (this.waiting > 0 || !this.#place(task, nowMs)) this.#waiting.push(task);
    }
    if (this.waiting > 0) this.#changed = true;
  }

  /** Some worker has changed: what waits is looked at when the step ends. */
  changed(): void {
    this.#changed = true;
  }

  /** A worker has ended an attempt. */
  attemptEnded(worker: Worker, attempt: Attempt, verdict: Verdict, nowMs: number): void {
    const { task } = attempt;
    if (verdict.kind === "final") worker.completed++;
    else worker.failed++;
    if (task.call.done) return;
    task.attempts.push({
      worker: worker.name,
      startedMs: attempt.startedMs,
      endedMs: nowMs,
      outcome: verdict.kind === "final" ? "ok" : verdict.why,
    });
    if (verdict.kind === "final") {
      this.#taskDone(task, verdict.outcome, nowMs);
    } else {
      task.exclude(worker);
      this.#retrying.push(task);
      this.#changed = true;
    }
  }

  /** Ends the calls whose time is up. */
  tick(nowMs: number): void {
    let call: Call | undefined;
    while ((call = this.#deadlines.takeExpired(nowMs)) !== undefined) {
      this.#fail(call, "deadline_exceeded", nowMs);
    }
    this.#port.wakeBy(this.#deadlines.nextMs());
    if (this.waiting > 0) this.#changed = true;
  }

  /** Ends a step: gives what waits to those who have room now, and fails what nobody is left for. */
  settle(nowMs: number): void {
    while (this.#changed) {
      this.#changed = false;
      for (let count = Math.min(this.#retrying.size, MAX_RETRIES_LOOKED_AT); count > 0; count--) {
        const task = this.#retrying.shift()!;
        if (!this.#place(task, nowMs)) this.#retrying.push(task);
      }
      while (this.#waiting.size > 0 && this.#place(this.#waiting.first!, nowMs)) {
        this.#waiting.shift();
      }
    }
  }

  /** Whether the task needs no place in a queue: a worker has it, or its call is over. */
  #place(task: Task, nowMs: number): boolean {
    const { call } = task;
    if (call.done) return true;
    if (!call.requester.gone && task.attempts.length < MAX_ATTEMPTS) {
      const worker = this.#choose(task);
      if (worker !== undefined) {
        worker.assign(task, nowMs);
        return true;
      }
      const waitsUntilMs = this.#waitsUntilMs(task);
      if (nowMs < waitsUntilMs) {
        this.#port.wakeBy(waitsUntilMs);
        return false;
      }
    }
    this.#fail(call, "no_worker_available", nowMs);
    return true;
  }

  #choose(task: Task): Worker | undefined {
    if (task.place !== undefined) {
      const own = this.#workers[task.place];
      if (own?.hasRoom && !task.excludes(own)) return own;
      // A full window is worth waiting for when everybody's is full; somebody free is better.
    }
    return task.retried
      ? this.#rotation.pick(this.#workers, (worker) => worker.hasRoom && !task.excludes(worker))
      : this.#rotation.pick(this.#workers, (worker) => worker.hasRoom);
  }

  /** Until when it is worth waiting: for ever if a worker is only busy, a moment if one is connecting. */
  #waitsUntilMs(task: Task): number {
    let untilMs = -Infinity;
    for (const worker of this.#workers) {
      if (worker.usable && !task.excludes(worker)) return Infinity;
      if (worker.state === "connecting") {
        untilMs = Math.max(untilMs, worker.stateSinceMs + FIRST_CONNECT_WAIT_MS);
      }
    }
    return untilMs;
  }

  /** Nothing to do is done at once, unless it is for want of workers. */
  #finishEmpty(call: Call, nowMs: number): void {
    if (this.#workers.length === 0) call.failure = wireError("no_worker_available");
    call.done = true;
    this.#port.finished(call, nowMs);
  }

  #taskDone(task: Task, outcome: Outcome, nowMs: number): void {
    const { call } = task;
    call.unfinished--;
    if (typeof outcome === "object") {
      call.failure = outcome;
    } else {
      task.outcome = outcome;
      if (call.unfinished > 0) return;
    }
    call.done = true;
    this.#port.finished(call, nowMs);
  }

  #fail(call: Call, code: "deadline_exceeded" | "no_worker_available", nowMs: number): void {
    if (call.done) return;
    call.done = true;
    call.failure = wireError(code);
    this.#port.finished(call, nowMs);
  }
}
