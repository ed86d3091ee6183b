import { MAX_CONNECTIONS } from "../limits.ts";
import { formatAddress } from "../protocol/address.ts";
import type { ConnectionId, Effect, LogLevel, Machine } from "../protocol/machine.ts";
import type { MachineEvent } from "../protocol/machine.ts";
import { giveBackLines } from "../protocol/line_writer.ts";
import { Queue } from "../protocol/queue.ts";
import { nowMs } from "./clock.ts";
import { Connection } from "./connection.ts";
import { type Dial, Dialler } from "./dialler.ts";
import type { Listener } from "./listener.ts";
import { describeNetworkError } from "./network_error.ts";
import { Buffers } from "./buffers.ts";

/** A process of our own that has been started and has connected to us. */
export interface Spawned {
  readonly conn: Deno.TcpConn;
  /** Ends it at once. */
  kill(): void;
}

/** Starts processes for a machine that wants them. */
export interface Spawner {
  /**
   * Starts one, and waits until it has connected.
   *
   * @throws {Error} If it does not; nothing of it is left then.
   */
  spawn(): Promise<Spawned>;
  /** Ends everything that was started and has not connected yet; nothing can be started any more. */
  close(): void;
}

/** What a driver connects. */
export interface DriverOptions {
  /** Where peers come in, for roles that have peers coming in. */
  readonly listener?: Listener;
  /** What starts processes, for roles that start any. */
  readonly spawner?: Spawner;
  /** Takes the machine's log lines. */
  readonly log: (level: LogLevel, text: string) => void;
}

/** Carries out on real sockets what a machine wants, and tells the machine what happens there. */
export class Driver {
  readonly #machine: Machine;
  readonly #options: DriverOptions;
  readonly #connections = new Map<ConnectionId, Connection>();
  readonly #dials = new Map<ConnectionId, Dial>();
  /** Processes that are being started. */
  readonly #spawns = new Set<ConnectionId>();
  /** How the processes behind connections are ended. */
  readonly #kills = new Map<ConnectionId, () => void>();
  readonly #finishing = new Set<Connection>();
  readonly #dialler = new Dialler();
  readonly #buffers = new Buffers();
  readonly #stopped = Promise.withResolvers<void>();
  #lastAccepted = 0;
  #roomMade: (() => void) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerAtMs = Infinity;
  #isStopped = false;
  readonly #due = new Queue<Effect>();
  #isCarryingOut = false;
  #accepting: Promise<void> | undefined;

  /** A driver that does nothing yet. */
  constructor(machine: Machine, options: DriverOptions) {
    this.#machine = machine;
    this.#options = options;
  }

  /** Resolves when the machine has stopped and everything is closed. */
  get stopped(): Promise<void> {
    return this.#stopped.promise;
  }

  /** Begins: the machine's first step, and accepting. */
  start(): void {
    this.step({ kind: "tick" });
    this.#accepting = this.#options.listener?.run(
      (conn) => this.#accepted(conn),
      (reason) => this.#options.log("warn", `cannot accept a connection: ${reason}`),
    );
  }

  /** Gives the machine an event. */
  step(event: MachineEvent): void {
    if (!this.#isStopped) this.carryOut(this.#machine.step(event, nowMs()));
  }

  /** Does what the machine wants done. */
  carryOut(effects: readonly Effect[]): void {
    // An effect may make something happen at once: what follows from that comes after what is due already.
    if (this.#isCarryingOut) {
      for (const effect of effects) this.#due.push(effect);
      return;
    }
    this.#isCarryingOut = true;
    try {
      for (const effect of effects) this.#carryOutOne(effect);
      for (let effect = this.#due.shift(); effect !== undefined; effect = this.#due.shift()) {
        this.#carryOutOne(effect);
      }
    } finally {
      // A logger of the library's user may throw.
      this.#isCarryingOut = false;
      this.#setTimer();
    }
  }

  #carryOutOne(effect: Effect): void {
    switch (effect.kind) {
      case "write":
        return this.#connections.get(effect.connection)?.write(effect.text);
      case "write_lines": {
        const connection = this.#connections.get(effect.connection);
        if (connection === undefined) giveBackLines(effect.lines);
        else connection.writeLines(effect.lines);
        return;
      }
      case "write_bytes":
        return this.#connections.get(effect.connection)?.writeBytes(effect.bytes);
      case "spawn":
        this.#spawn(effect.connection);
        return;
      case "pause":
        return this.#connections.get(effect.connection)?.pause();
      case "resume":
        return this.#connections.get(effect.connection)?.resume();
      case "connect":
        this.#connect(effect.connection, effect.address);
        return;
      case "finish":
        return this.#finish(effect.connection);
      case "close":
        return this.#close(effect.connection);
      case "log":
        return this.#options.log(effect.level, effect.text);
      case "stop_listening":
        return this.#options.listener?.close();
      case "stopped":
        this.#stop();
    }
  }

  async #accepted(conn: Deno.TcpConn): Promise<void> {
    if (this.#isStopped) return conn.close();
    const id = ++this.#lastAccepted;
    const { hostname: host, port } = conn.remoteAddr;
    this.#add(id, conn, {
      kind: "accepted",
      connection: id,
      remote: formatAddress({ host, port }),
    });
    // Who comes when we are full waits in the system's queue.
    if (this.#connections.size >= MAX_CONNECTIONS) {
      await new Promise<void>((resolve) => this.#roomMade = resolve);
    }
  }

  async #connect(id: ConnectionId, address: { host: string; port: number }): Promise<void> {
    const dial = this.#dialler.dial(address);
    this.#dials.set(id, dial);
    let conn: Deno.TcpConn;
    // Only the network may fail here: what the machine throws is a bug, and must not look like a dial that failed.
    try {
      conn = await dial.connected;
    } catch (error) {
      if (!this.#dials.delete(id)) return;
      return this.step({ kind: "closed", connection: id, reason: describeNetworkError(error) });
    }
    if (this.#dials.delete(id)) this.#add(id, conn, { kind: "connected", connection: id });
  }

  async #spawn(id: ConnectionId): Promise<void> {
    this.#spawns.add(id);
    let spawned: Spawned;
    try {
      if (this.#options.spawner === undefined) throw new Error("nothing can be started here");
      spawned = await this.#options.spawner.spawn();
    } catch (error) {
      if (!this.#spawns.delete(id)) return;
      const reason = error instanceof Error ? error.message : String(error);
      return this.step({ kind: "closed", connection: id, reason });
    }
    const { conn, kill } = spawned;
    if (!this.#spawns.delete(id)) {
      kill();
      conn.close();
      return;
    }
    this.#kills.set(id, kill);
    this.#add(id, conn, { kind: "connected", connection: id });
  }

  #add(id: ConnectionId, conn: Deno.TcpConn, event: MachineEvent): void {
    const connection = new Connection(conn, this.#buffers, {
      received: (bytes) => this.step({ kind: "received", connection: id, bytes }),
      ended: () => this.step({ kind: "ended", connection: id }),
      drained: () => this.step({ kind: "drained", connection: id }),
      closed: (reason) => {
        this.#remove(id, connection);
        this.step({ kind: "closed", connection: id, reason });
      },
    });
    this.#connections.set(id, connection);
    this.step(event);
    connection.start();
  }

  #finish(id: ConnectionId): void {
    const connection = this.#connections.get(id);
    if (connection === undefined) return;
    this.#finishing.add(connection);
    connection.finish();
  }

  #close(id: ConnectionId): void {
    this.#spawns.delete(id);
    const dial = this.#dials.get(id);
    if (dial !== undefined) {
      this.#dials.delete(id);
      dial.abandon();
    }
    const connection = this.#connections.get(id);
    if (connection === undefined) return;
    this.#remove(id, connection);
    connection.close();
  }

  #remove(id: ConnectionId, connection: Connection): void {
    this.#connections.delete(id);
    this.#finishing.delete(connection);
    this.#kills.get(id)?.();
    this.#kills.delete(id);
    this.#roomMade?.();
    this.#roomMade = undefined;
    if (this.#isStopped) this.#end();
  }

  #setTimer(): void {
    const atMs = this.#isStopped ? Infinity : this.#machine.wakeAtMs;
    if (atMs >= this.#timerAtMs) return;
    clearTimeout(this.#timer);
    this.#timerAtMs = atMs;
    this.#timer = setTimeout(() => {
      this.#timerAtMs = Infinity;
      if (nowMs() >= this.#machine.wakeAtMs) this.step({ kind: "tick" });
      else this.#setTimer();
    }, Math.min(Math.max(0, Math.ceil(atMs - nowMs())), 2 ** 31 - 1));
  }

  /** The machine is done: what it has written still goes out, all else is closed. */
  #stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#options.listener?.close();
    for (const dial of this.#dials.values()) dial.abandon();
    this.#dials.clear();
    this.#spawns.clear();
    this.#options.spawner?.close();
    for (const [id, connection] of [...this.#connections]) {
      if (this.#finishing.has(connection)) connection.closeSoon();
      else this.#close(id);
    }
    this.#end();
  }

  /** Everything is closed, the listening socket too: its port is free when this is known. */
  #end(): void {
    if (this.#connections.size > 0) return;
    Promise.resolve(this.#accepting).then(() => this.#stopped.resolve());
  }
}
