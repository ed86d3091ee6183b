import { connectTo, isGone, writeAll } from "../floor/port.ts";

/** Bytes that went through a relay. */
export interface Counts {
  readonly toTarget: number;
  readonly fromTarget: number;
}

/** A relay in our own process that counts what goes through it. */
export class CountingRelay implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #conns: Deno.TcpConn[] = [];
  readonly #accepting: Promise<void>;
  #toTarget = 0;
  #fromTarget = 0;

  /** Relays to a port. */
  constructor(targetPort: number) {
    this.#accepting = this.#accept(targetPort);
  }

  /** Where it listens. */
  get address(): string {
    return `127.0.0.1:${this.#listener.addr.port}`;
  }

  /** What went through until now. */
  get counts(): Counts {
    return { toTarget: this.#toTarget, fromTarget: this.#fromTarget };
  }

  /** Closes everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#accepting;
    for (const conn of this.#conns) conn.close();
  }

  async #accept(targetPort: number): Promise<void> {
    try {
      for await (const client of this.#listener) {
        const target = await connectTo(targetPort);
        client.setNoDelay(true);
        this.#conns.push(client, target);
        this.#copy(client, target, (count) => this.#toTarget += count);
        this.#copy(target, client, (count) => this.#fromTarget += count);
      }
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }

  async #copy(
    from: Deno.TcpConn,
    to: Deno.TcpConn,
    counted: (bytes: number) => void,
  ): Promise<void> {
    const buffer = new Uint8Array(64 * 1024);
    try {
      for (let got = await from.read(buffer); got !== null; got = await from.read(buffer)) {
        counted(got);
        await writeAll(to, buffer.subarray(0, got));
      }
      await to.closeWrite();
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }
}
