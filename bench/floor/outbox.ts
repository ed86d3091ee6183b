import { isGone, writeAll } from "./port.ts";

/** Collects what is to be written to one connection in a turn, and writes it at once. */
export class Outbox {
  readonly #conn: Deno.TcpConn;
  #bytes = new Uint8Array(4096);
  #spare = new Uint8Array(4096);
  #length = 0;
  #isWriting = false;

  /** An empty one. */
  constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  /** Adds bytes. */
  add(bytes: Uint8Array): void {
    const needed = this.#length + bytes.length;
    if (needed > this.#bytes.length) {
      const larger = new Uint8Array(2 * needed);
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length = needed;
    if (this.#isWriting) return;
    this.#isWriting = true;
    queueMicrotask(() => this.#write());
  }

  async #write(): Promise<void> {
    try {
      while (this.#length > 0) {
        const [bytes, length] = [this.#bytes, this.#length];
        this.#bytes = this.#spare;
        this.#length = 0;
        await writeAll(this.#conn, bytes.subarray(0, length));
        this.#spare = bytes;
      }
    } catch (error) {
      if (!isGone(error)) throw error;
    } finally {
      this.#isWriting = false;
    }
  }
}
