import { within } from "./waiting.ts";

/** Where something listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Longer than any reply that a test expects. */
const MAX_PENDING_BYTES = 80 * 1024 * 1024;
const NEWLINE = 0x0a;
const encoder = new TextEncoder();

/** A bare TCP connection as `nc` would make it: bytes out as they are given, lines in. */
export class LineClient implements Disposable {
  readonly #conn: Deno.TcpConn;
  #pending = new Uint8Array(0);
  #isClosed = false;

  /** Takes over a connection. */
  constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
    conn.setNoDelay(true);
  }

  /** Connects. */
  static async connect({ host, port }: Address): Promise<LineClient> {
    return new LineClient(await Deno.connect({ hostname: host, port }));
  }

  /** Sends bytes, or the bytes of a text, as they are. */
  async send(data: string | Uint8Array): Promise<void> {
    const bytes = typeof data === "string" ? encoder.encode(data) : data;
    for (let sent = 0; sent < bytes.length;) sent += await this.#conn.write(bytes.subarray(sent));
  }

  /** Sends one line and gives the next that comes. */
  async ask(line: string): Promise<string> {
    await this.send(line + "\n");
    return await this.line();
  }

  /** The next line, without its newline. */
  async line(): Promise<string> {
    const line = await this.lineOrEnd();
    if (line === undefined) throw new Error("The peer closed the connection instead of a line");
    return line;
  }

  /** The next `count` lines. */
  async lines(count: number): Promise<string[]> {
    const lines: string[] = [];
    while (lines.length < count) lines.push(await this.line());
    return lines;
  }

  /** Every line until the peer closes. */
  async rest(): Promise<string[]> {
    const lines: string[] = [];
    let line: string | undefined;
    while ((line = await this.lineOrEnd()) !== undefined) lines.push(line);
    return lines;
  }

  /** The next line, or `undefined` if the peer closes instead. What is not ended by a newline is no line. */
  async lineOrEnd(): Promise<string | undefined> {
    let scanned = 0;
    while (true) {
      const newline = this.#pending.indexOf(NEWLINE, scanned);
      if (newline >= 0) {
        const line = new TextDecoder().decode(this.#pending.subarray(0, newline));
        this.#pending = this.#pending.subarray(newline + 1);
        return line;
      }
      scanned = this.#pending.length;
      if (!await this.#readMore()) {
        if (scanned > 0) throw new Error("The peer closed in the middle of a line");
        return undefined;
      }
    }
  }

  /** Says that nothing more will be sent; replies can still come. */
  endSending(): Promise<void> {
    return this.#conn.closeWrite();
  }

  /** Closes both ways. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#conn.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #readMore(): Promise<boolean> {
    const chunk = new Uint8Array(64 * 1024);
    const count = await within("bytes of the peer", this.#conn.read(chunk));
    if (count === null) return false;
    if (this.#pending.length + count > MAX_PENDING_BYTES) throw new Error("The line has no end");
    const joined = new Uint8Array(this.#pending.length + count);
    joined.set(this.#pending);
    joined.set(chunk.subarray(0, count), this.#pending.length);
    this.#pending = joined;
    return true;
  }
}
