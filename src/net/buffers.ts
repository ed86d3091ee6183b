import {
  IDLE_READ_BUFFER_BYTES,
  MAX_LARGE_BUFFERS,
  READ_BUFFER_BYTES,
  SMALL_WRITE_BUFFER_BYTES,
} from "../limits.ts";

/** Large buffers that are kept for the next busy connection. */
const MAX_SPARE = 64;
/** Small buffers that are kept for the next short writes: a line to each of a thousand workers takes as many. */
const MAX_SPARE_SMALL = 1024;

/**
 * The buffers of all connections, so that an idle one costs a kilobyte and a busy one reads and writes 64: a
 * connection whose small buffer was filled gets a large one, and gives it back when it has become quiet. One that
 * stops in the middle keeps it, so only so many are given out.
 *
 * Invariant: 0 <= lent <= MAX_LARGE_BUFFERS.
 */
export class Buffers {
  readonly #spare: Uint8Array<ArrayBuffer>[] = [];
  readonly #spareSmall: Uint8Array<ArrayBuffer>[] = [];
  /** Large buffers that have been given out and not been given back. */
  #lent = 0;

  /** The buffer for a connection's next read, given its last one and how much that brought. */
  nextForRead(
    last: Uint8Array<ArrayBuffer> | undefined,
    bytesRead: number,
  ): Uint8Array<ArrayBuffer> {
    if (last === undefined) return new Uint8Array(IDLE_READ_BUFFER_BYTES);
    if (last.length < READ_BUFFER_BYTES) {
      return bytesRead < last.length ? last : this.#takeLarge() ?? last;
    }
    if (bytesRead >= IDLE_READ_BUFFER_BYTES / 2) return last;
    this.giveBack(last);
    return new Uint8Array(IDLE_READ_BUFFER_BYTES);
  }

  /** A buffer for writing so many characters, to be given back; a small one where no large one is left. */
  takeForWrite(chars: number): Uint8Array<ArrayBuffer> {
    const large = chars > SMALL_WRITE_BUFFER_BYTES ? this.#takeLarge() : undefined;
    return large ?? this.#spareSmall.pop() ?? new Uint8Array(SMALL_WRITE_BUFFER_BYTES);
  }

  /** Takes back the buffer of a connection that has ended, or of a write that is over. */
  giveBack(buffer: Uint8Array<ArrayBuffer> | undefined): void {
    if (buffer?.length === SMALL_WRITE_BUFFER_BYTES) {
      if (this.#spareSmall.length < MAX_SPARE_SMALL) this.#spareSmall.push(buffer);
    } else if (buffer?.length === READ_BUFFER_BYTES) {
      this.#lent--;
      if (this.#spare.length < MAX_SPARE) this.#spare.push(buffer);
    }
  }

  #takeLarge(): Uint8Array<ArrayBuffer> | undefined {
    if (this.#lent >= MAX_LARGE_BUFFERS) return undefined;
    this.#lent++;
    return this.#spare.pop() ?? new Uint8Array(READ_BUFFER_BYTES);
  }
}
