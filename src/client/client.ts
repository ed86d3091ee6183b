import { DEFAULT_CLIENT_TIMEOUT_MS, MAX_TIMEOUT_MS } from "../limits.ts";
import { checkAddresses, checkNames, checkNumber } from "../protocol/checks.ts";
import {
  bigintOf,
  decodeReply,
  doubleResult,
  integerResult,
  type Reply,
  replyError,
} from "../protocol/decode_reply.ts";
import { isJsonObject, parseJsonExactly } from "../protocol/json.ts";
import type { Address } from "../protocol/machine.ts";
import type { ArithmeticOp, Part } from "../protocol/messages.ts";
import { formatDouble } from "../protocol/numbers.ts";
import { CalculationError, ProtocolError } from "./errors.ts";
import { ClientLink } from "./link.ts";
import type { MapItems, MapOptions, MapReduceOptions } from "./map/map_options.ts";

/** Where to connect, and how long to wait. */
export interface ConnectOptions {
  /**
   * The server's host name or IP address.
   *
   * @default {"127.0.0.1"}
   */
  host?: string;
  /**
   * The server's port.
   *
   * @default {5000}
   */
  port?: number;
  /**
   * Several servers instead of one, in order of preference: the first that answers is used, and another takes
   * over when it is lost. Given instead of `host` and `port`.
   */
  servers?: readonly Address[];
  /**
   * How long a request may take in all, in milliseconds.
   *
   * @default {10000}
   */
  timeoutMs?: number;
  /** Gives up connecting. */
  signal?: AbortSignal;
}

/** How one request is asked. */
export interface RequestOptions {
  /**
   * How long the request may take, in milliseconds. The server and the worker know it, and drop what would
   * come too late.
   *
   * @default {the client's own `timeoutMs`, which only the client knows}
   */
  timeoutMs?: number;
  /** Gives up waiting for the reply. */
  signal?: AbortSignal;
}

/** A sum of squares, and the ranges that it was merged from. */
export interface SumSquaresResult {
  /** The exact sum. */
  readonly result: bigint;
  /** The ranges in order: as many as there were workers, but none that is empty. */
  readonly parts: readonly Part[];
}

/** A client of a calculating room: many requests at once over one connection. */
export class Client implements AsyncDisposable {
  readonly #closing = new AbortController();
  readonly #link: ClientLink;
  readonly #servers: readonly Address[];
  readonly #timeoutMs: number;

  /** Used by {@linkcode connect}. */
  constructor(servers: readonly Address[], timeoutMs: number) {
    this.#link = new ClientLink(servers);
    this.#servers = servers;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Adds two numbers.
   *
   * @throws {CalculationError} If the result is too large, or no worker is available.
   * @throws {RangeError} If an operand is not finite.
   */
  add(a: number, b: number, options?: RequestOptions): Promise<number> {
    return this.#arithmetic("add", a, b, options);
  }

  /**
   * Subtracts `b` from `a`. Throws as {@linkcode Client.add} does.
   */
  sub(a: number, b: number, options?: RequestOptions): Promise<number> {
    return this.#arithmetic("sub", a, b, options);
  }

  /** Multiplies two numbers. Throws as {@linkcode Client.add} does. */
  mul(a: number, b: number, options?: RequestOptions): Promise<number> {
    return this.#arithmetic("mul", a, b, options);
  }

  /**
   * Divides `a` by `b`. Throws as {@linkcode Client.add} does.
   *
   * @throws {CalculationError} With the code `division_by_zero`, if `b` is 0.
   */
  div(a: number, b: number, options?: RequestOptions): Promise<number> {
    return this.#arithmetic("div", a, b, options);
  }

  /**
   * The exact sum of the squares of 1..n, split over the workers.
   *
   * @throws {CalculationError} If `n` has more than 1,000 digits, or no worker is available.
   * @throws {RangeError} If `n` is negative.
   */
  async sumSquares(n: bigint, options?: RequestOptions): Promise<SumSquaresResult> {
    if (n < 0n) throw new RangeError(`Cannot sum the squares of 1..${n}: n is negative`);
    const reply = await this.#ask(`"op":"sum_squares","n":${n}`, options);
    const result = integerResult(reply);
    const parts = readParts(reply.text);
    if (result === undefined || parts === undefined) throw unexpected(reply);
    return { result, parts };
  }

  /** The state of the server and of every worker; PROTOCOL.md says what each member means. */
  async status(options?: RequestOptions): Promise<Record<string, unknown>> {
    const { ok: _ok, id: _id, ...members } = (await this.#ask('"op":"status"', options)).members;
    return members;
  }

  /**
   * Asks anything: the request's members as they go over the wire, `id` excepted. The reply is plain JSON;
   * integers beyond the safe ones are rounded there, which {@linkcode Client.sumSquares} avoids.
   *
   * @throws {CalculationError} If the reply says `"ok": false`.
   * @throws {TypeError} If there is no `op`, or it is `join` or `channel`, which make something else of a connection.
   */
  async request(
    members: Readonly<Record<string, unknown>>,
    options?: RequestOptions,
  ): Promise<Record<string, unknown>> {
    const { id: _ignored, ...rest } = members;
    if (typeof rest.op !== "string") throw new TypeError('Cannot ask: the request has no "op"');
    if (rest.op === "join" || rest.op === "channel") {
      throw new TypeError(`Cannot ask: "${rest.op}" is no request of a client's`);
    }
    const text = JSON.stringify(rest, exactIntegers);
    const { id: _id, ...reply } = (await this.#ask(text.slice(1, -1), options)).members;
    return reply;
  }

  /** Whether the server answers. */
  async ping(options?: RequestOptions): Promise<void> {
    await this.#ask('"op":"ping"', options);
  }

  /**
   * Calls a function of your own for every item, on all workers that run code, and gives its values in the order
   * of the items. The job has a connection of its own, begins when the first value is asked for, goes as fast as
   * values are taken, and ends when no more are.
   *
   * @example Usage
   * ```ts ignore
   * import { connect } from "@aula/calc";
   *
   * await using client = await connect();
   * const square = "export function map(x: number) { return x * x; }";
   * for await (const value of client.map(square, { from: 1, to: 1000 })) {
   *   value; // 1, then 4, then 9, …
   * }
   * ```
   *
   * Items and values go as JSON: a `bigint` that is safe arrives as a number, one beyond 2^53 as what it is.
   *
   * @param source The text of a module in TypeScript or JavaScript that imports nothing and exports `map`, or the
   * file URL of one.
   * @throws {ModuleError} If the module cannot be used.
   * @throws {MapError} If the function fails for an item, unless `keepGoing` is set, or the job as a whole.
   * @throws {ServerUnreachableError} If no server can be reached.
   * @throws The signal's reason, if it is aborted.
   */
  async *map(
    source: string | URL,
    items: MapItems,
    options: MapOptions = {},
  ): AsyncGenerator<unknown, void> {
    // Nobody who only adds numbers loads what reads modules.
    const { mapValues } = await import("./map/library.ts");
    const parts = { ...this.#jobParts, source, items };
    yield* mapValues(parts, options);
  }

  /**
   * Calls a function of your own for every item, and makes one value of all of its values: on the workers, in the
   * order of the items. Without a `reduce` among the options the module's own is used. Throws as
   * {@linkcode Client.map} does.
   *
   * @example Usage
   * ```ts ignore
   * import { connect } from "@aula/calc";
   *
   * await using client = await connect();
   * const square = "export function map(x: number) { return x * x; }";
   * await client.mapReduce(square, { from: 1, to: 1000 }, { reduce: "sum" }); // 333833500
   * ```
   *
   * @throws {TypeError} If there is no reduce.
   * @throws {NoResultError} For `min` and `max` of nothing, and a result that is too large for a double.
   */
  async mapReduce(
    source: string | URL,
    items: MapItems,
    options: MapReduceOptions = {},
  ): Promise<unknown> {
    const { mapReduceValue } = await import("./map/library.ts");
    const parts = { ...this.#jobParts, source, items };
    return await mapReduceValue(parts, options);
  }

  /** Closes the connection; requests that wait fail, and jobs end. */
  close(): Promise<void> {
    this.#closing.abort(new Error("the client is closed"));
    return this.#link.close();
  }

  /** Closes the connection at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #jobParts() {
    return {
      servers: this.#servers,
      timeoutMs: this.#timeoutMs,
      closed: this.#closing.signal,
    };
  }

  async #arithmetic(
    op: ArithmeticOp,
    a: number,
    b: number,
    options: RequestOptions | undefined,
  ): Promise<number> {
    const body = `"op":"${op}","a":${formatDouble(a)},"b":${formatDouble(b)}`;
    const reply = await this.#ask(body, options);
    const result = doubleResult(reply);
    if (result === undefined) throw unexpected(reply);
    return result;
  }

  async #ask(members: string, options: RequestOptions = {}): Promise<Reply> {
    const { timeoutMs, signal } = options;
    if (timeoutMs !== undefined) checkNumber("timeoutMs", timeoutMs, 0);
    const isTold = timeoutMs !== undefined && timeoutMs <= MAX_TIMEOUT_MS;
    const time = isTold ? `,"timeout_ms":${formatTimeout(timeoutMs)}` : "";
    const text = await this.#link.ask(`${members}${time}}`, {
      timeoutMs: timeoutMs ?? this.#timeoutMs,
      signal,
    });
    const reply = decodeReply(text);
    if (reply === undefined) throw new ProtocolError(`The server answered "${text.slice(0, 200)}"`);
    if (reply.ok) return reply;
    const error = replyError(reply);
    throw new CalculationError(error.text, error.code ?? "unknown");
  }
}

const CONNECT_OPTIONS = Object.keys(
  { host: 0, port: 0, servers: 0, timeoutMs: 0, signal: 0 } satisfies Record<
    keyof ConnectOptions,
    0
  >,
);

/**
 * Connects to a server.
 *
 * @example Usage
 * ```ts ignore
 * import { connect } from "@aula/calc";
 *
 * await using client = await connect({ host: "127.0.0.1", port: 5000 });
 * await client.add(10, 5); // 15
 * ```
 *
 * @throws {TypeError} If there is no such option.
 * @throws {RangeError} If an option cannot be used.
 * @throws {ServerUnreachableError} If no server can be reached.
 * @throws {ReplyTimeoutError} If the server takes the connection and does not answer.
 */
export async function connect(options: ConnectOptions = {}): Promise<Client> {
  const { host = "127.0.0.1", port = 5000, timeoutMs = DEFAULT_CLIENT_TIMEOUT_MS } = options;
  checkNames(options, CONNECT_OPTIONS);
  const servers = options.servers ?? [{ host, port }];
  if (servers.length === 0) throw new RangeError("Cannot connect: no server is named");
  checkAddresses(options.servers === undefined ? "the server" : "servers", servers);
  checkNumber("timeoutMs", timeoutMs, 0);
  const client = new Client(servers, timeoutMs);
  try {
    await client.ping(options.signal === undefined ? {} : { signal: options.signal });
    return client;
  } catch (error) {
    await client.close();
    throw error;
  }
}

function readParts(text: string): Part[] | undefined {
  const exact = parseJsonExactly(text, ["a", "b", "result"]);
  if (!isJsonObject(exact) || !Array.isArray(exact.parts)) return undefined;
  const parts: Part[] = [];
  for (const part of exact.parts) {
    if (!isJsonObject(part)) return undefined;
    const [a, b, result] = [bigintOf(part.a), bigintOf(part.b), bigintOf(part.result)];
    if (a === undefined || b === undefined || result === undefined) return undefined;
    parts.push({ a, b, result });
  }
  return parts;
}

/** Big integers as the wire writes them: all their digits. */
function exactIntegers(_key: string, value: unknown): unknown {
  // In every engine we run on; TypeScript's library learns of it later.
  const { rawJSON } = JSON as unknown as { rawJSON: (text: string) => unknown };
  return typeof value === "bigint" ? rawJSON(String(value)) : value;
}

/** Plain digits: a fraction of a millisecond is kept, an exponent would be right but hard to read. */
function formatTimeout(ms: number): string {
  return String(Math.ceil(ms * 1000) / 1000);
}

function unexpected(reply: Reply): ProtocolError {
  return new ProtocolError(`The server's reply is not one: "${reply.text.slice(0, 200)}"`);
}
