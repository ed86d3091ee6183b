import { PROTOCOL_VERSION, STOP_GRACE_MS } from "../limits.ts";
import { calculate } from "../operations/registry.ts";
import { sumSquares } from "../operations/sum_squares.ts";
import { encodeErrorReply, encodeOkReply, encodeSumReply } from "../protocol/encode.ts";
import { wireError } from "../protocol/errors.ts";
import { helloReply, ownFacts } from "../protocol/hello.ts";
import type {
  Address,
  ConnectionEvent,
  Effect,
  Machine,
  MachineEvent,
} from "../protocol/machine.ts";
import {
  type Calculation,
  type ChannelRequest,
  isArithmetic,
  type Request,
  type RequestId,
} from "../protocol/messages.ts";
import type { ReplySlot, Session } from "../protocol/session.ts";
import { Sessions } from "../protocol/sessions.ts";
import { Random } from "../scheduling/random.ts";
import { VERSION } from "../version.ts";
import { CodeWork } from "./code_work.ts";
import type { RunnerOptions } from "./jobs/port.ts";
import { type DialPort, Joining, type JoiningOptions } from "./joining.ts";

/** How a worker's machine is set up. */
export interface WorkerMachineOptions extends JoiningOptions {
  /** The coordinators that it joins. */
  readonly join: readonly Address[];
  /** Seeds the jitter of the pauses between dials. */
  readonly seed: number;
  /** Longest request line in bytes. */
  readonly maxLineBytes: number;
  /** How users' functions are run; absent where none is. */
  readonly code?: RunnerOptions;
}

/**
 * The worker role without sockets and clock: it calculates what it is asked as soon as it has read it, so
 * nothing is ever in flight here but replies on their way out, and the jobs of its channels.
 */
export class WorkerMachine implements Machine {
  wakeAtMs = Infinity;
  readonly #options: WorkerMachineOptions;
  readonly #sessions: Sessions;
  readonly #joinings: readonly Joining[];
  readonly #code: CodeWork | undefined;
  #completed = 0;
  #failed = 0;
  #startedMs: number | undefined;
  #nowMs = 0;
  #effects: Effect[] = [];
  #stopAtMs = Infinity;
  #isStopped = false;

  /** A worker that has not begun. Its first step dials the coordinators that it joins. */
  constructor(options: WorkerMachineOptions) {
    this.#options = options;
    this.#sessions = new Sessions(options.maxLineBytes, {
      mayRead: () => true,
      // It answers at once.
      replyBytes: () => 0,
      request: (session, slot, request) => this.#request(session, slot, request),
    });
    const random = new Random(options.seed);
    let lastConnection = 0;
    const port: DialPort = {
      newConnection: () => --lastConnection,
      effect: (effect) => this.#effects.push(effect),
      wakeBy: (atMs) => this.wakeAtMs = Math.min(this.wakeAtMs, atMs),
      random: () => random.next(),
    };
    const { code, instance, join } = options;
    this.#code = code === undefined ? undefined : new CodeWork({ ...code, instance, join }, port);
    this.#joinings = join.map((coordinator, index) =>
      new Joining(coordinator, options, this.#sessions, {
        ...port,
        joined: (name, nowMs) => this.#code?.joined(index, name, nowMs),
      })
    );
  }

  /** Takes one event. */
  step(event: MachineEvent, nowMs: number): Effect[] {
    const effects: Effect[] = this.#effects = [];
    const isFirst = this.#startedMs === undefined;
    this.#startedMs ??= nowMs;
    this.#nowMs = nowMs;
    if (event.kind === "stop") this.#stop(nowMs);
    else if (event.kind !== "tick") this.#connectionEvent(event, nowMs);
    if (event.kind === "tick" || isFirst) this.#tick(nowMs);
    this.#sessions.settle(effects);
    const isDone = this.#sessions.size === 0 && this.#code?.runner.isOver !== false;
    const isOver = isDone || nowMs >= this.#stopAtMs;
    if (this.#stopAtMs !== Infinity && isOver && !this.#isStopped) {
      this.#isStopped = true;
      this.wakeAtMs = Infinity;
      effects.push({ kind: "stopped" });
    }
    return effects;
  }

  #connectionEvent(event: ConnectionEvent, nowMs: number): void {
    if (this.#code?.has(event.connection)) return this.#code.step(event, nowMs);
    const joining = event.connection < 0
      ? this.#joinings.find((one) => one.connection === event.connection)
      : undefined;
    if (joining === undefined) this.#sessions.step(event);
    else joining.step(event, nowMs);
  }

  #tick(nowMs: number): void {
    this.wakeAtMs = this.#stopAtMs;
    for (const joining of this.#joinings) joining.tick(nowMs);
    this.#code?.tick(nowMs);
  }

  #stop(nowMs: number): void {
    if (this.#stopAtMs !== Infinity) return;
    this.#stopAtMs = nowMs + STOP_GRACE_MS;
    this.wakeAtMs = Math.min(this.wakeAtMs, this.#stopAtMs);
    this.#effects.push({ kind: "stop_listening" });
    for (const joining of this.#joinings) joining.stop();
    this.#sessions.stop();
    this.#code?.leave(nowMs);
  }

  #request(session: Session, slot: ReplySlot, request: Request): void {
    if (request.op === "channel") return this.#channel(session, slot, request);
    if (request.op === "sum_range" || isArithmetic(request)) {
      return this.#calculate(session, slot, request);
    }
    this.#sessions.reply(session, slot, this.#answer(session, request));
  }

  /** The connection changes hands: from now on it is a channel, over which jobs come. */
  #channel(session: Session, slot: ReplySlot, request: ChannelRequest): void {
    const refusal = this.#code === undefined
      ? wireError("no_code")
      : this.#code.refusal(session, request);
    if (this.#code === undefined || refusal !== undefined) {
      const error = refusal ?? wireError("no_code");
      return this.#sessions.reply(session, slot, encodeErrorReply(error, request.id));
    }
    const { connection } = session;
    const before = this.#sessions.release(session);
    const facts = ownFacts(this.#options.facts);
    const { instance } = this.#options;
    const members = { op: "channel", protocol: PROTOCOL_VERSION, ...facts, instance };
    const text = before + encodeOkReply(members, request.id);
    this.#effects.push({ kind: "write", connection, text });
    this.#code.runner.takeChannel(connection, undefined, this.#nowMs);
  }

  #answer(session: Session, request: Exclude<Request, ChannelRequest | Calculation>): string {
    const { id } = request;
    switch (request.op) {
      case "ping":
        return encodeOkReply({}, id);
      case "hello":
        session.greet(request);
        return helloReply(request, this.#options.facts);
      case "join":
      case "drain":
      case "undrain":
      case "jobs":
      case "cancel":
        return encodeErrorReply(wireError("not_a_coordinator"), id);
      case "status":
        return encodeOkReply(this.#status(), id);
      case "sum_squares": {
        if (request.timeoutMs === 0) return this.#late(id);
        // A worker asked for 1..n is a room of one: one part, or none for n = 0.
        this.#completed++;
        if (request.n === 0n) return encodeSumReply(0n, [], id);
        const result = sumSquares(1n, request.n);
        return encodeSumReply(result, [{ a: 1n, b: request.n, result }], id);
      }
    }
  }

  #calculate(session: Session, slot: ReplySlot, request: Calculation): void {
    const { id } = request;
    const isLate = request.timeoutMs === 0;
    const outcome = isLate ? wireError("deadline_exceeded") : calculate(request);
    if (typeof outcome === "object") {
      this.#failed++;
      return this.#sessions.reply(session, slot, encodeErrorReply(outcome, id));
    }
    this.#completed++;
    if (typeof outcome === "bigint") this.#sessions.replySum(session, slot, outcome);
    else if (isArithmetic(request)) this.#sessions.replyResult(session, slot, request, outcome);
  }

  #late(id: RequestId | undefined): string {
    this.#failed++;
    return encodeErrorReply(wireError("deadline_exceeded"), id);
  }

  #status(): object {
    return {
      role: "worker",
      version: VERSION,
      uptime_ms: Math.round(this.#nowMs - (this.#startedMs ?? this.#nowMs)),
      connections: this.#sessions.size,
      requests: { completed: this.#completed, failed: this.#failed },
    };
  }
}
