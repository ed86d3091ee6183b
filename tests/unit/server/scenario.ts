import { assert, assertEquals } from "@std/assert";
import type { ConnectionId, Effect, MachineEvent } from "../../../src/protocol/machine.ts";
import { ServerMachine } from "../../../src/server/machine.ts";
import { CLOSE, type FakeConnection, FakeWorker, HALF_CLOSE } from "./fake_worker.ts";
import { textEffects } from "../../support/effects.ts";

const encoder = new TextEncoder();

/** A requester, and everything that it got. */
export interface FakeClient {
  readonly id: ConnectionId;
  /** Whole reply lines, without newlines. */
  readonly lines: string[];
  partial: string;
  isPaused: boolean;
  /** The server has ended the connection in good order. */
  isFinished: boolean;
  /** The client has gone. */
  isGone: boolean;
  /** Whether it takes replies off the network; where not, the server hears no `drained`. */
  drains: boolean;
}

/** How a scenario is set up. */
export interface ScenarioOptions {
  readonly workers: number;
  readonly workerTimeoutMs?: number;
  readonly maxLineBytes?: number;
  readonly seed?: number;
  /** Whether joins, drains and undrains are taken; they are if nothing is said. */
  readonly allowsChanges?: boolean;
}

/** How a worker introduces itself when it dials the server. */
export interface Introduction {
  readonly name?: string;
  readonly instance?: string;
  readonly protocol?: number;
}

/** What one worker looks like in the server's status. */
export interface WorkerStatus {
  readonly name: string;
  readonly state: string;
  readonly for_ms: number;
  readonly reason?: string;
  readonly joined: boolean;
  readonly protocol: string;
  readonly in_flight: number;
  readonly completed: number;
  readonly failed: number;
}

/**
 * A server's machine among scripted workers and clients, on a clock that only the test moves. The network
 * takes no time and loses nothing; every write that a worker answers comes back as one chunk. Everything
 * that the machine wants is checked against what a network allows.
 */
export class Scenario {
  readonly machine: ServerMachine;
  readonly workers: readonly FakeWorker[];
  /** Log lines, each after its level. */
  readonly logs: string[] = [];
  nowMs = 0;
  /** When the machine said that it has stopped. */
  stoppedAtMs: number | undefined;
  isListening = true;
  readonly #connections = new Map<ConnectionId, FakeConnection>();
  readonly #clients = new Map<ConnectionId, FakeClient>();
  readonly #events: MachineEvent[] = [];
  readonly #dialled = new Set<ConnectionId>();
  #lastAccepted = 0;
  #isRunning = false;

  constructor(options: ScenarioOptions) {
    this.workers = Array.from(
      { length: options.workers },
      (_, index) => new FakeWorker(`w${index + 1}:6001`),
    );
    this.machine = new ServerMachine({
      workers: this.workers.map(({ name }) => ({ host: name.split(":")[0]!, port: 6001 })),
      workerTimeoutMs: options.workerTimeoutMs ?? 2000,
      maxLineBytes: options.maxLineBytes ?? 1024 * 1024,
      seed: options.seed ?? 1,
      facts: { role: "calc_server", cores: 8, platform: "linux-x86_64" },
      allowsChanges: options.allowsChanges ?? true,
      sha256: () => "",
    });
  }

  /** Starts the server among workers that behave as they have been set up. */
  static started(options: ScenarioOptions, setUp?: (scenario: Scenario) => void): Scenario {
    const scenario = new Scenario(options);
    setUp?.(scenario);
    scenario.step({ kind: "tick" });
    return scenario;
  }

  worker(index: number): FakeWorker {
    const worker = this.workers[index];
    assert(worker !== undefined);
    return worker;
  }

  /** A requester connects. */
  client(): FakeClient {
    const id = ++this.#lastAccepted;
    const client: FakeClient = {
      id,
      lines: [],
      partial: "",
      isPaused: false,
      isFinished: false,
      isGone: false,
      drains: true,
    };
    this.#clients.set(id, client);
    this.step({ kind: "accepted", connection: id, remote: `10.0.0.1:${id}` });
    return client;
  }

  /**
   * A worker dials the server and offers itself. What the server asks over that connection, the worker answers as
   * over one that the server has dialled; the reply to the offer is in `said`.
   */
  join(worker: FakeWorker, introduction: Introduction = {}): FakeConnection {
    const id = ++this.#lastAccepted;
    const connection = { id, worker, isOpen: true, held: [], partial: "" };
    this.#connections.set(id, connection);
    worker.connections.add(connection);
    this.step({ kind: "accepted", connection: id, remote: `10.0.0.2:${id}` });
    const { name = worker.name, instance = `instance of ${worker.name}`, protocol = 1 } =
      introduction;
    const offer = { op: "join", protocol, name, instance, role: "worker", version: "9.9.9" };
    this.says(connection, JSON.stringify({ ...offer, cores: 4, platform: "plan9" }) + "\n");
    return connection;
  }

  /** A client sends text; the buffer is overwritten afterwards, as the network's is. */
  send(client: FakeClient, text: string): void {
    assert(!client.isPaused, "the server has paused this client");
    this.#deliver(client.id, text);
  }

  /** A new client sends one line and gets its reply, which must have come at once. */
  ask(line: string): string {
    const client = this.client();
    this.send(client, line + "\n");
    assertEquals(client.lines.length, 1, `one reply to ${line} at ${this.nowMs} ms`);
    return client.lines[0]!;
  }

  /** A new client sends lines, and takes the replies as they come. */
  asking(...lines: string[]): FakeClient {
    const client = this.client();
    this.send(client, lines.map((line) => line + "\n").join(""));
    return client;
  }

  endSending(client: FakeClient): void {
    this.step({ kind: "ended", connection: client.id });
  }

  leave(client: FakeClient): void {
    if (client.isGone || client.isFinished) return;
    client.isGone = true;
    this.step({ kind: "closed", connection: client.id, reason: "connection reset" });
  }

  drain(client: FakeClient): void {
    this.step({ kind: "drained", connection: client.id });
  }

  /** A worker sends something on a connection. */
  says(connection: FakeConnection, text: string): void {
    this.#deliver(connection.id, text);
  }

  /** A worker answers everything that it has held back. */
  release(worker: FakeWorker, respond: (line: string) => string): void {
    for (const connection of [...worker.connections]) {
      const lines = connection.held.splice(0);
      if (lines.length > 0) this.says(connection, lines.map(respond).join(""));
    }
  }

  /** All connections of a worker are lost. */
  cut(worker: FakeWorker, reason = "connection reset"): void {
    for (const connection of [...worker.connections]) {
      this.#forget(connection);
      this.#push({ kind: "closed", connection: connection.id, reason });
    }
    this.#run();
  }

  /** A dial that had no answer until now succeeds after all. */
  open(worker: FakeWorker, id: ConnectionId): void {
    const connection = this.#connections.get(id);
    assert(connection !== undefined && connection.worker === worker && !connection.isOpen);
    connection.isOpen = true;
    worker.connections.add(connection);
    this.step({ kind: "connected", connection: id });
  }

  /** A worker dies: its connections are reset and new ones refused. */
  kill(worker: FakeWorker): void {
    worker.connects = "refuses";
    this.cut(worker);
  }

  /** Gives the machine an event, and carries out what follows, until all is quiet. */
  step(event: MachineEvent): void {
    this.#push(event);
    this.#run();
  }

  /** Time passes, with a tick whenever the machine has asked for one. */
  advance(ms: number): void {
    const untilMs = this.nowMs + ms;
    let ticksNow = 0;
    while (this.machine.wakeAtMs <= untilMs) {
      const atMs = Math.max(this.nowMs, this.machine.wakeAtMs);
      ticksNow = atMs > this.nowMs ? 0 : ticksNow + 1;
      assert(ticksNow < 50, `no endless ticking at ${this.nowMs} ms`);
      this.nowMs = atMs;
      this.step({ kind: "tick" });
    }
    this.nowMs = untilMs;
  }

  /** The server's status, asked on a connection of its own. */
  status(): { requests: Record<string, number>; workers: WorkerStatus[]; connections: number } {
    const client = this.client();
    this.send(client, '{"op":"status"}\n');
    const status = JSON.parse(client.lines[0]!);
    this.leave(client);
    return status;
  }

  states(): string[] {
    return this.status().workers.map((worker) => worker.state);
  }

  /** Nothing is in flight anywhere, and the machine wakes in the future, soon if a worker is to be dialled. */
  assertQuiet(): void {
    const { requests, workers } = this.status();
    assertEquals([requests.in_flight, requests.waiting], [0, 0], "nothing in flight or waiting");
    for (const worker of workers) assertEquals(worker.in_flight, 0, `${worker.name} has no work`);
    assert(this.machine.wakeAtMs > this.nowMs, `wakes later: ${this.machine.wakeAtMs}`);
    const isDown = workers.some(({ state }) => state === "down" || state === "connecting");
    if (isDown) assert(this.machine.wakeAtMs <= this.nowMs + 1000, "wakes to dial again");
  }

  #deliver(connection: ConnectionId, text: string): void {
    const bytes = encoder.encode(text);
    this.step({ kind: "received", connection, bytes });
  }

  #push(event: MachineEvent): void {
    this.#events.push(event);
  }

  #run(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    for (let event; (event = this.#events.shift()) !== undefined;) {
      if (!this.#reaches(event)) continue;
      const effects = textEffects(this.machine.step(event, this.nowMs));
      if (event.kind === "received") event.bytes.fill(0x0a);
      for (const effect of effects) this.#carryOut(effect);
    }
    this.#isRunning = false;
  }

  /** Whether the event still happens: a connection that has been closed brings none. */
  #reaches(event: MachineEvent): boolean {
    if (event.kind === "tick" || event.kind === "stop") return true;
    const { connection } = event;
    if (event.kind === "closed") return true;
    const client = this.#clients.get(connection);
    if (client === undefined) return this.#connections.get(connection)?.isOpen === true;
    return !client.isFinished;
  }

  #carryOut(effect: Effect): void {
    assert(this.stoppedAtMs === undefined, `nothing after "stopped", but ${effect.kind}`);
    if (effect.kind === "log") this.logs.push(`${effect.level} ${effect.text}`);
    else if (effect.kind === "stopped") this.stoppedAtMs = this.nowMs;
    else if (effect.kind === "stop_listening") {
      assert(this.isListening);
      this.isListening = false;
    } else if (effect.kind === "connect") this.#connect(effect.connection, effect.address.host);
    else {
      const client = this.#clients.get(effect.connection);
      if (client === undefined) this.#toWorker(effect, this.#connections.get(effect.connection));
      else this.#toClient(effect, client);
    }
  }

  #connect(id: ConnectionId, host: string): void {
    assert(id < 0 && !this.#dialled.has(id), `a new number for a new connection: ${id}`);
    this.#dialled.add(id);
    const worker = this.workers.find(({ name }) => name.startsWith(`${host}:`));
    assert(worker !== undefined);
    worker.dialledAtMs.push(this.nowMs);
    if (worker.connects === "refuses") {
      this.#push({ kind: "closed", connection: id, reason: "connection refused" });
      return;
    }
    const connection = { id, worker, isOpen: worker.connects === "accepts", held: [], partial: "" };
    this.#connections.set(id, connection);
    if (!connection.isOpen) return;
    worker.connections.add(connection);
    worker.mostConnections = Math.max(worker.mostConnections, worker.connections.size);
    this.#push({ kind: "connected", connection: id });
  }

  #toWorker(effect: Effect, connection: FakeConnection | undefined): void {
    if (effect.kind === "close" || effect.kind === "finish") {
      assert(effect.kind === "close" || effect.connection > 0, "only who dialled us is finished");
      if (connection !== undefined) this.#forget(connection);
      return;
    }
    assert(effect.kind === "write", `no ${effect.kind} for a worker's connection`);
    assert(
      connection !== undefined && this.#connections.has(effect.connection),
      "open when written",
    );
    // It may have been lost while this write was on its way.
    if (!connection.isOpen) return;
    const lines = (connection.partial + effect.text).split("\n");
    connection.partial = lines.pop()!;
    let text = "";
    let end: typeof CLOSE | typeof HALF_CLOSE | undefined;
    for (const line of lines) {
      const response = connection.worker.respond(line, connection, this.nowMs);
      if (typeof response === "string") text += response;
      else if (typeof response === "object") {
        text += response.text;
        end = CLOSE;
      } else if (response !== undefined) end = response;
    }
    if (text !== "") {
      this.#push({ kind: "received", connection: connection.id, bytes: encoder.encode(text) });
    }
    if (end === HALF_CLOSE) this.#push({ kind: "ended", connection: connection.id });
    if (end === CLOSE) {
      this.#push({ kind: "closed", connection: connection.id, reason: "closed by the worker" });
      connection.worker.connections.delete(connection);
    }
  }

  #forget(connection: FakeConnection): void {
    connection.isOpen = false;
    connection.worker.connections.delete(connection);
    this.#connections.delete(connection.id);
  }

  #toClient(effect: Effect, client: FakeClient): void {
    assert(
      !client.isGone && !client.isFinished,
      `nothing for a client that is gone: ${effect.kind}`,
    );
    switch (effect.kind) {
      case "write": {
        const lines = (client.partial + effect.text).split("\n");
        client.partial = lines.pop()!;
        client.lines.push(...lines);
        if (client.drains) this.#push({ kind: "drained", connection: client.id });
        return;
      }
      case "finish":
        client.isFinished = true;
        return;
      case "pause":
      case "resume":
        assertEquals(client.isPaused, effect.kind === "resume", `${effect.kind} changes something`);
        client.isPaused = effect.kind === "pause";
        return;
      default:
        throw new Error(`no ${effect.kind} for a client`);
    }
  }
}

/** The lines of the common replies, to be compared. */
export const NO_WORKER = '{"ok":false,"error":"ningún worker disponible"}';
export const ADD = '{"op":"add","a":10,"b":5}';
export const SUM_15 = '{"ok":true,"result":15.0,"a":10.0,"b":5.0,"op":"add"}';
export const SUM_0 = '{"op":"sum_squares","n":0}';
export const NOTHING = '{"ok":true,"result":0,"parts":[]}';
export const SUM_9 = '{"op":"sum_squares","n":9}';
export const PARTS_9 = '{"ok":true,"result":285,"parts":[{"a":1,"b":3,"result":14},' +
  '{"a":4,"b":6,"result":77},{"a":7,"b":9,"result":194}]}';
