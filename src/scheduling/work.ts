import type { WireError } from "../protocol/errors.ts";
import {
  type ArithmeticOp,
  type ArithmeticRequest,
  type Calculation,
  isArithmetic,
  type RequestId,
  type SumRangeRequest,
  type SumSquaresRequest,
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
  /** The call that it is a part of. */
  readonly call: Call;
  /** What is to be calculated. */
  calculation: Calculation;
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

  /** Begins anew, with something else to be calculated. */
  renew(calculation: Calculation): void {
    this.calculation = calculation;
    this.outcome = undefined;
  }

  /** Records a try. */
  record(attempt: AttemptRecord): void {
    this.call.isShared = true;
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

/** A basic operation that a call has to itself: what it is given is soon read over by the next one. */
class OwnArithmetic implements ArithmeticRequest {
  op: ArithmeticOp = "add";
  a = 0;
  b = 0;
  id: RequestId | undefined;
  timeoutMs: number | undefined;
  explain: boolean | undefined;
  hops: number | undefined;

  copy(request: ArithmeticRequest): this {
    this.op = request.op;
    this.a = request.a;
    this.b = request.b;
    this.id = request.id;
    this.timeoutMs = request.timeoutMs;
    this.explain = request.explain;
    this.hops = request.hops;
    return this;
  }
}

/**
 * One request while it is calculated; whoever asks the coordinator says what it means for him. It may be used again
 * for another request when it is over, if it {@linkcode Call.isReusable}: a busy server then makes no garbage that
 * outlives the young generation.
 */
export abstract class Call {
  /** Whose turn it is when many wait: the same for all requests of one connection. */
  abstract readonly owner: object;
  /** Whether nobody waits for the answer any more. */
  abstract readonly gone: boolean;
  /** It is over: done, or failed. */
  abstract answer(nowMs: number): void;

  /** What was asked. */
  request: CalculationRequest;
  /** When it came, in milliseconds of the machine's clock. */
  startedMs = 0;
  /** When its time is up; `Infinity` without `timeout_ms`. */
  deadlineMs = Infinity;
  /** The work that it was cut into. */
  tasks: readonly Task[] = NO_TASKS;
  /** Tasks without an outcome yet. */
  unfinished = 0;
  /** Why there is no result: the arithmetic's own error, or that nobody could do it. */
  failure: WireError | undefined;
  /** Whether it is over. */
  done = false;
  /** Whether it is used once only: a deadline or another attempt holds on to it, or it is no basic operation. */
  isShared = false;

  #arithmetic: OwnArithmetic | undefined;

  /** A request that came at `nowMs`. A basic operation is copied. */
  constructor(request: CalculationRequest, nowMs: number) {
    this.request = this.#own(request);
    this.#begin(nowMs);
  }

  /** Whether it may be used again: it went as nearly all do, with one result from one try of one worker. */
  get isReusable(): boolean {
    return this.done && this.failure === undefined && !this.isShared;
  }

  /** Lets go of what its requester gave it, until it begins anew. Requires {@linkcode Call.isReusable}. */
  rest(): void {
    this.#arithmetic!.id = undefined;
  }

  /** Begins anew, with another basic operation. Requires {@linkcode Call.isReusable}. */
  renew(request: ArithmeticRequest, nowMs: number): void {
    const own = this.#own(request);
    this.tasks[0]!.renew(own);
    this.unfinished = 1;
    this.#begin(nowMs);
  }

  #own<T extends CalculationRequest>(request: T): T | ArithmeticRequest {
    if (!isArithmetic(request)) return request;
    this.#arithmetic ??= new OwnArithmetic();
    return this.#arithmetic.copy(request);
  }

  #begin(nowMs: number): void {
    const { timeoutMs } = this.request;
    this.startedMs = nowMs;
    this.deadlineMs = timeoutMs === undefined ? Infinity : nowMs + timeoutMs;
    this.failure = undefined;
    this.done = false;
    this.isShared = timeoutMs !== undefined || this.#arithmetic === undefined;
  }

  /** Adds a task for the whole request. */
  addWhole(calculation: Calculation): void {
    this.unfinished = 1;
    this.tasks = [new Task(this, calculation, undefined)];
  }

  /** Adds one task for each range, the first for the first worker, and so on. */
  addRanges(ranges: readonly Range[], workers: readonly Worker[]): void {
    this.unfinished = ranges.length;
    this.tasks = ranges.map(({ a, b }, index) =>
      new Task(this, { op: "sum_range", a, b }, workers[index])
    );
  }
}
