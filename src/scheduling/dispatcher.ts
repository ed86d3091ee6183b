import { FIRST_CONNECT_WAIT_MS, MAX_ASKED_AT_ONCE, MAX_ATTEMPTS, TICK_MS } from "../limits.ts";
import { wireError } from "../protocol/errors.ts";
import type { Outcome } from "../protocol/messages.ts";
import { Deadlines } from "./deadlines.ts";
import { Queue } from "../protocol/queue.ts";
import { FairQueue } from "./fair_queue.ts";
import { HedgeBudget, HedgeDelay } from "./hedging.ts";
import { Rotation } from "./rotation.ts";
import type { Attempt } from "./attempt.ts";
import type { Call, Task } from "./work.ts";
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
  /** Tasks that no worker had room for; those who asked take turns. */
  readonly #waiting = new FairQueue<object, Task>();
  /** Tasks that failed on a worker: they go first. */
  readonly #retrying = new Queue<Task>();
  readonly #deadlines = new Deadlines<Call>();
  readonly #hedgeDelay = new HedgeDelay();
  readonly #hedgeBudget = new HedgeBudget();
  /** After how long another worker is asked as well. */
  hedgeDelayMs = this.#hedgeDelay.delayMs;
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
    this.#hedgeBudget.request(nowMs);
    for (const task of call.tasks) {
      // Whoever waits already comes first.
      if (this.waiting > 0 || !this.#place(task, nowMs)) this.#wait(task);
    }
    if (this.waiting > 0) this.#changed = true;
  }

  /** Some worker has changed: what waits is looked at when the step ends. */
  changed(): void {
    this.#changed = true;
  }

  /** A worker has ended an attempt. Gives whether it counts, as the first that was done or the last that failed. */
  attemptEnded(attempt: Attempt, verdict: Verdict, nowMs: number): boolean {
    const { task, worker, startedMs, hedges } = attempt;
    task.running--;
    attempt.hasEnded = true;
    if (verdict.kind === "final") worker.completed++;
    else if (verdict.kind === "failed") worker.failed++;
    if (task.isDone) return false;
    if (verdict.kind !== "final" || task.call.request.explain) {
      const outcome = outcomeOf(verdict);
      task.record({ worker: worker.name, startedMs, endedMs: nowMs, outcome });
    }
    if (verdict.kind === "final") {
      if (hedges !== undefined) {
        for (let slow = attempt.slower; slow !== undefined; slow = slow.slower) {
          slow.worker.health.failed("slower than others", nowMs);
        }
      } else if (!attempt.hedged && worker.health.state === "up") {
        this.#hedgeDelay.record(nowMs - startedMs);
      }
      this.#taskDone(task, verdict.outcome, nowMs);
      return true;
    }
    if (verdict.kind !== "unasked") task.exclude(worker);
    if (task.running === 0) {
      this.#retrying.push(task);
      this.#changed = true;
    } else this.#replaceHedge(attempt, nowMs);
    return true;
  }

  /** One of several attempts has failed: if those left are slow another is made, and a new one has its time. */
  #replaceHedge(failed: Attempt, nowMs: number): void {
    const left = failed.quicker ?? failed.slower;
    if (left === undefined) return;
    left.hedged = left === failed.slower && this.hedge(left, nowMs);
    if (!left.hedged) this.#port.wakeBy(nowMs + TICK_MS);
  }

  /**
   * Asks another worker what one has not answered for long, be it the first that was asked or the last. Gives whether
   * that has been seen to.
   */
  hedge(attempt: Attempt, nowMs: number): boolean {
    const { task } = attempt;
    if (task.isDone || task.call.gone || attempt.quicker !== undefined) return true;
    if (task.running >= MAX_ASKED_AT_ONCE) return true;
    if (!this.#hedgeBudget.hasToken(nowMs)) return this.#isAlone(attempt);
    const isOther = (worker: Worker) => !hasAsked(attempt, worker) && !task.excludes(worker);
    // A suspect is better than nobody: the one that was trusted is slow.
    const other = this.#rotation.pick(this.#workers, (one) => isFree(one) && isOther(one)) ??
      this.#rotation.pick(this.#workers, (one) => isLastResort(one) && isOther(one));
    if (other === undefined) return this.#isAlone(attempt);
    this.#hedgeBudget.take();
    other.assign(task, nowMs, attempt);
    return true;
  }

  /** Whether nobody else can ever be asked, as long as no worker starts afresh. */
  #isAlone(attempt: Attempt): boolean {
    const { task } = attempt;
    return this.#workers.every((other) => hasAsked(attempt, other) || task.excludes(other));
  }

  /** Ends the calls whose time is up. */
  tick(nowMs: number): void {
    this.hedgeDelayMs = this.#hedgeDelay.delayMs;
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
      this.#placeRetries(nowMs);
      while (this.#waiting.size > 0 && this.#place(this.#waiting.first!, nowMs)) {
        this.#waiting.shift();
      }
    }
  }

  /** Looks at all that failed before, until so many in a row had to go on waiting. */
  #placeRetries(nowMs: number): void {
    let stillWaiting = 0;
    for (let count = this.#retrying.size; count > 0; count--) {
      const task = this.#retrying.shift()!;
      if (this.#place(task, nowMs)) {
        stillWaiting = 0;
        continue;
      }
      this.#retrying.push(task);
      if (++stillWaiting >= MAX_RETRIES_LOOKED_AT) return;
    }
  }

  /** Whether the task needs no place in a queue: a worker has it, or its call is over. */
  #place(task: Task, nowMs: number): boolean {
    const { call } = task;
    if (call.done) return true;
    if (!call.gone && task.attempts.length < MAX_ATTEMPTS) {
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

  #wait(task: Task): void {
    this.#waiting.push(task.call.owner, task);
  }

  #choose(task: Task): Worker | undefined {
    const own = task.place;
    if (own !== undefined && isFree(own) && !task.excludes(own)) return own;
    const workers = this.#workers;
    // What failed at it is not asked again; suspects are, if nobody better is left.
    const free = task.retried
      ? this.#rotation.pick(workers, (worker) => isFree(worker) && !task.excludes(worker))
      : this.#rotation.pick(workers, isFree);
    if (free !== undefined) return free;
    if (workers.some((worker) => worker.health.usable && !task.excludes(worker))) return undefined;
    return this.#rotation.pick(
      workers,
      (worker) => isLastResort(worker) && !task.excludes(worker),
    );
  }

  /** Until when it is worth waiting: for ever if a worker is only busy, a moment if one is connecting. */
  #waitsUntilMs(task: Task): number {
    let untilMs = -Infinity;
    for (const worker of this.#workers) {
      const { health } = worker;
      const isBusy = health.usable || (health.state === "suspect" && worker.isConnected);
      if (isBusy && !task.excludes(worker)) return Infinity;
      if (health.state === "connecting") {
        untilMs = Math.max(untilMs, health.sinceMs + FIRST_CONNECT_WAIT_MS);
      }
    }
    return untilMs;
  }

  /** A sum of nothing needs no worker; a sum without a single range for it has none. */
  #finishEmpty(call: Call, nowMs: number): void {
    const { request } = call;
    const isNothing = request.op === "sum_squares" && request.n === 0n;
    if (!isNothing) call.failure = wireError("no_worker_available");
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

function isLastResort(worker: Worker): boolean {
  return worker.health.state === "suspect" && worker.hasRoom;
}

/** Whether a worker has the work in hand, by the given attempt at it or one before. */
function hasAsked(attempt: Attempt, worker: Worker): boolean {
  for (let one: Attempt | undefined = attempt; one !== undefined; one = one.slower) {
    if (one.worker === worker) return true;
  }
  return false;
}

function outcomeOf(verdict: Verdict): string {
  if (verdict.kind !== "final") return verdict.why;
  return typeof verdict.outcome === "object" ? verdict.outcome.code : "ok";
}

function isFree(worker: Worker): boolean {
  return worker.health.usable && worker.hasRoom;
}
