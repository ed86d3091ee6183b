import type { WireError } from "../protocol/errors.ts";
import type {
  ArithmeticRequest,
  Calculation,
  SumRangeRequest,
  SumSquaresRequest,
} from "../protocol/messages.ts";
import type { Range } from "./splitting.ts";
import type { Worker } from "./worker.ts";

/** A request that is calculated by workers. */
export type CalculationRequest = ArithmeticRequest | SumRangeRequest | SumSquaresRequest;

/** One try of one worker at one task, as `explain` shows it. */
export interface AttemptRecord {
  /** The worker's name. */
  readonly worker: string;
  /** When it began, in milliseconds of the machine's clock. */
  readonly startedMs: number;
  /** When it ended. */
  readonly endedMs: number;
  /** `"ok"`, or why it failed. */
  readonly outcome: string;
}

const NO_TASKS: readonly Task[] = [];
/** Most tasks never have any. */
const NO_ATTEMPTS: readonly AttemptRecord[] = [];

/** One piece of work, done by one worker at a time. */
export class Task {
  /** What is to be calculated. */
  readonly calculation: Calculation;
  /** The call that it is a part of. */
  readonly call: Call;
  /** The worker whose share it is; `undefined` where the rotation decides. */
  readonly place: Worker | undefined;
  /** What came out; `undefined` as long as it is not done. */
  outcome: number | bigint | undefined;
  /** The tries that have ended, in order; that of a first success only where it is to be explained. */
  attempts: readonly AttemptRecord[] = NO_ATTEMPTS;
  /** The tries that are under way: more than one only where those before were slow. */
  running = 0;
  #failedAt: Map<Worker, number> | undefined;

  /** A task of `call`; `place` is the worker whose share it is. */
  constructor(call: Call, calculation: Calculation, place: Worker | undefined) {
    this.call = call;
    this.calculation = calculation;
    this.place = place;
  }

  /** Whether nobody needs to do it any more. */
  get isDone(): boolean {
    return this.outcome !== undefined || this.call.done;
  }

  /** Whether it has failed before on a worker. */
  get retried(): boolean {
    return this.#failedAt !== undefined;
  }

  /** Records a try. */
  record(attempt: AttemptRecord): void {
    this.attempts = [...this.attempts, attempt];
  }

  /** Remembers that a worker, as it is now, failed at this task: it is not asked again. */
  exclude(worker: Worker): void {
    this.#failedAt ??= new Map();
    this.#failedAt.set(worker, worker.health.generation);
  }

  /** Whether a worker has failed at this task and has not been started afresh since. */
  excludes(worker: Worker): boolean {
    return this.#failedAt?.get(worker) === worker.health.generation;
  }
}

/** Who asked, as far as the coordinator needs to know. */
export interface Requester {
  /** Whose turn it is when many wait: the same for all requests of one connection. */
  readonly owner: object;
  /** Whether nobody waits for the answer any more. */
  readonly gone: boolean;
  /** Takes the call when it is over: done, or failed. */
  answer(call: Call, nowMs: number): void;
}

/** One request while it is calculated. */
export class Call {
  /** What was asked. */
  readonly request: CalculationRequest;
  /** Who asked. */
  readonly requester: Requester;
  /** When it came, in milliseconds of the machine's clock. */
  readonly startedMs: number;
  /** When its time is up; `Infinity` without `timeout_ms`. */
  readonly deadlineMs: number;
  /** The work that it was cut into. */
  tasks: readonly Task[] = NO_TASKS;
  /** Tasks without an outcome yet. */
  unfinished = 0;
  /** Why there is no result: the arithmetic's own error, or that nobody could do it. */
  failure: WireError | undefined;
  /** Whether it is over. */
  done = false;

  /** A call that came at `nowMs`. */
  constructor(request: CalculationRequest, requester: Requester, nowMs: number) {
    this.request = request;
    this.requester = requester;
    this.startedMs = nowMs;
    this.deadlineMs = request.timeoutMs === undefined ? Infinity : nowMs + request.timeoutMs;
  }

  /** Adds a task for the whole request or for one range of it. */
  addTask(calculation: Calculation, place?: Worker): Task {
    const task = new Task(this, calculation, place);
    // Most calls have one task, and an array that is pushed to has room for seventeen.
    if (this.unfinished++ === 0) this.tasks = [task];
    else (this.tasks as Task[]).push(task);
    return task;
  }

  /** Adds one task for each range, the first for the first worker, and so on. */
  addRanges(ranges: readonly Range[], workers: readonly Worker[]): void {
    ranges.forEach(({ a, b }, index) => this.addTask({ op: "sum_range", a, b }, workers[index]));
  }
}
