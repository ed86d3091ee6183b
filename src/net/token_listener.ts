import { MAX_SLOT_START_LINE_BYTES, SLOT_START_TIMEOUT_MS } from "../limits.ts";
import { NEWLINE } from "../protocol/framing.ts";
import { isJsonObject, parseJson } from "../protocol/json.ts";
import { Listener } from "./listener.ts";

/** A connection that is waited for. */
export interface Arrival {
  /** The connection, unless it is given up first. What it sends after its first line has not been read. */
  readonly connected: Promise<Deno.TcpConn>;
  /** Waits for it no more. */
  giveUp(reason: string): void;
}

/**
 * Listens on 127.0.0.1 for processes of our own. Each sends, as its first line, `{"op":"slot","token":"…"}` with
 * the token that it was given; any other connection, and one with a token that came before, is closed.
 */
export class TokenListener {
  readonly #listener = new Listener({ host: "127.0.0.1", port: 0 });
  readonly #awaited = new Map<string, PromiseWithResolvers<Deno.TcpConn>>();
  readonly #unknown = new Set<Deno.TcpConn>();

  /**
   * Listens on a free port.
   *
   * @throws {ListenError} If there is none.
   */
  constructor() {
    this.#listener.run((conn) => void this.#greet(conn), () => {});
  }

  /** Where it listens. */
  get port(): number {
    return this.#listener.address.port;
  }

  /** Waits for the process that has this token. */
  expect(token: string): Arrival {
    const promise = Promise.withResolvers<Deno.TcpConn>();
    // Whoever waits may begin to after it was given up.
    promise.promise.catch(() => {});
    this.#awaited.set(token, promise);
    const giveUp = (reason: string) => {
      if (this.#awaited.get(token) === promise) this.#awaited.delete(token);
      promise.reject(new Error(reason));
    };
    return { connected: promise.promise, giveUp };
  }

  /** Listens no more, and gives up all that is waited for. */
  close(): void {
    this.#listener.close();
    for (const promise of this.#awaited.values()) {
      promise.reject(new Error("it is not wanted any more"));
    }
    this.#awaited.clear();
    for (const conn of this.#unknown) closeQuietly(conn);
  }

  async #greet(conn: Deno.TcpConn): Promise<void> {
    this.#unknown.add(conn);
    const timer = setTimeout(() => closeQuietly(conn), SLOT_START_TIMEOUT_MS);
    const token = await readToken(conn).catch(() => undefined);
    clearTimeout(timer);
    this.#unknown.delete(conn);
    const promise = token === undefined ? undefined : this.#awaited.get(token);
    if (promise === undefined) return closeQuietly(conn);
    this.#awaited.delete(token!);
    promise.resolve(conn);
  }
}

/** Reads the first line byte by byte: what follows it belongs to somebody else. */
async function readToken(conn: Deno.TcpConn): Promise<string | undefined> {
  const line = new Uint8Array(MAX_SLOT_START_LINE_BYTES);
  for (let length = 0; length < line.length; length++) {
    if (await conn.read(line.subarray(length, length + 1)) === null) return undefined;
    if (line[length] !== NEWLINE) continue;
    const message = parseJson(new TextDecoder().decode(line.subarray(0, length)));
    const isOurs = isJsonObject(message) && message.op === "slot";
    return isOurs && typeof message.token === "string" ? message.token : undefined;
  }
}

function closeQuietly(conn: Deno.TcpConn): void {
  try {
    conn.close();
  } catch {
    // It is gone already.
  }
}
