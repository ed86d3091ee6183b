import { LINGER_MS, READ_BUFFER_BYTES } from "../../src/limits.ts";
import type { Clock } from "./clock.ts";
import type { Dice } from "./dice.ts";
import { type Line, Pipe } from "./pipe.ts";

/** The program that a socket belongs to. */
export interface Process {
  readonly clock: Clock;
  readonly dice: Dice;
  /** Has the program do something, as soon as it runs. */
  post(action: () => void): void;
}

/** What a socket tells its program; nothing follows `closed`. As `ConnectionPort` of src/net/connection.ts. */
export interface SocketPort {
  received(bytes: Uint8Array): void;
  ended(): void;
  drained(): void;
  closed(reason: string): void;
}

const encoder = new TextEncoder();

/**
 * One end of a connection, as src/net/connection.ts makes it of a real socket: one read under way that a pause
 * does not call back, writes that collect while one is under way, an end in good order that lingers.
 */
export class Socket {
  /** What comes from the peer. */
  readonly incoming: Pipe;
  readonly #process: Process;
  readonly #port: SocketPort;
  #peer: Socket | undefined;
  #pending: (string | Uint8Array)[] = [];
  #unpushed: Uint8Array | undefined;
  #isReading = false;
  #isReadPosted = false;
  #isPaused = false;
  #isWriting = false;
  #peerEnded = false;
  #isFinishing = false;
  #endsAfterWrite = false;
  #isClosed = false;

  /** An end without a peer yet. */
  constructor(process: Process, line: Line, port: SocketPort) {
    this.#process = process;
    this.#port = port;
    this.incoming = new Pipe(process.clock, process.dice, line, {
      readable: () => this.#readable(),
      writable: () => this.#peer!.#writable(),
    });
  }

  /** Joins two ends. */
  static join(one: Socket, other: Socket): void {
    one.#peer = other;
    other.#peer = one;
  }

  /** Whether it is closed on this side. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Begins to read. */
  start(): void {
    this.#read();
  }

  /** Writes text, or bytes, after what was written before. */
  write(part: string | Uint8Array): void {
    if (this.#isClosed || this.#isFinishing) return;
    this.#pending.push(part);
    if (!this.#isWriting) this.#writeOn();
  }

  /** Reads no more; a read that is under way still comes. */
  pause(): void {
    this.#isPaused = true;
  }

  /** Reads on. */
  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    if (!this.#isReading) this.#read();
  }

  /** Ends our sending half after the last byte; closes when the peer has, or after a second. */
  finish(): void {
    if (this.#isClosed || this.#isFinishing) return;
    this.#isFinishing = true;
    this.resume();
    if (!this.#isWriting) this.#endSending();
  }

  /** Closes at once; the port hears nothing of it. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const peer = this.#peer;
    // A system that is closed with something unread does not say goodbye.
    if (this.incoming.arrived.length > 0) peer?.incoming.pushError("connection reset");
    else peer?.incoming.pushEnd();
  }

  /** Ends our sending half, and reads on. Only a test's own programs do that. */
  endSending(): void {
    this.#endsAfterWrite = true;
    if (!this.#isWriting) this.#peer!.incoming.pushEnd();
  }

  /** The connection is reset from outside: either side hears of it after a while, or never. */
  reset(hearsMs: number, peerHearsMs: number): void {
    const peer = this.#peer;
    this.incoming.isCut = true;
    this.#failAfter(hearsMs);
    if (peer === undefined) return;
    peer.incoming.isCut = true;
    peer.#failAfter(peerHearsMs);
  }

  #failAfter(ms: number): void {
    if (ms === Infinity) return;
    this.#process.clock.after(ms, () => this.#post(() => this.#closeWith("connection reset")));
  }

  #post(action: () => void): void {
    this.#process.post(() => {
      if (!this.#isClosed) action();
    });
  }

  #closeWith(reason: string): void {
    if (this.#isClosed) return;
    this.close();
    this.#port.closed(reason);
  }

  #readable(): void {
    if (this.#isClosed) {
      // Nobody is there any more: whoever sends is told.
      const { incoming } = this;
      if (incoming.arrived.length > 0) this.#peer?.incoming.pushError("connection reset");
      incoming.arrived.length = 0;
      return;
    }
    const { error } = this.incoming;
    // A write that waits for room hears of it, though nobody reads.
    if (error !== undefined && this.#unpushed !== undefined) {
      this.#post(() => this.#closeWith(error));
    }
    if (!this.#isReading || this.#isReadPosted) return;
    this.#isReadPosted = true;
    this.#post(() => this.#readDone());
  }

  #read(): void {
    if (this.#isClosed || this.#isPaused) return;
    this.#isReading = true;
    const { arrived, ended, error } = this.incoming;
    if (arrived.length > 0 || ended || error !== undefined) this.#readable();
  }

  #readDone(): void {
    this.#isReading = this.#isReadPosted = false;
    const { dice } = this.#process;
    const most = dice.chance(0.1) ? dice.between(1, 16) : READ_BUFFER_BYTES;
    const bytes = this.incoming.take(most);
    if (bytes === undefined) {
      if (this.incoming.error !== undefined) return this.#closeWith(this.incoming.error);
      return this.#onEnd();
    }
    if (!this.#isFinishing) {
      this.#port.received(bytes);
      // The buffer is used again: whoever kept it reads nonsense.
      bytes.fill(0x0a);
    }
    this.#read();
  }

  #onEnd(): void {
    this.#peerEnded = true;
    if (!this.#isFinishing) this.#port.ended();
    else if (!this.#isWriting) this.#closeWith("finished");
  }

  #writeOn(): void {
    this.#isWriting = true;
    if (this.#unpushed === undefined) {
      this.#unpushed = joined(this.#pending);
      this.#pending = [];
    }
    const pipe = this.#peer!.incoming;
    if (this.incoming.error !== undefined) {
      const reason = this.incoming.error;
      return this.#post(() => this.#closeWith(reason));
    }
    const taken = pipe.push(this.#unpushed);
    if (taken < this.#unpushed.length) {
      this.#unpushed = this.#unpushed.subarray(taken);
      return;
    }
    this.#unpushed = undefined;
    this.#post(() => this.#written());
  }

  #writable(): void {
    if (this.#unpushed !== undefined) this.#post(() => this.#writeOn());
  }

  #written(): void {
    if (this.#pending.length > 0) return this.#writeOn();
    this.#isWriting = false;
    if (this.#isFinishing) return this.#endSending();
    if (this.#endsAfterWrite) this.#peer!.incoming.pushEnd();
    this.#port.drained();
  }

  #endSending(): void {
    if (this.#peerEnded) return this.#closeWith("finished");
    this.#process.clock.after(LINGER_MS, () => this.#post(() => this.#closeWith("finished")));
    this.#peer?.incoming.pushEnd();
  }
}

function joined(parts: readonly (string | Uint8Array)[]): Uint8Array {
  if (parts.every((part) => typeof part === "string")) return encoder.encode(parts.join(""));
  const all = parts.map((part) => typeof part === "string" ? encoder.encode(part) : part);
  const bytes = new Uint8Array(all.reduce((sum, part) => sum + part.length, 0));
  let filled = 0;
  for (const part of all) {
    bytes.set(part, filled);
    filled += part.length;
  }
  return bytes;
}
