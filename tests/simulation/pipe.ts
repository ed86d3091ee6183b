import type { Clock } from "./clock.ts";
import type { Dice } from "./dice.ts";

/** How the connections between two machines are. */
export interface Line {
  /** The shortest time that bytes take, in milliseconds. */
  readonly delayMs: number;
  /** What may come on top of it. */
  readonly jitterMs: number;
  /** Bytes that the two systems hold for a receiver that does not read. */
  readonly capacityBytes: number;
  /** Until when the way is blocked: what is sent before comes after it, as systems send again. */
  blockedUntilMs: number;
}

/** What the receiving end of a pipe is told by its system. */
export interface PipeEnd {
  /** There is something to read: bytes, the end, or an error. */
  readable(): void;
  /** The sender may write more. */
  writable(): void;
}

/**
 * One direction of a connection: bytes that the sender's system has taken and the receiver's program has not
 * read. They stay in order, whatever delays the network draws for them, and arrive cut anywhere.
 */
export class Pipe {
  /** Bytes that have arrived, in the pieces in which they did. */
  readonly arrived: Uint8Array[] = [];
  /** Whether the end has arrived behind the bytes. */
  ended = false;
  /** Why reading fails behind the bytes. */
  error: string | undefined;
  /** Whether nothing that is under way arrives any more. */
  isCut = false;
  /** Whether bytes were refused, and the sender waits for room. */
  isFull = false;
  readonly #clock: Clock;
  readonly #dice: Dice;
  readonly #line: Line;
  readonly #end: PipeEnd;
  #heldBytes = 0;
  #lastArrivalMs = 0;
  readonly #underWay: (() => void)[] = [];

  /** An empty pipe. */
  constructor(clock: Clock, dice: Dice, line: Line, end: PipeEnd) {
    this.#clock = clock;
    this.#dice = dice;
    this.#line = line;
    this.#end = end;
  }

  /** Takes as many of the bytes as there is room for; gives how many. */
  push(bytes: Uint8Array): number {
    const taken = Math.min(bytes.length, this.#line.capacityBytes - this.#heldBytes);
    this.isFull = taken < bytes.length;
    this.#heldBytes += taken;
    for (let start = 0; start < taken;) {
      const end = this.#dice.chance(0.2) ? start + 1 + this.#dice.below(taken - start) : taken;
      const piece = bytes.subarray(start, end);
      this.#travel(() => {
        this.arrived.push(piece);
        this.#end.readable();
      });
      start = end;
    }
    return taken;
  }

  /** The sender will send no more. */
  pushEnd(): void {
    this.#travel(() => {
      this.ended = true;
      this.#end.readable();
    });
  }

  /** The connection is reset; what has arrived may be lost with it. */
  pushError(reason: string): void {
    this.#travel(() => {
      this.error ??= reason;
      if (this.#dice.chance(0.5)) this.arrived.length = 0;
      this.#end.readable();
    });
  }

  /** Takes up to `most` bytes of what has arrived; the copy is the reader's own. */
  take(most: number): Uint8Array | undefined {
    const total = this.arrived.reduce((sum, piece) => sum + piece.length, 0);
    if (total === 0) return undefined;
    const bytes = new Uint8Array(Math.min(most, total));
    let filled = 0;
    while (filled < bytes.length) {
      const piece = this.arrived[0]!;
      const part = piece.subarray(0, bytes.length - filled);
      bytes.set(part, filled);
      filled += part.length;
      if (part.length === piece.length) this.arrived.shift();
      else this.arrived[0] = piece.subarray(part.length);
    }
    this.#heldBytes -= filled;
    // Systems do not offer a window of a few bytes: that would never end.
    if (this.isFull && 4 * this.#heldBytes <= 3 * this.#line.capacityBytes) {
      this.isFull = false;
      this.#end.writable();
    }
    return bytes;
  }

  #travel(arrive: () => void): void {
    const { delayMs, jitterMs, blockedUntilMs } = this.#line;
    const fromMs = Math.max(this.#clock.nowMs, blockedUntilMs);
    const atMs = Math.max(fromMs + delayMs + jitterMs * this.#dice.next(), this.#lastArrivalMs);
    this.#lastArrivalMs = atMs;
    this.#underWay.push(arrive);
    this.#clock.at(atMs, () => this.#arrive());
  }

  /** Whatever the times, the first that was sent is the first that arrives. */
  #arrive(): void {
    if (this.isCut) return;
    const { blockedUntilMs } = this.#line;
    // The way was blocked while this was on it: it has to be sent again.
    if (this.#clock.nowMs < blockedUntilMs) this.#clock.at(blockedUntilMs, () => this.#arrive());
    else this.#underWay.shift()!();
  }
}
