/** Pieces below this length are put together. */
const SMALL_BYTES = 16 * 1024;

/** Bytes in the pieces in which they came, but for crumbs: many of those would take more room than their bytes. */
export class Pieces {
  /** The pieces, in order. None may be changed, or written to somebody, before all have come. */
  readonly list: Uint8Array[] = [];
  /** Bytes of all pieces. */
  bytes = 0;
  /** Storage of which the last piece is the beginning, if it has been put together. */
  #storage: Uint8Array | undefined;

  /** Adds a piece, which is ours from now on. */
  add(piece: Uint8Array): void {
    this.bytes += piece.length;
    const last = this.list.at(-1);
    const isCrumb = last !== undefined && last.length + piece.length < SMALL_BYTES;
    if (!isCrumb) {
      this.#storage = undefined;
      this.list.push(piece);
      return;
    }
    const length = last.length + piece.length;
    if (this.#storage === undefined || this.#storage.length < length) {
      this.#storage = new Uint8Array(Math.min(2 * length, SMALL_BYTES));
      this.#storage.set(last);
    }
    this.#storage.set(piece, last.length);
    this.list[this.list.length - 1] = this.#storage.subarray(0, length);
  }

  /** Forgets all. */
  clear(): void {
    this.list.length = this.bytes = 0;
    this.#storage = undefined;
  }
}
