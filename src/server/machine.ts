import { STOP_GRACE_MS } from "../limits.ts";
import { encodeOkReply } from "../protocol/encode.ts";
import { helloReply } from "../protocol/hello.ts";
import type { Address, Effect, Machine, MachineEvent } from "../protocol/machine.ts";
import type { Request } from "../protocol/messages.ts";
import type { ReplySlot, Session } from "../protocol/session.ts";
import { Sessions } from "../protocol/sessions.ts";
import { Coordinator, type CoordinatorOptions } from "../scheduling/coordinator.ts";
import type { Requester } from "../scheduling/work.ts";
import { replyTo } from "./replies.ts";
import { encodeStatus, type ServerCounters } from "./status.ts";

/** How a server's machine is set up. */
export interface ServerMachineOptions extends CoordinatorOptions {
  /** Longest request line in bytes. */
  readonly maxLineBytes: number;
}

/**
 * The server role without sockets and clock: requesters' sessions on one side, the coordinator with its
 * workers on the other. Connections with a positive number are requesters', negative ones lead to workers.
 */
export class ServerMachine implements Machine {
  readonly #coordinator: Coordinator;
  readonly #sessions: Sessions;
  readonly #counters: ServerCounters = { received: 0, answered: 0, failed: 0 };
  #startedMs: number | undefined;
  #nowMs = 0;
  #stopAtMs = Infinity;
  #stopped = false;

  /** A server that has not begun. Its first step dials the workers. */
  constructor(options: ServerMachineOptions) {
    this.#coordinator = new Coordinator(options);
    this.#sessions = new Sessions(options.maxLineBytes, {
      mayRead: () => this.#coordinator.hasRoom,
      request: (session, slot, request) => this.#request(session, slot, request),
    });
  }

  /** When a tick is due. */
  get wakeAtMs(): number {
    return Math.min(this.#coordinator.wakeAtMs, this.#stopAtMs);
  }

  /** Gives the worker at a place another address. */
  readdress(index: number, address: Address, nowMs: number): Effect[] {
    const effects: Effect[] = [];
    this.#coordinator.workers[index]?.readdress(address, nowMs);
    this.#settle(effects, nowMs);
    return effects;
  }

  /** Takes one event. */
  step(event: MachineEvent, nowMs: number): Effect[] {
    const effects: Effect[] = [];
    this.#nowMs = nowMs;
    if (this.#startedMs === undefined) {
      this.#startedMs = nowMs;
      this.#coordinator.start(nowMs);
    }
    if (event.kind === "stop") this.#stop(effects, nowMs);
    else if (event.kind === "tick") this.#coordinator.tick(nowMs);
    else if (event.connection > 0) this.#sessions.step(event);
    else this.#coordinator.step(event, nowMs);
    this.#settle(effects, nowMs);
    return effects;
  }

  #settle(effects: Effect[], nowMs: number): void {
    this.#sessions.settle(effects);
    this.#coordinator.settle(effects, nowMs);
    // Work that could not be placed has been answered just now.
    this.#sessions.settle(effects);
    const isOver = this.#sessions.size === 0 || nowMs >= this.#stopAtMs;
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
  }

  #request(session: Session, slot: ReplySlot, request: Request): void {
    const nowMs = this.#nowMs;
    switch (request.op) {
      case "ping":
        return this.#sessions.reply(session, slot, encodeOkReply({}, request.id));
      case "hello":
        return this.#sessions.reply(session, slot, helloReply(request, "calc_server"));
      case "status": {
        const status = encodeStatus(this.#coordinator, {
          counters: this.#counters,
          connections: this.#sessions.size,
          startedMs: this.#startedMs ?? nowMs,
          nowMs,
        });
        return this.#sessions.reply(session, slot, encodeOkReply(status, request.id));
      }
      default: {
        this.#counters.received++;
        this.#coordinator.submit(request, this.#requester(session, slot), nowMs);
      }
    }
  }

  #requester(session: Session, slot: ReplySlot): Requester {
    return {
      get gone() {
        return session.gone;
      },
      answer: (call, nowMs) => {
        if (call.failure === undefined) this.#counters.answered++;
        else this.#counters.failed++;
        if (!session.gone) this.#sessions.reply(session, slot, replyTo(call, nowMs));
      },
    };
  }
}
