import { LATE_TICK_MS, MAX_REQUESTS, TICK_MS } from "../limits.ts";
import type {
  Address,
  ConnectionEvent,
  ConnectionId,
  Effect,
  LogLevel,
} from "../protocol/machine.ts";
import { formatAddress } from "../protocol/address.ts";
import type { JoinRequest } from "../protocol/messages.ts";
import { JoinedWorkers } from "./joined_workers.ts";
import { Dispatcher } from "./dispatcher.ts";
import { Random } from "./random.ts";
import { splitRange } from "./splitting.ts";
import type { Call } from "./work.ts";
import { Worker } from "./worker.ts";
import type { WorkerPort } from "./worker_port.ts";
import { WorkerLink } from "./worker_link.ts";

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
  /** The configured ones first, then those that have joined, in the order in which they did. */
  readonly workers: Worker[];
  /** When a tick is wanted. */
  wakeAtMs = Infinity;
  /** Calls that are not over. */
  active = 0;
  readonly #dispatcher: Dispatcher;
  readonly #links = new Map<ConnectionId, WorkerLink>();
  readonly #joined: JoinedWorkers;
  readonly #random: Random;
  #effects: Effect[] = [];
  /** Links with lines that go out when the step ends. */
  #writing: WorkerLink[] = [];
  #nowMs = 0;
  #lastConnection = 0;
  #wasLate = false;
  #someoneLeft = false;

  /** A coordinator that has dialled nobody yet. */
  constructor(options: CoordinatorOptions) {
    this.#random = new Random(options.seed);
    const port = this.#workerPort(options.workerTimeoutMs);
    this.workers = options.workers.map((address) =>
      new Worker(formatAddress(address), address, port)
    );
    this.#joined = new JoinedWorkers(this.workers, port);
    this.#dispatcher = new Dispatcher(this.workers, {
      finished: (call, nowMs) => {
        this.active--;
        call.answer(nowMs);
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
    for (const worker of this.workers) worker.stop("the server stops");
    this.#links.clear();
    this.wakeAtMs = Infinity;
  }

  /** Begins to calculate; the call is answered when it is over, which may be before this returns. */
  submit(call: Call, nowMs: number): void {
    this.#nowMs = nowMs;
    const { request } = call;
    if (request.op !== "sum_squares") {
      if (call.tasks.length === 0) call.addWhole(request);
    } else if (this.workers.length > 0) {
      call.addRanges(splitRange(request.n, this.workers.length), this.workers);
    }
    this.active++;
    this.#dispatcher.submit(call, nowMs);
  }

  /** Whether a connection is one of a worker's. */
  has(connection: ConnectionId): boolean {
    return this.#links.has(connection);
  }

  /**
   * Takes a worker that has dialled us, and the connection that it came on. Gives its name, which may not be
   * quite the one it asked for; or `undefined` if there are too many.
   */
  join(connection: ConnectionId, request: JoinRequest, nowMs: number): string | undefined {
    this.#nowMs = nowMs;
    const worker = this.#joined.take(request);
    if (worker === undefined) return undefined;
    const link = new WorkerLink(worker, connection, false);
    this.#links.set(connection, link);
    worker.join(link, nowMs);
    return worker.name;
  }

  /** The worker that has joined as an instance. */
  joinedAs(instance: string): Worker | undefined {
    return this.#joined.of(instance);
  }

  /** A connection id that was never used before. */
  newConnection(): ConnectionId {
    return --this.#lastConnection;
  }

  /** A number in [0, 1). */
  random(): number {
    return this.#random.next();
  }

  /** Has a worker get nothing new, or again; gives whether there is one of that name. */
  drain(name: string, isDraining: boolean, nowMs: number): Worker | undefined {
    this.#nowMs = nowMs;
    const worker = this.workers.find((one) => one.name === name);
    worker?.health.drain(isDraining, nowMs);
    this.#dispatcher.changed();
    return worker;
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
    const isLate = nowMs - this.wakeAtMs > LATE_TICK_MS;
    this.wakeAtMs = Infinity;
    // We were asleep or overwhelmed ourselves: what has come meanwhile is read before anybody is blamed.
    if (isLate && !this.#wasLate) {
      this.#wasLate = true;
      this.wakeAtMs = nowMs + TICK_MS;
      return;
    }
    this.#wasLate = false;
    for (const worker of this.workers) worker.tick(nowMs);
    this.#joined.tick(nowMs);
    this.#dispatcher.tick(nowMs);
  }

  /** Ends a step: moves waiting work on, and gives out what is to be done. */
  settle(effects: Effect[], nowMs: number): void {
    if (this.#someoneLeft) this.#joined.tick(nowMs);
    this.#someoneLeft = false;
    this.#dispatcher.settle(nowMs);
    if (this.#effects.length > 0) {
      for (const effect of this.#effects) effects.push(effect);
      this.#effects = [];
    }
    if (this.#writing.length === 0) return;
    for (const { connection, out } of this.#writing) {
      if (out.length > 0) effects.push({ kind: "write_lines", connection, lines: out.take() });
    }
    this.#writing.length = 0;
  }

  #workerPort(workerTimeoutMs: number): WorkerPort {
    // The workers are made before the dispatcher that works with them.
    const dispatcher = () => this.#dispatcher;
    return {
      workerTimeoutMs,
      newConnection: () => this.newConnection(),
      dial: (link, address) => {
        const { connection } = link;
        this.#links.set(connection, link);
        this.#effects.push({ kind: "connect", connection, address });
      },
      out: (link) => {
        if (link.out.length === 0) this.#writing.push(link);
        return link.out;
      },
      close: (connection) => {
        this.#links.get(connection)?.out.clear();
        this.#links.delete(connection);
        this.#effects.push({ kind: "close", connection });
      },
      attemptEnded: (attempt, verdict) => dispatcher().attemptEnded(attempt, verdict, this.#nowMs),
      hedge: (attempt) => dispatcher().hedge(attempt, this.#nowMs),
      get hedgeDelayMs() {
        return dispatcher().hedgeDelayMs;
      },
      left: () => this.#someoneLeft = true,
      changed: () => this.#dispatcher.changed(),
      wakeBy: (atMs) => {
        if (atMs < this.wakeAtMs) this.wakeAtMs = atMs;
      },
      random: () => this.random(),
      log: (level: LogLevel, text: string) => this.#effects.push({ kind: "log", level, text }),
    };
  }
}
