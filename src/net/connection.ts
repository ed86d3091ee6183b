import { FINISH_TIMEOUT_MS, LINGER_MS, MAX_COPIED_BYTES, MAX_FULL_READS } from "../limits.ts";
import { describeNetworkError } from "./network_error.ts";
import type { Buffers } from "./buffers.ts";
import { giveBackLines, type Lines, LineWriter } from "../protocol/line_writer.ts";
import { Queue } from "../protocol/queue.ts";

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

const NO_BYTES = new Uint8Array(0);

/**
 * One socket: a read loop, and writes that collect while one is under way.
 *
 * What is to be written stands in this order: `#unwritten`, `#parts`, `#out`.
 */
export class Connection {
  readonly #conn: Deno.TcpConn;
  readonly #buffers: Buffers;
  readonly #port: ConnectionPort;
  /** What collects until it can be written. */
  readonly #out = new LineWriter();
  /** What comes before that: bytes that are somebody else's, and what collected between them. */
  readonly #parts = new Queue<Uint8Array | Lines>();
  /** Bytes that the system has been given and has not taken. */
  #unwritten: Uint8Array = NO_BYTES;
  /** Where they lie, if that is ours. */
  #lines: Lines | undefined;
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
    this.#out.text(text);
    this.#writeSoon();
  }

  /** Writes lines after what was written before; their storage is free from then on. */
  writeLines(lines: Lines): void {
    if (this.#isClosed || this.#finishing) return giveBackLines(lines);
    this.#out.lines(lines);
    this.#writeSoon();
  }

  /** Writes bytes, which must not change any more, after what was written before. */
  writeBytes(bytes: Uint8Array): void {
    if (this.#isClosed || this.#finishing || bytes.length === 0) return;
    // A few are copied, so that they go out in one write with the line in front of them.
    if (bytes.length <= MAX_COPIED_BYTES) this.#out.bytes(bytes);
    else {
      if (this.#out.length > 0) this.#parts.push(this.#out.take());
      this.#parts.push(bytes);
    }
    this.#writeSoon();
  }

  #writeSoon(): void {
    if (this.#writing) return;
    // Whatever else is ready in this turn of the event loop goes out in the same write.
    this.#writing = true;
    queueMicrotask(this.#writeNext);
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
    let fullReads = 0;
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
        fullReads = count === buffer.length ? fullReads + 1 : 0;
        if (fullReads === MAX_FULL_READS) {
          fullReads = 0;
          // Reads that need not wait follow each other without a look at any other socket. Only a timer ends that:
          // with Deno 2.9, setImmediate does not.
          await new Promise<void>((resolve) => setTimeout(resolve, 0));
        }
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

  // Callbacks that are made once, and not one async function in another: a busy role makes 100,000 writes a second.
  readonly #writeNext = (): void => {
    const bytes = this.#isClosed ? undefined : this.#nextBytes();
    if (bytes !== undefined) {
      this.#conn.write(bytes).then(this.#taken, this.#writeFailed);
      return;
    }
    this.#endWriting();
    if (this.#isClosed) return;
    if (this.#finishing) this.#endSending();
    else this.#port.drained();
  };

  readonly #taken = (count: number): void => {
    const { length } = this.#unwritten;
    this.#unwritten = count === length ? NO_BYTES : this.#unwritten.subarray(count);
    this.#writeNext();
  };

  readonly #writeFailed = (error: unknown): void => {
    this.#endWriting();
    this.#closeWith(describeNetworkError(error));
  };

  #endWriting(): void {
    this.#writing = false;
    this.#giveBack();
  }

  #giveBack(): void {
    if (this.#lines !== undefined) giveBackLines(this.#lines);
    this.#lines = undefined;
  }

  /** What is to be written next; `undefined` if that is all. */
  #nextBytes(): Uint8Array | undefined {
    if (this.#unwritten.length > 0) return this.#unwritten;
    this.#giveBack();
    const part = this.#parts.shift();
    if (part instanceof Uint8Array) return this.#unwritten = part;
    if (part === undefined && this.#out.length === 0) return undefined;
    const { storage, length } = this.#lines = part ?? this.#out.take();
    return this.#unwritten = storage.subarray(0, length);
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
