import { MAX_ABANDONED_CONNECTS } from "../limits.ts";
import { formatAddress } from "../protocol/address.ts";
import type { Address } from "../protocol/machine.ts";

/** A connect under way. */
export interface Dial {
  /** The connection, unless it is given up first. */
  readonly connected: Promise<Deno.TcpConn>;
  /** Gives it up: should it succeed after all, it is closed at once. */
  abandon(): void;
}

/**
 * Connects, and can give up. Not every Deno can stop a connect that is under way, and the system may try for
 * two minutes: so for one address only a few such may be left behind.
 */
export class Dialler {
  readonly #abandoned = new Map<string, number>();

  /** Begins to connect. */
  dial(address: Address): Dial {
    const key = formatAddress(address);
    if ((this.#abandoned.get(key) ?? 0) >= MAX_ABANDONED_CONNECTS) {
      const error = new Deno.errors.TimedOut("earlier connects are still unanswered");
      return { connected: Promise.reject(error), abandon: () => {} };
    }
    const controller = new AbortController();
    let isAbandoned = false;
    const connecting = Deno.connect({
      hostname: address.host,
      port: address.port,
      signal: controller.signal,
    });
    const connected = connecting.then((conn) => {
      if (!isAbandoned) return conn;
      conn.close();
      throw new Deno.errors.TimedOut("abandoned");
    });
    const abandon = () => {
      if (isAbandoned) return;
      isAbandoned = true;
      this.#count(key, 1);
      connected.catch(() => {}).finally(() => this.#count(key, -1));
      controller.abort();
    };
    return { connected, abandon };
  }

  #count(key: string, change: number): void {
    const count = (this.#abandoned.get(key) ?? 0) + change;
    if (count === 0) this.#abandoned.delete(key);
    else this.#abandoned.set(key, count);
  }
}
