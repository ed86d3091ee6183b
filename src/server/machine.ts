import { MAX_HOPS, MAX_SPARE_RECORDS, PROTOCOL_VERSION, STOP_GRACE_MS } from "../limits.ts";
import { encodeErrorReply, encodeOkReply } from "../protocol/encode.ts";
import { type WireError, wireError } from "../protocol/errors.ts";
import { helloReply, ownFacts, type RoleFacts, versionMismatch } from "../protocol/hello.ts";
import type { Address, Effect, Machine, MachineEvent } from "../protocol/machine.ts";
import {
  type ArithmeticRequest,
  type ChannelRequest,
  type DrainRequest,
  isArithmetic,
  type JoinRequest,
  type Request,
} from "../protocol/messages.ts";
import type { ReplySlot, Session } from "../protocol/session.ts";
import { Sessions } from "../protocol/sessions.ts";
import { Coordinator, type CoordinatorOptions } from "../scheduling/coordinator.ts";
import { type CalculationRequest, Call } from "../scheduling/work.ts";
import { JobService } from "./jobs.ts";
import { replyBytes, replyTo } from "./replies.ts";
import { encodeStatus, type ServerCounters } from "./status.ts";

/** How a server's machine is set up. */
export interface ServerMachineOptions extends CoordinatorOptions {
  /** What the server says of itself. */
  readonly facts: RoleFacts;
  /** Names its process to a server above it. */
  readonly instance?: string;
  /** Whether joins, drains and undrains are taken, and code and cancels. */
  readonly allowsChanges: boolean;
  /** The SHA-256 of some bytes, in hexadecimal digits. It has no effect, so what is pure may be given it. */
  readonly sha256: (pieces: readonly Uint8Array[]) => string;
  /** Longest request line in bytes. */
  readonly maxLineBytes: number;
}

/**
 * The server role without sockets and clock: requesters' sessions on one side, the coordinator with its
 * workers on the other. Connections with a positive number are requesters', negative ones lead to workers.
 */
export class ServerMachine implements Machine {
  readonly #options: ServerMachineOptions;
  readonly #coordinator: Coordinator;
  readonly #sessions: Sessions;
  readonly #jobs: JobService;
  /** Requests that are over, for the next ones. */
  readonly #spare: PendingRequest[] = [];
  readonly #counters: ServerCounters = { received: 0, answered: 0, failed: 0 };
  #effects: Effect[] = [];
  #startedMs: number | undefined;
  #nowMs = 0;
  #stopAtMs = Infinity;
  #stopped = false;

  /** A server that has not begun. Its first step dials the workers. */
  constructor(options: ServerMachineOptions) {
    this.#options = options;
    this.#coordinator = new Coordinator(options);
    this.#jobs = new JobService(options, this.#coordinator);
    this.#sessions = new Sessions(options.maxLineBytes, {
      mayRead: () => this.#coordinator.hasRoom,
      replyBytes: (request) => replyBytes(request, this.#coordinator.workers.length),
      request: (session, slot, request) => this.#request(session, slot, request),
    });
  }

  /** When a tick is due. */
  get wakeAtMs(): number {
    return Math.min(this.#coordinator.wakeAtMs, this.#jobs.hub.wakeAtMs, this.#stopAtMs);
  }

  /** Gives the worker at a place another address. */
  readdress(index: number, address: Address, nowMs: number): Effect[] {
    const effects: Effect[] = this.#effects = [];
    this.#coordinator.workers[index]?.readdress(address, nowMs);
    this.#settle(effects, nowMs);
    return effects;
  }

  /** Takes one event. */
  step(event: MachineEvent, nowMs: number): Effect[] {
    const effects: Effect[] = this.#effects = [];
    this.#nowMs = nowMs;
    if (this.#startedMs === undefined) {
      this.#startedMs = nowMs;
      this.#coordinator.start(nowMs);
    }
    if (event.kind === "stop") this.#stop(effects, nowMs);
    else if (event.kind === "tick") this.#tick(nowMs);
    else if (this.#coordinator.has(event.connection)) this.#coordinator.step(event, nowMs);
    else if (this.#jobs.hub.has(event.connection)) this.#jobs.hub.step(event, nowMs);
    else this.#sessions.step(event);
    this.#settle(effects, nowMs);
    return effects;
  }

  #tick(nowMs: number): void {
    this.#coordinator.tick(nowMs);
    if (nowMs >= this.#jobs.hub.wakeAtMs) this.#jobs.hub.tick(nowMs);
  }

  #settle(effects: Effect[], nowMs: number): void {
    // What is answered makes room for reading, and what is read makes work: until nothing is left to do.
    do {
      this.#sessions.settle(effects);
      this.#coordinator.settle(effects, nowMs);
    } while (this.#sessions.isUnsettled);
    this.#jobs.hub.settle(effects, nowMs);
    const isOver = (this.#sessions.size === 0 && this.#jobs.hub.isIdle) || nowMs >= this.#stopAtMs;
    if (this.#stopAtMs !== Infinity && isOver && !this.#stopped) {
      this.#stopped = true;
      this.#stopAtMs = Infinity;
      this.#coordinator.stop();
      this.#coordinator.settle(effects, nowMs);
      effects.push({ kind: "stopped" });
    }
  }

  #stop(effects: Effect[], nowMs: number): void {
    if (this.#stopAtMs !== Infinity || this.#stopped) return;
    this.#stopAtMs = nowMs + STOP_GRACE_MS;
    effects.push({ kind: "stop_listening" });
    this.#sessions.stop();
    this.#jobs.hub.stop(nowMs);
  }

  #request(session: Session, slot: ReplySlot, request: Request): void {
    const nowMs = this.#nowMs;
    switch (request.op) {
      case "ping":
        return this.#sessions.reply(session, slot, encodeOkReply({}, request.id));
      case "hello":
        session.greet(request);
        return this.#sessions.reply(session, slot, helloReply(request, this.#options.facts));
      case "join":
        return this.#join(session, slot, request);
      case "drain":
      case "undrain":
        return this.#sessions.reply(session, slot, this.#drain(request));
      case "channel":
        return this.#channel(session, slot, request);
      case "jobs":
        return this.#sessions.reply(session, slot, this.#jobs.jobs(request, nowMs));
      case "cancel":
        return this.#sessions.reply(session, slot, this.#jobs.cancel(request, nowMs));
      case "status": {
        const status = encodeStatus(this.#coordinator, {
          counters: this.#counters,
          jobs: this.#jobs.hub,
          connections: this.#sessions.size,
          startedMs: this.#startedMs ?? nowMs,
          nowMs,
        });
        return this.#sessions.reply(session, slot, encodeOkReply(status, request.id));
      }
      default: {
        this.#counters.received++;
        if ((request.hops ?? 0) >= MAX_HOPS) {
          this.#counters.failed++;
          const reply = encodeErrorReply(wireError("too_many_hops"), request.id);
          return this.#sessions.reply(session, slot, reply);
        }
        this.#coordinator.submit(this.#pending(session, slot, request), nowMs);
      }
    }
  }

  #pending(session: Session, slot: ReplySlot, request: CalculationRequest): PendingRequest {
    const spare = isArithmetic(request) ? this.#spare.pop() : undefined;
    if (spare === undefined) return new PendingRequest(this, session, slot, request, this.#nowMs);
    spare.serve(session, slot, request as ArithmeticRequest, this.#nowMs);
    return spare;
  }

  /** The worker's connection changes hands: from now on we ask, and it answers. */
  #join(session: Session, slot: ReplySlot, request: JoinRequest): void {
    const refusal = versionMismatch(request.protocol) ?? this.#refusal() ??
      (session.isAlone ? undefined : wireError("join_not_alone"));
    if (refusal !== undefined) {
      return this.#sessions.reply(session, slot, encodeErrorReply(refusal, request.id));
    }
    const before = this.#sessions.release(session);
    const { connection } = session;
    const reply = (text: string) => {
      this.#effects.push({ kind: "write", connection, text: before + text });
    };
    const name = this.#coordinator.join(connection, request, this.#nowMs);
    if (name === undefined) {
      reply(encodeErrorReply(wireError("too_many_workers"), request.id));
      this.#effects.push({ kind: "finish", connection });
      return;
    }
    const members = {
      op: "join",
      protocol: PROTOCOL_VERSION,
      name,
      ...ownFacts(this.#options.facts),
      brief: true,
    };
    reply(encodeOkReply(members, request.id));
  }

  /** The connection changes hands: from now on it carries messages of jobs. */
  #channel(session: Session, slot: ReplySlot, request: ChannelRequest): void {
    const { text, accept } = this.#jobs.channel(request, session, this.#nowMs);
    if (accept === undefined) return this.#sessions.reply(session, slot, text);
    const before = this.#sessions.release(session);
    const { connection } = session;
    this.#effects.push({ kind: "write", connection, text: before + text });
    accept();
  }

  #drain(request: DrainRequest): string {
    const { op, id, worker: name } = request;
    const refusal = this.#refusal();
    if (refusal !== undefined) return encodeErrorReply(refusal, id);
    const worker = this.#coordinator.drain(name, op === "drain", this.#nowMs);
    if (worker === undefined) {
      return encodeErrorReply(wireError("unknown_worker", JSON.stringify(name)), id);
    }
    return encodeOkReply({ op, worker: name, state: worker.health.state }, id);
  }

  /** Why whoever is on the network may not change the cluster, if so. */
  #refusal(): WireError | undefined {
    return this.#options.allowsChanges ? undefined : wireError("not_allowed");
  }

  /** Takes back a request that is over and may be used again. */
  giveBack(call: PendingRequest): void {
    if (this.#spare.length < MAX_SPARE_RECORDS) this.#spare.push(call);
  }

  /** A call is over: its requester gets the reply. */
  answer(call: Call, session: Session, slot: ReplySlot, nowMs: number): void {
    if (call.failure === undefined) this.#counters.answered++;
    else this.#counters.failed++;
    if (session.gone) return;
    const { request, failure } = call;
    const result = failure === undefined && !request.explain ? call.tasks[0]?.outcome : undefined;
    if (typeof result === "number" && isArithmetic(request)) {
      this.#sessions.replyResult(session, slot, request, result);
    } else {
      this.#sessions.reply(session, slot, replyTo(call, nowMs));
    }
  }
}

/** A request that came on a connection, and will be answered there. */
class PendingRequest extends Call {
  readonly #machine: ServerMachine;
  #session: Session | undefined;
  #slot: ReplySlot | undefined;

  constructor(
    machine: ServerMachine,
    session: Session,
    slot: ReplySlot,
    request: CalculationRequest,
    nowMs: number,
  ) {
    super(request, nowMs);
    this.#machine = machine;
    this.#session = session;
    this.#slot = slot;
  }

  get owner(): object {
    return this.#session ?? this;
  }

  get gone(): boolean {
    return this.#session?.gone ?? true;
  }

  /** Begins anew, as {@linkcode Call.renew} does, for whoever has asked now. */
  serve(session: Session, slot: ReplySlot, request: ArithmeticRequest, nowMs: number): void {
    this.#session = session;
    this.#slot = slot;
    this.renew(request, nowMs);
  }

  answer(nowMs: number): void {
    if (this.#session === undefined || this.#slot === undefined) {
      throw new Error("Invariant: a request is answered once");
    }
    this.#machine.answer(this, this.#session, this.#slot, nowMs);
    // Whoever keeps it for later must not keep a connection and what lies in it.
    this.#session = this.#slot = undefined;
    if (!this.isReusable) return;
    this.rest();
    this.#machine.giveBack(this);
  }
}
