import type {
  Address,
  ConnectionId,
  Effect,
  Machine,
  MachineEvent,
} from "../../src/protocol/machine.ts";
import type { Network } from "./network.ts";
import { Socket } from "./socket.ts";
import type { Process } from "./socket.ts";
import { Turns } from "./turns.ts";
import { textEffects } from "../support/effects.ts";

/** How a process is started. */
export interface NodeOptions {
  /** Names it in traces. */
  readonly name: string;
  /** The machine in the network that it runs on. */
  readonly host: string;
  /** Where it listens, if it does. */
  readonly port?: number;
  /** What it does. */
  readonly machine: Machine;
}

/** Ticks at one instant, and in one second, beyond which a machine is taken to spin. */
const MAX_TICKS_AT_ONCE = 50;
const MAX_TICKS_PER_SECOND = 500;

/**
 * A process with a machine inside: does on simulated sockets what src/net/driver.ts does on real ones. It may be
 * stopped and go on later, be slow, have a clock that jumps, be killed.
 */
export class Node implements Process {
  readonly name: string;
  readonly host: string;
  readonly port: number | undefined;
  readonly machine: Machine;
  readonly network: Network;
  /** Whether it still runs: neither killed nor ended. */
  isAlive = true;
  isListening: boolean;
  /** Whether the machine said that it has stopped. */
  hasStopped = false;
  /** How long each step takes before its effects happen and the next begins. */
  stepMs = 0;
  /** How late timers may come. */
  latenessMs = 1;
  /** Ticks that the machine got. */
  ticks = 0;
  /** Steps that the machine took. */
  steps = 0;
  /** Looks at the machine after each of its steps. */
  onStep: ((event: MachineEvent, effects: readonly Effect[]) => void) | undefined;
  readonly #sockets = new Map<ConnectionId, Socket>();
  readonly #dials = new Set<ConnectionId>();
  readonly #finishing = new Set<ConnectionId>();
  readonly #turns: Turns;
  readonly #made = new Set<Socket>();
  #clockOffsetMs = 0;
  #lastAccepted = 0;
  #timerAtMs = Infinity;
  #timer = 0;
  #ticksAtOnce = 0;
  #ticksInSecond = 0;
  #lastTickMs = -1;

  /** A process that has not begun. */
  constructor(network: Network, options: NodeOptions) {
    this.network = network;
    this.#turns = new Turns(network.clock);
    this.name = options.name;
    this.host = options.host;
    this.port = options.port;
    this.machine = options.machine;
    this.isListening = options.port !== undefined;
  }

  get clock(): Network["clock"] {
    return this.network.clock;
  }

  get dice(): Network["dice"] {
    return this.network.dice;
  }

  /** Its own clock. */
  get nowMs(): number {
    return this.clock.nowMs + this.#clockOffsetMs;
  }

  /** Its open connections. */
  get connections(): ReadonlyMap<ConnectionId, Socket> {
    return this.#sockets;
  }

  /** All connections that it ever had, those among them that it was still dialling when it ended. */
  get made(): Iterable<Socket> {
    return this.#made;
  }

  /** Begins. */
  start(): void {
    this.post(() => this.step({ kind: "tick" }));
  }

  post(action: () => void): void {
    if (this.isAlive) this.#turns.add(action);
  }

  /** Stops the process where it is, as SIGSTOP does; its system goes on. */
  hang(): void {
    this.#turns.hang();
  }

  /** Lets it go on; whatever has come in the meantime is there at once. */
  goOn(): void {
    this.#turns.goOn();
  }

  get isHung(): boolean {
    return this.#turns.isHung;
  }

  /** Its clock goes ahead. */
  jump(ms: number): void {
    this.#clockOffsetMs += ms;
    this.#timerAtMs = Infinity;
    this.post(() => this.#setTimer());
  }

  /** Ends it at once; its system closes what it had open, or, with the machine off, says nothing. */
  kill(isPowerCut = false): void {
    this.isAlive = this.isListening = false;
    this.#turns.clear();
    for (const socket of this.#made) {
      if (isPowerCut && !socket.isClosed) socket.reset(Infinity, Infinity);
      socket.close();
    }
    this.#sockets.clear();
    this.#dials.clear();
  }

  /** Gives the machine an event. */
  step(event: MachineEvent): void {
    if (!this.isAlive || this.hasStopped) return;
    this.steps++;
    if (event.kind === "tick") this.#countTick();
    const { trace } = this.network;
    trace.event(this.clock.nowMs, this.name, event);
    const effects = textEffects(this.machine.step(event, this.nowMs));
    for (const effect of effects) trace.effect(this.clock.nowMs, this.name, effect);
    this.onStep?.(event, effects);
    if (this.stepMs === 0) this.carryOut(effects);
    else this.#turns.busyFor(this.stepMs, () => this.carryOut(effects));
  }

  /** Gives the machine an event of a connection that no network knows: its replies are dropped. */
  stepIgnoring(event: MachineEvent, connection: ConnectionId): void {
    if (!this.isAlive || this.hasStopped) return;
    const effects = textEffects(this.machine.step(event, this.nowMs));
    this.carryOut(
      effects.filter((effect) => !("connection" in effect) || effect.connection !== connection),
    );
  }

  /** Does what the machine wants done. */
  carryOut(effects: readonly Effect[]): void {
    if (!this.isAlive) return;
    for (const effect of effects) this.#carryOutOne(effect);
    this.#setTimer();
  }

  #countTick(): void {
    this.ticks++;
    this.#ticksAtOnce = this.clock.nowMs > this.#lastTickMs ? 0 : this.#ticksAtOnce + 1;
    const isNewSecond = Math.floor(this.clock.nowMs / 1000) > Math.floor(this.#lastTickMs / 1000);
    this.#ticksInSecond = isNewSecond ? 1 : this.#ticksInSecond + 1;
    this.#lastTickMs = this.clock.nowMs;
    const isSpinning = this.#ticksAtOnce > MAX_TICKS_AT_ONCE ||
      this.#ticksInSecond > MAX_TICKS_PER_SECOND;
    if (isSpinning) this.network.fault(`${this.name} spins`);
  }

  #carryOutOne(effect: Effect): void {
    switch (effect.kind) {
      case "write":
        return this.#open(effect)?.write(effect.text);
      case "write_bytes":
        return this.#open(effect)?.write(effect.bytes);
      case "pause":
        return this.#open(effect)?.pause();
      case "resume":
        return this.#open(effect)?.resume();
      case "connect":
        return this.#connect(effect.connection, effect.address);
      case "finish":
        this.#finishing.add(effect.connection);
        return this.#sockets.get(effect.connection)?.finish();
      case "close":
        return this.#close(effect.connection);
      case "stop_listening":
        this.isListening = false;
        return;
      case "stopped":
        this.#stop();
    }
  }

  /** The machine knows what is open: whatever it wants of something else is a mistake. */
  #open(effect: { kind: string; connection: ConnectionId }): Socket | undefined {
    const socket = this.#sockets.get(effect.connection);
    if (socket === undefined || this.#finishing.has(effect.connection)) {
      this.network.fault(
        `${this.name}: ${effect.kind} for ${effect.connection}, which is not open`,
      );
    }
    return socket;
  }

  #connect(id: ConnectionId, address: Address): void {
    if (this.#dials.has(id) || this.#sockets.has(id)) {
      this.network.fault(`${this.name}: ${id} is dialled twice`);
    }
    this.#dials.add(id);
    this.network.connect(this, address, {
      isWanted: () => this.isAlive && this.#dials.has(id),
      socket: (line) => this.#newSocket(id, line),
      connected: (socket) => {
        if (!this.isAlive) return socket.close();
        this.post(() => {
          if (!this.#dials.delete(id)) return socket.close();
          this.#add(id, socket, { kind: "connected", connection: id });
        });
      },
      failed: (reason) =>
        this.post(() => {
          if (this.#dials.delete(id)) this.step({ kind: "closed", connection: id, reason });
        }),
    });
  }

  /** A peer has connected: its connection as this process will see it. */
  accept(line: ConstructorParameters<typeof Socket>[1], remote: string): Socket {
    const id = ++this.#lastAccepted;
    const socket = this.#newSocket(id, line);
    this.post(() => {
      if (this.hasStopped || !this.isListening) return socket.close();
      this.#add(id, socket, { kind: "accepted", connection: id, remote });
    });
    return socket;
  }

  #newSocket(id: ConnectionId, line: ConstructorParameters<typeof Socket>[1]): Socket {
    const socket = new Socket(this, line, {
      received: (bytes) => this.step({ kind: "received", connection: id, bytes }),
      ended: () => this.step({ kind: "ended", connection: id }),
      drained: () => this.step({ kind: "drained", connection: id }),
      closed: (reason) => {
        this.#remove(id);
        this.step({ kind: "closed", connection: id, reason });
      },
    });
    this.#made.add(socket);
    return socket;
  }

  #add(id: ConnectionId, socket: Socket, event: MachineEvent): void {
    this.#sockets.set(id, socket);
    this.step(event);
    socket.start();
  }

  #close(id: ConnectionId): void {
    this.#dials.delete(id);
    const socket = this.#sockets.get(id);
    this.#remove(id);
    socket?.close();
  }

  #remove(id: ConnectionId): void {
    this.#sockets.delete(id);
    this.#finishing.delete(id);
    if (this.hasStopped && this.#sockets.size === 0) this.isAlive = false;
  }

  #setTimer(): void {
    const atMs = this.hasStopped ? Infinity : this.machine.wakeAtMs;
    if (atMs >= this.#timerAtMs) return;
    this.#timerAtMs = atMs;
    const timer = ++this.#timer;
    const dueMs = Math.ceil(Math.max(0, atMs - this.nowMs)) + this.latenessMs * this.dice.next();
    this.clock.after(dueMs, () => {
      if (timer === this.#timer) this.post(() => this.#timerFired(timer));
    });
  }

  #timerFired(timer: number): void {
    if (timer !== this.#timer) return;
    this.#timerAtMs = Infinity;
    if (this.nowMs >= this.machine.wakeAtMs) this.step({ kind: "tick" });
    else this.#setTimer();
  }

  /** The machine is done: what it has written still goes out, all else is closed. */
  #stop(): void {
    this.hasStopped = true;
    this.isListening = false;
    this.#dials.clear();
    for (const id of [...this.#sockets.keys()]) if (!this.#finishing.has(id)) this.#close(id);
    if (this.#sockets.size === 0) this.isAlive = false;
  }
}
