import { IDLE_READ_BUFFER_BYTES, MAX_LARGE_BUFFERS, READ_BUFFER_BYTES } from "../limits.ts";

/** Large buffers that are kept for the next busy connection. */
const MAX_SPARE = 64;

/**
 * The read buffers of all connections, so that an idle one costs a kilobyte and a busy one reads 64: a
 * connection whose small buffer was filled gets a large one, and gives it back when it has become quiet. One that
 * stops in the middle keeps it, so only so many are given out.
 *
 * Invariant: 0 <= lent <= MAX_LARGE_BUFFERS.
 */
export class Buffers {
  readonly #spare: Uint8Array<ArrayBuffer>[] = [];
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

  /** Takes back the buffer of a connection that has ended. */
  giveBack(buffer: Uint8Array<ArrayBuffer> | undefined): void {
    if (buffer?.length !== READ_BUFFER_BYTES) return;
    this.#lent--;
    if (this.#spare.length < MAX_SPARE) this.#spare.push(buffer);
  }

  #takeLarge(): Uint8Array<ArrayBuffer> | undefined {
    if (this.#lent >= MAX_LARGE_BUFFERS) return undefined;
    this.#lent++;
    return this.#spare.pop() ?? new Uint8Array(READ_BUFFER_BYTES);
  }
}
