import { MAX_REQUESTS } from "../limits.ts";
import type {
  Address,
  ConnectionEvent,
  ConnectionId,
  Effect,
  LogLevel,
} from "../protocol/machine.ts";
import { Dispatcher } from "./dispatcher.ts";
import { Random } from "./random.ts";
import { splitRange } from "./splitting.ts";
import { type CalculationRequest, Call, type Requester } from "./work.ts";
import { Worker, type WorkerPort } from "./worker.ts";
import type { WorkerLink } from "./worker_link.ts";

/** How a coordinator is set up. */
export interface CoordinatorOptions {
  /** The configured workers, in order; their number is the number of ranges of a split. */
  readonly workers: readonly Address[];
  /** How long a worker may take for one piece of work, in milliseconds. */
  readonly workerTimeoutMs: number;
  /** Seeds the jitter of the pauses between dials. */
  readonly seed: number;
}

/**
 * The coordinator's mind: requests in, calls over workers, finished calls out. It holds the workers'
 * connections (numbered downwards from -1) and says what is to be done with them as effects.
 */
export class Coordinator {
  readonly workers: readonly Worker[];
  /** When a tick is wanted. */
  wakeAtMs = Infinity;
  /** Calls that are not over. */
  active = 0;
  readonly #dispatcher: Dispatcher;
  readonly #links = new Map<ConnectionId, WorkerLink>();
  readonly #random: Random;
  #effects: Effect[] = [];
  #out = new Map<ConnectionId, string>();
  #nowMs = 0;
  #lastConnection = 0;
  #lastId = 0;

  /** A coordinator that has dialled nobody yet. */
  constructor(options: CoordinatorOptions) {
    this.#random = new Random(options.seed);
    const port = this.#workerPort(options.workerTimeoutMs);
    this.workers = options.workers.map((address, index) => new Worker(index, address, port));
    this.#dispatcher = new Dispatcher(this.workers, {
      finished: (call, nowMs) => {
        this.active--;
        call.requester.answer(call, nowMs);
      },
      wakeBy: port.wakeBy,
    });
  }

  /** Whether one more call can be held. */
  get hasRoom(): boolean {
    return this.active < MAX_REQUESTS;
  }

  /** Tasks that wait for a worker. */
  get waiting(): number {
    return this.#dispatcher.waiting;
  }

  /** Dials every worker. */
  start(nowMs: number): void {
    this.#nowMs = nowMs;
    for (const worker of this.workers) worker.start(nowMs);
  }

  /** Closes the connections to the workers. */
  stop(): void {
    for (const worker of this.workers) worker.stop();
    this.#links.clear();
    this.wakeAtMs = Infinity;
  }

  /** Begins to calculate; the requester gets the call when it is over, which may be before this returns. */
  submit(request: CalculationRequest, requester: Requester, nowMs: number): void {
    this.#nowMs = nowMs;
    const call = new Call(request, requester, nowMs);
    if (request.op !== "sum_squares") call.addTask(request);
    else if (this.workers.length > 0) call.addRanges(splitRange(request.n, this.workers.length));
    this.active++;
    this.#dispatcher.submit(call, nowMs);
  }

  /** Takes an event of a connection to a worker. */
  step(event: ConnectionEvent, nowMs: number): void {
    this.#nowMs = nowMs;
    const link = this.#links.get(event.connection);
    if (link === undefined) return;
    if (event.kind === "received") link.worker.received(link, event.bytes, nowMs);
    else if (event.kind === "connected") link.worker.connected(link, nowMs);
    else if (event.kind === "ended") this.#linkEnded(link, nowMs);
    else if (event.kind === "closed") {
      this.#links.delete(link.connection);
      link.worker.closed(link, event.reason, nowMs);
    }
  }

  /** A worker that will say no more is of no use, though it might still listen. */
  #linkEnded(link: WorkerLink, nowMs: number): void {
    this.#links.delete(link.connection);
    this.#effects.push({ kind: "close", connection: link.connection });
    link.worker.closed(link, "closed by the worker", nowMs);
  }

  /** Time has passed. */
  tick(nowMs: number): void {
    this.#nowMs = nowMs;
    this.wakeAtMs = Infinity;
    for (const worker of this.workers) worker.tick(nowMs);
    this.#dispatcher.tick(nowMs);
  }

  /** Ends a step: moves waiting work on, and gives out what is to be done. */
  settle(effects: Effect[], nowMs: number): void {
    this.#dispatcher.settle(nowMs);
    for (const effect of this.#effects) effects.push(effect);
    this.#effects = [];
    if (this.#out.size === 0) return;
    for (const [connection, text] of this.#out) effects.push({ kind: "write", connection, text });
    this.#out = new Map();
  }

  #workerPort(workerTimeoutMs: number): WorkerPort {
    return {
      workerTimeoutMs,
      newConnection: () => --this.#lastConnection,
      newId: () => ++this.#lastId,
      wasIssued: (id) => Number.isInteger(id) && id > 0 && id <= this.#lastId,
      dial: (link) => {
        const { connection, worker } = link;
        this.#links.set(connection, link);
        this.#effects.push({ kind: "connect", connection, address: worker.address });
      },
      write: (connection, text) => {
        this.#out.set(connection, (this.#out.get(connection) ?? "") + text);
      },
      close: (connection) => {
        this.#links.delete(connection);
        this.#out.delete(connection);
        this.#effects.push({ kind: "close", connection });
      },
      attemptEnded: (worker, attempt, verdict) =>
        this.#dispatcher.attemptEnded(worker, attempt, verdict, this.#nowMs),
      changed: () => this.#dispatcher.changed(),
      wakeBy: (atMs) => {
        if (atMs < this.wakeAtMs) this.wakeAtMs = atMs;
      },
      random: () => this.#random.next(),
      log: (level: LogLevel, text: string) => this.#effects.push({ kind: "log", level, text }),
    };
  }
}
