import { ChannelFramer } from "../../src/jobs/channel_framer.ts";
import type { ConnectionId, Effect, Machine, MachineEvent } from "../../src/protocol/machine.ts";
import { WorkerMachine, type WorkerMachineOptions } from "../../src/worker/machine.ts";
import { textEffects } from "../support/effects.ts";

const encoder = new TextEncoder();

/** A real worker of one slot, in which whatever is begun never ends and hears nothing but the end of its process. */
export class BusyWorker implements Machine {
  /** Slots that are at an item. */
  readonly busy: Set<ConnectionId> = new Set();
  readonly #inner: WorkerMachine;
  readonly #slots = new Map<ConnectionId, ChannelFramer>();
  #events: MachineEvent[] = [];

  constructor(options: WorkerMachineOptions) {
    const code = { slots: 1, sha256: () => "5".repeat(64) };
    this.#inner = new WorkerMachine({ ...options, code });
  }

  get wakeAtMs(): number {
    return this.#inner.wakeAtMs;
  }

  step(event: MachineEvent, nowMs: number): Effect[] {
    const others: Effect[] = [];
    this.#events = [event];
    for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
      for (const effect of textEffects(this.#inner.step(next, nowMs))) {
        if (!this.#takes(effect)) others.push(effect);
      }
    }
    return others;
  }

  /** Does what is wanted of a slot; gives whether it was that. */
  #takes(effect: Effect): boolean {
    if (!("connection" in effect)) return false;
    const { connection } = effect;
    if (effect.kind === "spawn") {
      this.#slots.set(connection, new ChannelFramer());
      this.#events.push({ kind: "connected", connection });
    }
    const framer = this.#slots.get(connection);
    if (framer === undefined) return false;
    if (effect.kind === "close") {
      this.#slots.delete(connection);
      this.busy.delete(connection);
    } else if (effect.kind === "write") framer.push(encoder.encode(effect.text));
    else if (effect.kind === "write_bytes") framer.push(effect.bytes.slice());
    for (let one = framer.next(); one !== undefined; one = framer.next()) {
      const { op, chunk } = one.members;
      if (op === "chunk") this.#say(connection, { op: "started", job: 1, chunk });
      if (op === "chunk") this.busy.add(connection);
      // The process lives, and answers that beside its item.
      if (op === "ping") this.#say(connection, { op: "pong" });
    }
    return true;
  }

  #say(connection: ConnectionId, message: object): void {
    const bytes = encoder.encode(JSON.stringify(message) + "\n");
    this.#events.push({ kind: "received", connection, bytes });
  }
}
