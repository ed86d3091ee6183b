/**
 * Frames through memory that two threads share: one writes, one reads, and nobody copies more than once. Not
 * a message port, because what dispatches a port's messages can be replaced by the user's function, and this
 * cannot.
 *
 * The reader may sleep until there is something, the writer until there is room, both by `Atomics.wait`. A
 * thread that must not sleep sets its flag instead and is woken by a bell (see {@linkcode Ring}).
 *
 * This runs beside the user's function: see ../jobs/primordials.ts.
 *
 * @module
 */

import { bufferOf, Bytes, offsetOf, setBytes } from "../jobs/primordials.ts";

const { load, store, wait, notify, exchange } = Atomics;
const Words = Int32Array;

/** Bytes of a ring's frames; a power of two. Four of the largest frames. */
const CAPACITY = 1024 * 1024;
const MASK = CAPACITY - 1;
/** Bytes in front of each payload: its kind, its length and two numbers that the kind gives a meaning. */
const HEADER_BYTES = 16;

/** Bytes ever written, modulo 2^32; what a sleeping reader waits on. */
const WRITTEN = 0;
/** Bytes ever read, modulo 2^32; what a sleeping writer waits on. */
const READ = 1;
/** Set by an end that waits for its bell. */
const WAITING = 2;
const CONTROL_BYTES = 64;

/** One direction of frames. Invariant: 0 <= written - read <= CAPACITY. */
export class Ring {
  /** What both ends share, to be given to the other thread. */
  readonly memory: SharedArrayBuffer;
  readonly #control: Int32Array;
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  /** The kind of the frame that was read last. */
  kind = 0;
  /** The first number of the frame that was read last. */
  first = 0;
  /** The second number of the frame that was read last. */
  second = 0;
  /** Length of the payload of the frame that was read last. */
  length = 0;
  /** The payload of the frame that was read last: a copy. */
  payload: Uint8Array<ArrayBuffer> = new Bytes(0);

  /** One end of a ring; both are made of the same memory. */
  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(CONTROL_BYTES + CAPACITY)) {
    this.memory = memory;
    this.#control = new Words(memory, 0, CONTROL_BYTES / 4);
    this.#words = new Words(memory, CONTROL_BYTES);
    this.#bytes = new Bytes(memory, CONTROL_BYTES);
  }

  /** Says that this end wants the bell: the reader after the next frame, the writer after the next room. */
  wantBell(): void {
    store(this.#control, WAITING, 1);
  }

  /** Whether the other end wants the bell; it is rung once for each time that this says so. */
  takeBell(): boolean {
    return load(this.#control, WAITING) === 1 && exchange(this.#control, WAITING, 0) === 1;
  }

  /** Whether nothing is there to be read. */
  get isEmpty(): boolean {
    return load(this.#control, WRITTEN) === load(this.#control, READ);
  }

  /** The next frame's payload length, or -1 if there is no frame; its kind and numbers are read, too. */
  peek(): number {
    const read = load(this.#control, READ);
    if (load(this.#control, WRITTEN) === read) return -1;
    const at = (read & MASK) >> 2;
    const words = this.#words;
    this.kind = words[at]!;
    this.first = words[at + 2]!;
    this.second = words[at + 3]!;
    return words[at + 1]!;
  }

  /** Reads the next frame; `false` if there is none. */
  read(): boolean {
    const length = this.peek();
    if (length < 0) return false;
    if (length > CAPACITY - HEADER_BYTES) throw new RangeError("A frame is longer than its ring");
    const read = load(this.#control, READ);
    const payload = new Bytes(length);
    const start = (read + HEADER_BYTES) & MASK;
    const { memory } = this;
    const firstPart = length < CAPACITY - start ? length : CAPACITY - start;
    setBytes(payload, new Bytes(memory, CONTROL_BYTES + start, firstPart), 0);
    if (firstPart < length) {
      setBytes(payload, new Bytes(memory, CONTROL_BYTES, length - firstPart), firstPart);
    }
    this.payload = payload;
    this.length = length;
    store(this.#control, READ, (read + frameBytes(length)) | 0);
    notify(this.#control, READ);
    return true;
  }

  /** Sleeps until there is a frame, and reads it. */
  readWaiting(): void {
    while (!this.read()) wait(this.#control, WRITTEN, load(this.#control, READ));
  }

  /** Writes a frame of `payload[0..length)`; `false` if there is no room for it now. */
  write(kind: number, first: number, second: number, payload: Uint8Array, length: number): boolean {
    const written = load(this.#control, WRITTEN);
    const held = (written - load(this.#control, READ)) | 0;
    if (frameBytes(length) > CAPACITY - held) return false;
    const at = (written & MASK) >> 2;
    const words = this.#words;
    words[at] = kind;
    words[at + 1] = length;
    words[at + 2] = first;
    words[at + 3] = second;
    const start = (written + HEADER_BYTES) & MASK;
    const firstPart = length < CAPACITY - start ? length : CAPACITY - start;
    const buffer = bufferOf(payload);
    const byteOffset = offsetOf(payload);
    setBytes(this.#bytes, new Bytes(buffer, byteOffset, firstPart), start);
    if (firstPart < length) {
      setBytes(this.#bytes, new Bytes(buffer, byteOffset + firstPart, length - firstPart), 0);
    }
    store(this.#control, WRITTEN, (written + frameBytes(length)) | 0);
    notify(this.#control, WRITTEN);
    return true;
  }

  /** Writes a frame, sleeping until there is room for it. */
  writeWaiting(
    kind: number,
    first: number,
    second: number,
    payload: Uint8Array,
    length: number,
  ): void {
    while (true) {
      const read = load(this.#control, READ);
      if (this.write(kind, first, second, payload, length)) return;
      wait(this.#control, READ, read);
    }
  }
}

/** A frame's place, header included: the next header then lies at a multiple of 16, and never in two parts. */
function frameBytes(length: number): number {
  return HEADER_BYTES + ((length + HEADER_BYTES - 1) & -HEADER_BYTES);
}
