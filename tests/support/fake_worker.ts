import type { Address } from "./line_client.ts";

/** What a fake worker does on one connection; the connection is closed when it returns. */
export type Script = (peer: FakePeer) => Promise<void> | void;

/** One connection to a fake worker, as its script sees it. */
export class FakePeer {
  /** Where this connection stands among all that were made, counted from 1. */
  readonly number: number;
  readonly #conn: Deno.TcpConn;
  readonly #heard: (line: string) => void;
  #pending = "";

  /** Takes over a connection that was accepted. */
  constructor(conn: Deno.TcpConn, number: number, heard: (line: string) => void) {
    this.#conn = conn;
    this.number = number;
    this.#heard = heard;
  }

  /** The next line, or `undefined` at the end. */
  async line(): Promise<string | undefined> {
    const chunk = new Uint8Array(64 * 1024);
    while (!this.#pending.includes("\n")) {
      const count = await this.#conn.read(chunk);
      if (count === null) return undefined;
      this.#pending += new TextDecoder().decode(chunk.subarray(0, count));
    }
    const end = this.#pending.indexOf("\n");
    const line = this.#pending.slice(0, end);
    this.#pending = this.#pending.slice(end + 1);
    this.#heard(line);
    return line;
  }

  /** Every line until the end. */
  async *lines(): AsyncGenerator<string> {
    let line: string | undefined;
    while ((line = await this.line()) !== undefined) yield line;
  }

  /** Sends text or bytes as they are. */
  async send(data: string | Uint8Array): Promise<void> {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    for (let sent = 0; sent < bytes.length;) sent += await this.#conn.write(bytes.subarray(sent));
  }

  /** Closes the connection in good order. */
  close(): void {
    this.#conn.close();
  }

  /**
   * Waits for bytes, takes one of them, and closes with the rest unread: then the system resets the
   * connection instead of ending it.
   */
  async reset(): Promise<void> {
    await this.#conn.read(new Uint8Array(1));
    this.#conn.close();
  }

  /** Says nothing more; gives when the other side closes. */
  async staySilent(): Promise<void> {
    for await (const _line of this.lines());
  }
}

/** A worker whose behaviour a test writes down; it listens in the test's own process. */
export class FakeWorker implements AsyncDisposable {
  /** Where it listens. */
  readonly address: Address;
  /** Every line that it read, on whichever connection. */
  readonly heard: string[] = [];
  /** Connections that were made to it. */
  connections = 0;
  readonly #listener: Deno.TcpListener;
  readonly #open = new Set<Deno.TcpConn>();
  readonly #running = new Set<Promise<void>>();
  readonly #accepting: Promise<void>;
  #script: Script;

  /** Listens; every connection runs the script. */
  constructor(script: Script, port = 0) {
    this.#script = script;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port });
    this.address = { host: "127.0.0.1", port: this.#listener.addr.port };
    this.#accepting = this.#accept();
  }

  /** Its address as `--workers` takes it. */
  get name(): string {
    return `${this.address.host}:${this.address.port}`;
  }

  /** The lines that ask for a calculation. */
  get work(): string[] {
    return this.heard.filter((line) => !/"op":"(?:hello|ping)"/.test(line));
  }

  /** Does something else on the connections that are made from now on. */
  become(script: Script): void {
    this.#script = script;
  }

  /** Closes the connections that are open. */
  drop(): void {
    for (const conn of this.#open) closeQuietly(conn);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.drop();
    await this.#accepting;
    await Promise.all(this.#running);
  }

  async #accept(): Promise<void> {
    for await (const conn of this.#listener) {
      const running = this.#serve(conn, ++this.connections);
      this.#running.add(running);
      running.then(() => this.#running.delete(running));
    }
  }

  async #serve(conn: Deno.TcpConn, number: number): Promise<void> {
    this.#open.add(conn);
    try {
      await this.#script(new FakePeer(conn, number, (line) => this.heard.push(line)));
    } catch (error) {
      // The server may close at any time, and so may the script itself.
      if (!isNetworkError(error)) throw error;
    } finally {
      closeQuietly(conn);
      this.#open.delete(conn);
    }
  }
}

/** Whether an error says no more than that a connection is gone, or could not be had. */
export function isNetworkError(error: unknown): boolean {
  const { BadResource, BrokenPipe, ConnectionReset, Interrupted } = Deno.errors;
  const { ConnectionRefused, NotConnected } = Deno.errors;
  return [BadResource, BrokenPipe, ConnectionRefused, ConnectionReset, Interrupted, NotConnected]
    .some((one) => error instanceof one);
}

function closeQuietly(conn: Deno.TcpConn): void {
  try {
    conn.close();
  } catch {
    // Its script has closed it.
  }
}
