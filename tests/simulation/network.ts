import type { Address } from "../../src/protocol/machine.ts";
import type { Clock } from "./clock.ts";
import type { Dice } from "./dice.ts";
import type { Node } from "./node.ts";
import type { Line } from "./pipe.ts";
import { Socket } from "./socket.ts";
import type { Trace } from "./trace.ts";

/** How fast and wide the connections of a run are. */
export interface NetworkOptions {
  /** The shortest time that bytes take, in milliseconds. */
  readonly delayMs: number;
  /** What may come on top of it. */
  readonly jitterMs: number;
  /** Bytes that systems hold for a program that does not read. */
  readonly capacityBytes: number;
}

/** What a dialling process has for the network. */
export interface Dialling {
  /** Whether it still waits. */
  isWanted(): boolean;
  /** Its end of the connection. */
  socket(line: Line): Socket;
  connected(socket: Socket): void;
  failed(reason: string): void;
}

/** The network between all processes: who listens where, and how the ways between machines are. */
export class Network {
  readonly clock: Clock;
  readonly dice: Dice;
  readonly trace: Trace;
  /** What went against the rules in this run. */
  readonly faults: string[] = [];
  readonly #options: NetworkOptions;
  readonly #listening = new Map<string, Node>();
  readonly #lines = new Map<string, Line>();
  readonly #silent = new Set<string>();

  /** A network that nobody is in. */
  constructor(clock: Clock, dice: Dice, trace: Trace, options: NetworkOptions) {
    this.clock = clock;
    this.dice = dice;
    this.trace = trace;
    this.#options = options;
  }

  /** Notes that something went against the rules; the run ends as failed. */
  fault(text: string): void {
    if (this.faults.length < 20) {
      this.faults.push(`${this.clock.nowMs.toFixed(3)}: ${text}`);
      this.trace.note(this.clock.nowMs, "!!!!", text);
    }
  }

  /** A process listens. */
  add(node: Node): void {
    if (node.port !== undefined) this.#listening.set(`${node.host}:${node.port}`, node);
  }

  /** A host is off, or on again: nothing answers there. */
  switchOff(host: string, isOff: boolean): void {
    if (isOff) this.#silent.add(host);
    else this.#silent.delete(host);
  }

  /** The way between two hosts is blocked until a time; nothing is lost, systems send again. */
  block(one: string, other: string, untilMs: number): void {
    for (const line of [this.#line(one, other), this.#line(other, one)]) {
      line.blockedUntilMs = Math.max(line.blockedUntilMs, untilMs);
    }
  }

  /** All ways are free. */
  unblock(): void {
    for (const line of this.#lines.values()) line.blockedUntilMs = this.clock.nowMs;
  }

  /** A process dials an address. */
  connect(node: Node, address: Address, dialling: Dialling): void {
    const there = this.#line(node.host, address.host);
    const back = this.#line(address.host, node.host);
    const { delayMs, jitterMs } = this.#options;
    const wayMs = () => delayMs + jitterMs * this.dice.next();
    const arrive = () => {
      if (!dialling.isWanted()) return;
      if (this.clock.nowMs < there.blockedUntilMs) {
        // The system tries again, later and later; it may come through.
        this.clock.at(there.blockedUntilMs + 1000 * this.dice.next(), arrive);
        return;
      }
      if (this.#silent.has(address.host)) return;
      const peer = this.#listening.get(`${address.host}:${address.port}`);
      if (peer === undefined || !peer.isAlive || !peer.isListening) {
        this.clock.after(wayMs(), () => dialling.failed("connection refused"));
        return;
      }
      const ours = dialling.socket(back);
      Socket.join(ours, peer.accept(there, `${node.host}:1`));
      this.clock.after(wayMs(), () => dialling.connected(ours));
    };
    this.clock.after(wayMs(), arrive);
  }

  #line(from: string, to: string): Line {
    const key = `${from}>${to}`;
    let line = this.#lines.get(key);
    if (line === undefined) this.#lines.set(key, line = { ...this.#options, blockedUntilMs: 0 });
    return line;
  }
}
