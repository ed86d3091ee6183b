import { FINISH_TIMEOUT_MS, LINGER_MS } from "../limits.ts";
import { describeNetworkError } from "./network_error.ts";
import type { Buffers } from "./buffers.ts";

/** What a connection tells its driver. Nothing follows `closed`. */
export interface ConnectionPort {
  /** Bytes came; they are overwritten after the call. */
  received(bytes: Uint8Array): void;
  /** The peer will send no more. */
  ended(): void;
  /** Everything written has been handed to the system. */
  drained(): void;
  /** The connection is gone. */
  closed(reason: string): void;
}

const encoder = new TextEncoder();

/** One socket: a read loop, and writes that collect while one is under way. */
export class Connection {
  readonly #conn: Deno.TcpConn;
  readonly #buffers: Buffers;
  readonly #port: ConnectionPort;
  /** What is to be written before {@linkcode Connection.#pending}: bytes, and the texts between them. */
  #parts: (string | Uint8Array)[] = [];
  #pending = "";
  #writing = false;
  #peerEnded = false;
  #finishing = false;
  #isClosed = false;
  #resume: (() => void) | undefined;
  #paused = false;
  #linger: ReturnType<typeof setTimeout> | undefined;

  /** A connection that is not read yet. */
  constructor(conn: Deno.TcpConn, buffers: Buffers, port: ConnectionPort) {
    this.#conn = conn;
    this.#buffers = buffers;
    this.#port = port;
    try {
      conn.setNoDelay(true);
      // A peer that was switched off says nothing, ever; the system asks it from time to time.
      conn.setKeepAlive(true);
    } catch {
      // Already reset by the peer: the first read says so.
    }
  }

  /** Begins to read. */
  start(): void {
    this.#readLoop();
  }

  /** Writes text after what was written before. */
  write(text: string): void {
    if (this.#isClosed || this.#finishing) return;
    this.#pending += text;
    this.#writeSoon();
  }

  /** Writes bytes, which must not change any more, after what was written before. */
  writeBytes(bytes: Uint8Array): void {
    if (this.#isClosed || this.#finishing) return;
    if (this.#pending !== "") this.#parts.push(this.#pending);
    this.#pending = "";
    this.#parts.push(bytes);
    this.#writeSoon();
  }

  #writeSoon(): void {
    if (this.#writing) return;
    // Whatever else is ready in this turn of the event loop goes out in the same write.
    this.#writing = true;
    queueMicrotask(() => this.#writeLoop());
  }

  /** Reads no more until {@linkcode resume}. */
  pause(): void {
    this.#paused = true;
  }

  /** Reads on. */
  resume(): void {
    this.#paused = false;
    this.#resume?.();
    this.#resume = undefined;
  }

  /**
   * Ends our sending half after the last byte, and closes when the peer has closed too or a second has
   * passed. Closing at once with unread bytes would reset the connection and could take our last reply with it.
   *
   * @param timeoutMs How long its peer may take for what is still to be written.
   */
  finish(timeoutMs = FINISH_TIMEOUT_MS): void {
    if (this.#isClosed || this.#finishing) return;
    this.#finishing = true;
    this.#linger = setTimeout(() => this.#closeWith("connection closed"), timeoutMs);
    this.resume();
    if (!this.#writing) this.#endSending();
  }

  /** Closes within a second, whether its peer has taken everything by then or not. */
  closeSoon(): void {
    clearTimeout(this.#linger);
    this.#linger = setTimeout(() => this.#closeWith("connection closed"), LINGER_MS);
  }

  /** Closes at once. The port hears nothing of it. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#linger);
    this.resume();
    try {
      this.#conn.close();
    } catch {
      // Closed by the system before.
    }
  }

  #closeWith(reason: string): void {
    if (this.#isClosed) return;
    this.close();
    this.#port.closed(reason);
  }

  async #readLoop(): Promise<void> {
    let buffer: Uint8Array<ArrayBuffer> | undefined;
    let count: number | null = 0;
    try {
      while (!this.#isClosed) {
        if (this.#paused) await new Promise<void>((resolve) => this.#resume = resolve);
        if (this.#isClosed) break;
        buffer = this.#buffers.nextForRead(buffer, count ?? 0);
        // Only the network may fail here: what the port throws is a bug, and must not look like a lost connection.
        try {
          count = await this.#conn.read(buffer);
        } catch (error) {
          this.#closeWith(describeNetworkError(error));
          break;
        }
        if (this.#isClosed || count === null) break;
        if (!this.#finishing) this.#port.received(buffer.subarray(0, count));
      }
      if (count === null) this.#onEnd();
    } finally {
      this.#buffers.giveBack(buffer);
    }
  }

  #onEnd(): void {
    if (this.#isClosed) return;
    this.#peerEnded = true;
    if (!this.#finishing) this.#port.ended();
    else if (!this.#writing) this.#closeWith("connection closed");
  }

  async #writeLoop(): Promise<void> {
    try {
      while (!this.#isClosed && (this.#parts.length > 0 || this.#pending !== "")) {
        if (this.#parts.length > 0) {
          const parts = this.#parts;
          this.#parts = [];
          for (const part of parts) await this.#writePart(part);
        } else {
          const text = this.#pending;
          this.#pending = "";
          await this.#writePart(text);
        }
      }
      this.#writing = false;
      if (this.#isClosed) return;
      if (this.#finishing) this.#endSending();
      else this.#port.drained();
    } catch (error) {
      this.#writing = false;
      this.#closeWith(describeNetworkError(error));
    }
  }

  /** Writes a text whole, as many bytes at a time as the buffer holds. */
  async #writeText(text: string, buffer: Uint8Array<ArrayBuffer>): Promise<void> {
    let rest = text;
    while (rest !== "") {
      const { read, written: length } = encoder.encodeInto(rest, buffer);
      rest = read === rest.length ? "" : rest.slice(read);
      await this.#writeAll(buffer.subarray(0, length));
    }
  }

  async #writePart(part: string | Uint8Array): Promise<void> {
    if (typeof part !== "string") return this.#writeAll(part);
    const buffer = this.#buffers.takeForWrite(part.length);
    try {
      await this.#writeText(part, buffer);
    } finally {
      this.#buffers.giveBack(buffer);
    }
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    let written = 0;
    while (written < bytes.length) written += await this.#conn.write(bytes.subarray(written));
  }

  #endSending(): void {
    if (this.#peerEnded) {
      this.#closeWith("connection closed");
      return;
    }
    this.closeSoon();
    this.#conn.closeWrite().catch((error) => this.#closeWith(describeNetworkError(error)));
  }
}
