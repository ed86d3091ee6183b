import type { Address } from "./line_client.ts";
import { isNetworkError } from "./fake_worker.ts";

/**
 * A network between two peers that can be cut as a cable is: then nothing goes through in either direction,
 * and nobody is told. Like the system's own, it delivers what was on its way once it is whole again.
 */
export class DroppingProxy implements AsyncDisposable {
  /** Where it listens. */
  readonly address: Address;
  readonly #target: () => Address;
  readonly #listener: Deno.TcpListener;
  readonly #open = new Set<Deno.TcpConn>();
  readonly #running = new Set<Promise<void>>();
  #whole = Promise.withResolvers<void>();
  #isClosed = false;

  /** Leads to `target`, which is asked anew for every connection. */
  constructor(target: () => Address, port = 0) {
    this.#target = target;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port });
    this.address = { host: "127.0.0.1", port: this.#listener.addr.port };
    this.#whole.resolve();
    this.#run(this.#accept());
  }

  /** Its address as `--workers` takes it. */
  get name(): string {
    return `${this.address.host}:${this.address.port}`;
  }

  /** Lets nothing through any more. Who connects is taken in, as a full queue on the way would. */
  cut(): void {
    this.#whole = Promise.withResolvers();
  }

  /** Lets everything through again. */
  mend(): void {
    this.#whole.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isClosed) this.#listener.close();
    this.#isClosed = true;
    for (const conn of this.#open) this.#close(conn);
    this.mend();
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  #run(work: Promise<void>): void {
    const running = work.catch((error) => {
      // Either end may close at any time.
      if (!isNetworkError(error)) throw error;
    }).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async #accept(): Promise<void> {
    for await (const conn of this.#listener) this.#run(this.#connect(conn));
  }

  async #connect(near: Deno.TcpConn): Promise<void> {
    this.#open.add(near);
    try {
      await this.#whole.promise;
      if (this.#isClosed) return;
      const { host, port } = this.#target();
      const far = await Deno.connect({ hostname: host, port });
      this.#open.add(far);
      try {
        for (const conn of [near, far]) conn.setNoDelay(true);
        await Promise.all([this.#pipe(near, far), this.#pipe(far, near)]);
      } finally {
        this.#close(far);
      }
    } finally {
      this.#close(near);
    }
  }

  async #pipe(from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
    const chunk = new Uint8Array(64 * 1024);
    while (true) {
      let count: number | null;
      try {
        count = await from.read(chunk);
      } finally {
        // Not even an end or a reset gets through a cut.
        await this.#whole.promise;
      }
      if (count === null) break;
      for (let sent = 0; sent < count;) sent += await to.write(chunk.subarray(sent, count));
    }
    await to.closeWrite();
  }

  #close(conn: Deno.TcpConn): void {
    if (this.#open.delete(conn)) conn.close();
  }
}
