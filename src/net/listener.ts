import { ACCEPT_PAUSE_MS } from "../limits.ts";
import { formatAddress } from "../protocol/address.ts";
import type { Address } from "../protocol/machine.ts";
import { describeNetworkError } from "./network_error.ts";

/** Thrown where a role cannot listen on the address that it was given. */
export class ListenError extends Error {
  /** The error's class name. */
  override name = "ListenError";
}

/** A listening socket whose accept loop outlives every passing failure. */
export class Listener {
  /** The real address, with the port that was taken for port 0. */
  readonly address: Address;
  readonly #listener: Deno.TcpListener;
  #isClosed = false;

  /**
   * Listens on an address.
   *
   * @throws {ListenError} If the system refuses it: the port is taken, the address is not ours.
   */
  constructor(address: Address) {
    try {
      this.#listener = Deno.listen({ hostname: address.host, port: address.port });
    } catch (error) {
      const why = describeNetworkError(error);
      throw new ListenError(`Cannot listen on ${formatAddress(address)}: ${why}`, { cause: error });
    }
    this.address = { host: address.host, port: this.#listener.addr.port };
  }

  /**
   * Gives every connection to `accepted` until {@linkcode close}. Too many open files, or a peer that was
   * gone before it was accepted, are told to `failed`, and the loop goes on after a short rest.
   */
  async run(
    accepted: (conn: Deno.TcpConn) => void | Promise<void>,
    failed: (reason: string) => void,
  ): Promise<void> {
    while (!this.#isClosed) {
      let conn: Deno.TcpConn;
      try {
        conn = await this.#listener.accept();
      } catch (error) {
        if (this.#isClosed) return;
        failed(describeNetworkError(error));
        await new Promise((resolve) => setTimeout(resolve, ACCEPT_PAUSE_MS));
        continue;
      }
      // What this throws is a bug, and must not look like a connection that could not be accepted.
      await accepted(conn);
    }
  }

  /** Accepts no more. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#listener.close();
  }
}
