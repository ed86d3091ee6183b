import { LineFramer } from "../../src/protocol/framing.ts";
import type {
  Address,
  ConnectionEvent,
  ConnectionId,
  Effect,
  Machine,
  MachineEvent,
} from "../../src/protocol/machine.ts";
import type { JobFunction } from "./job_function.ts";
import { JobRunner } from "./job_runner.ts";

/** How a worker that runs code is. */
export interface JobWorkerOptions {
  readonly slots: number;
  readonly slowness: number;
  readonly work: JobFunction;
  /** What it does beside jobs. */
  readonly inner: Machine;
  /** Of a joined worker: whom it dials a channel to, and as which instance. */
  readonly join?: { readonly servers: readonly Address[]; readonly instance: string };
  /** An item kills it. */
  readonly die: () => void;
}

const REDIAL_MS = 200;

/** A worker whose slots are simulated: a real one in all that is no job, and a runner on each channel. */
export class JobWorker implements Machine {
  readonly #options: JobWorkerOptions;
  readonly #runners = new Map<ConnectionId, JobRunner>();
  /** Connections of which the first line has not come whole. */
  readonly #unknown = new Map<ConnectionId, Uint8Array>();
  /** Channels that it dials itself, and those that wait for the reply. */
  readonly #dials = new Map<ConnectionId, { server: Address; framer: LineFramer }>();
  readonly #redials: { server: Address; atMs: number }[] = [];
  readonly #codes = new Set<string>();
  #lastDial = -1_000_000;
  #effects: Effect[] = [];
  #isLeaving = false;
  #hasBegun = false;

  constructor(options: JobWorkerOptions) {
    this.#options = options;
  }

  get wakeAtMs(): number {
    let atMs = this.#options.inner.wakeAtMs;
    for (const runner of this.#runners.values()) atMs = Math.min(atMs, runner.wakeAtMs);
    for (const redial of this.#redials) atMs = Math.min(atMs, redial.atMs);
    return atMs;
  }

  /** What a requester did against the rules. */
  get fault(): string | undefined {
    return [...this.#runners.values()].find(({ fault }) => fault !== undefined)?.fault;
  }

  step(event: MachineEvent, nowMs: number): Effect[] {
    const effects: Effect[] = this.#effects = [];
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      for (const server of this.#options.join?.servers ?? []) {
        this.#redials.push({ server, atMs: nowMs + 20 });
      }
    }
    if (event.kind === "tick") this.#tick(nowMs);
    if (event.kind === "stop") {
      this.#isLeaving = true;
      for (const runner of this.#runners.values()) runner.leave();
    }
    if (event.kind === "tick" || event.kind === "stop") this.#inner(event, nowMs);
    else this.#connectionEvent(event, nowMs);
    return effects;
  }

  #inner(event: MachineEvent, nowMs: number): void {
    this.#effects.push(...this.#options.inner.step(event, nowMs));
  }

  #tick(nowMs: number): void {
    for (const runner of this.#runners.values()) runner.tick(nowMs);
    if (this.#isLeaving) {
      for (const [connection, runner] of this.#runners) {
        if (!runner.isIdle) continue;
        this.#runners.delete(connection);
        this.#effects.push({ kind: "finish", connection });
      }
    }
    for (const redial of [...this.#redials]) {
      if (nowMs < redial.atMs) continue;
      this.#redials.splice(this.#redials.indexOf(redial), 1);
      if (this.#isLeaving) continue;
      const connection = --this.#lastDial;
      this.#dials.set(connection, { server: redial.server, framer: new LineFramer(4096) });
      this.#effects.push({ kind: "connect", connection, address: redial.server });
    }
  }

  #connectionEvent(event: ConnectionEvent, nowMs: number): void {
    const { connection } = event;
    const runner = this.#runners.get(connection);
    const dial = this.#dials.get(connection);
    if (runner !== undefined) this.#runnerEvent(runner, event, nowMs);
    else if (dial !== undefined) this.#dialEvent(dial, event, nowMs);
    else if (event.kind === "accepted") {
      this.#unknown.set(connection, new Uint8Array(0));
      this.#inner(event, nowMs);
    } else if (event.kind === "received" && this.#unknown.has(connection)) {
      this.#firstBytes(connection, event.bytes, nowMs);
    } else {
      this.#unknown.delete(connection);
      this.#inner(event, nowMs);
    }
  }

  #runnerEvent(runner: JobRunner, event: ConnectionEvent, nowMs: number): void {
    const { connection } = event;
    if (event.kind === "received") return runner.received(event.bytes, nowMs);
    if (event.kind !== "closed" && event.kind !== "ended") return;
    this.#runners.delete(connection);
    if (event.kind === "ended") this.#effects.push({ kind: "close", connection });
    const server = this.#dials.get(connection)?.server ??
      (connection < -1_000_000 ? this.#options.join?.servers[0] : undefined);
    if (server !== undefined) this.#redials.push({ server, atMs: nowMs + REDIAL_MS });
  }

  #firstBytes(connection: ConnectionId, bytes: Uint8Array, nowMs: number): void {
    const before = this.#unknown.get(connection)!;
    const all = new Uint8Array([...before, ...bytes]);
    if (!all.includes(0x0a)) {
      this.#unknown.set(connection, all);
      return;
    }
    this.#unknown.delete(connection);
    const line = new TextDecoder().decode(all.subarray(0, all.indexOf(0x0a)));
    if (!line.startsWith('{"op":"channel"')) {
      return this.#inner({ kind: "received", connection, bytes: all }, nowMs);
    }
    this.#inner({ kind: "closed", connection, reason: "it is a channel" }, nowMs);
    const { slots } = this.#options;
    const text = `{"ok":true,"op":"channel","protocol":1,"role":"worker","slots":${slots}}\n`;
    this.#effects.push({ kind: "write", connection, text });
    const runner = this.#newRunner(connection);
    runner.received(all.slice(all.indexOf(0x0a) + 1), nowMs);
    if (this.#isLeaving) runner.leave();
  }

  #dialEvent(
    dial: { server: Address; framer: LineFramer },
    event: ConnectionEvent,
    nowMs: number,
  ): void {
    const { connection } = event;
    const { server, framer } = dial;
    if (event.kind === "connected") {
      const { instance } = this.#options.join!;
      const { slots } = this.#options;
      const request = { op: "channel", protocol: 1, instance, slots };
      this.#effects.push({ kind: "write", connection, text: JSON.stringify(request) + "\n" });
    } else if (event.kind === "received") {
      framer.push(event.bytes);
      if (!framer.next()) return framer.settle();
      const line = new TextDecoder().decode(framer.bytes.subarray(framer.start, framer.end));
      const rest = framer.bytes.slice(framer.end + 1, framer.end + 1 + framer.pendingBytes);
      this.#dials.delete(connection);
      if (line.startsWith('{"ok":true')) this.#newRunner(connection).received(rest, nowMs);
      else {
        this.#effects.push({ kind: "close", connection });
        this.#redials.push({ server, atMs: nowMs + REDIAL_MS });
      }
    } else if (event.kind === "closed" || event.kind === "ended") {
      this.#dials.delete(connection);
      if (event.kind === "ended") this.#effects.push({ kind: "close", connection });
      this.#redials.push({ server, atMs: nowMs + REDIAL_MS });
    }
  }

  #newRunner(connection: ConnectionId): JobRunner {
    const { slots, slowness, work, die } = this.#options;
    const runner = new JobRunner({ slots, slowness, work, codes: this.#codes }, {
      send: (text, payload) => {
        this.#effects.push({ kind: "write", connection, text });
        if (payload !== undefined && payload.length > 0) {
          this.#effects.push({ kind: "write_bytes", connection, bytes: payload });
        }
      },
      die,
    });
    this.#runners.set(connection, runner);
    return runner;
  }
}
