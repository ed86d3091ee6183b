import { createHash } from "node:crypto";
import { type Address, LineClient } from "./line_client.ts";
import { within } from "./waiting.ts";

/** A message of a runner's, with the text of the bytes that followed it. */
export interface Told {
  readonly op: string;
  readonly job?: number;
  readonly chunk?: number;
  readonly position: number;
  readonly count: number;
  readonly cause?: string;
  readonly error?: string;
  readonly code?: string;
  readonly worker?: string;
  readonly why?: string;
  readonly slots?: number;
  readonly text: string;
  /** When it came. */
  readonly atMs: number;
}

const NEWLINE = 0x0a;
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const OK = /^\{"ok":true,"op":"channel","protocol":1,/;

/** The requester's end of a job channel, as small as it can be. */
export class JobClient implements Disposable {
  /** The other end's answer to `channel`, or its own `channel`. */
  readonly reply: Record<string, unknown>;
  /** All that was told, but pings. */
  readonly told: Told[] = [];
  readonly #conn: Deno.TcpConn;
  readonly #reading: Promise<void>;
  #pending: Uint8Array<ArrayBuffer>;
  #isClosed = false;
  #changed = Promise.withResolvers<void>();

  private constructor(conn: Deno.TcpConn, line: string, rest: Uint8Array<ArrayBuffer>) {
    this.#conn = conn;
    this.reply = JSON.parse(line);
    this.#pending = rest;
    this.#reading = this.#read();
  }

  /** Connects, and asks for a channel. */
  static async connect({ host, port }: Address): Promise<JobClient> {
    const conn = await Deno.connect({ hostname: host, port });
    conn.setNoDelay(true);
    await conn.write(encoder.encode('{"op":"channel","protocol":1}\n'));
    const buffer = new Uint8Array(64 * 1024);
    let length = 0;
    while (!buffer.subarray(0, length).includes(NEWLINE)) {
      const count = await within("the answer to channel", conn.read(buffer.subarray(length)));
      if (count === null) throw new Error("The peer closed instead of answering");
      length += count;
    }
    const newline = buffer.indexOf(NEWLINE);
    const line = decoder.decode(buffer.subarray(0, newline));
    if (!OK.test(line)) {
      conn.close();
      throw new Error(`There is no channel: ${line}`);
    }
    return new JobClient(conn, line, buffer.slice(newline + 1, length));
  }

  /** The requester on a connection that a joined worker has made, once it has offered itself. */
  static async accept(conn: Deno.TcpConn): Promise<JobClient> {
    conn.setNoDelay(true);
    const line = await readLine(conn);
    await conn.write(encoder.encode('{"ok":true,"op":"channel","protocol":1}\n'));
    return new JobClient(conn, line, new Uint8Array(0));
  }

  /** Sends a message, and bytes after it. */
  async say(message: object, payload: string | Uint8Array = ""): Promise<void> {
    const bytes = typeof payload === "string" ? encoder.encode(payload) : payload;
    const counted = bytes.length === 0 ? message : { ...message, bytes: bytes.length };
    const line = encoder.encode(JSON.stringify(counted) + "\n");
    const all = new Uint8Array(line.length + bytes.length);
    all.set(line);
    all.set(bytes, line.length);
    for (let sent = 0; sent < all.length;) sent += await this.#conn.write(all.subarray(sent));
  }

  /** Opens a job with this module, and sends that if it is asked for. */
  async open(job: number, code: string, members: object = {}): Promise<void> {
    const bytes = encoder.encode(code);
    await this.say({
      op: "open",
      job,
      name: "test.js",
      sha256: createHash("sha256").update(bytes).digest("hex"),
      code_bytes: bytes.length,
      input: "range",
      call: "map",
      reduce: null,
      seed: 0,
      ...members,
    });
    this.#modules.set(job, bytes);
  }

  /** Gives a chunk of a range, whose numbers are the positions. */
  chunk(job: number, chunk: number, position: number, count: number): Promise<void> {
    const credit = 1024 * 1024;
    return this.say({ op: "chunk", job, chunk, position, count, first: `${position}`, credit });
  }

  /** Waits for the first message that fits. */
  async until(what: string, fits: (told: Told) => boolean): Promise<Told> {
    while (true) {
      const found = this.told.find(fits);
      if (found !== undefined) return found;
      if (this.#isClosed) throw new Error(`The channel ended before ${what}`);
      await within(`${what} after ${JSON.stringify(this.told.slice(-5))}`, this.#changed.promise);
    }
  }

  /** Waits until nothing more is told of a chunk, and gives its values and failures in order. */
  async outcome(job: number, chunk: number): Promise<string[]> {
    const isOf = (told: Told) => told.job === job && told.chunk === chunk;
    const end = await this.until(
      `the end of chunk ${chunk}`,
      (told) =>
        (isOf(told) && (told.op === "done" || told.op === "returned")) ||
        (told.op === "job_failed" && told.job === job),
    );
    if (end.op === "job_failed") throw new Error(`The job failed: ${end.code} ${end.error}`);
    return this.told.filter(isOf).flatMap((told) => {
      if (told.op === "failed") return [`${told.position} ${told.cause}`];
      if (told.op === "returned") return [`returned at ${told.position}: ${told.why}`];
      return told.op === "result" ? told.text.trimEnd().split("\n") : [];
    });
  }

  /** Waits until the other end closes. */
  ended(): Promise<void> {
    return within("the end of the channel", this.#reading);
  }

  [Symbol.dispose](): void {
    if (!this.#isClosed) this.#conn.close();
    this.#isClosed = true;
  }

  readonly #modules = new Map<number, Uint8Array>();

  async #read(): Promise<void> {
    try {
      const buffer = new Uint8Array(256 * 1024);
      while (true) {
        await this.#takeAll();
        const count = await this.#conn.read(buffer);
        if (count === null) break;
        const joined = new Uint8Array(this.#pending.length + count);
        joined.set(this.#pending);
        joined.set(buffer.subarray(0, count), this.#pending.length);
        this.#pending = joined;
      }
    } catch (error) {
      if (!this.#isClosed) throw error;
    } finally {
      if (!this.#isClosed) this.#conn.close();
      this.#isClosed = true;
      this.#changed.resolve();
    }
  }

  async #takeAll(): Promise<void> {
    while (true) {
      const newline = this.#pending.indexOf(NEWLINE);
      if (newline < 0) return;
      const message = JSON.parse(decoder.decode(this.#pending.subarray(0, newline)));
      const end = newline + 1 + (message.bytes ?? 0);
      if (this.#pending.length < end) return;
      const text = decoder.decode(this.#pending.subarray(newline + 1, end));
      this.#pending = this.#pending.slice(end);
      await this.#take({ ...message, text, atMs: performance.now() });
    }
  }

  async #take(told: Told): Promise<void> {
    if (told.op === "ping") return await this.say({ op: "pong" });
    const code = told.op === "need" ? this.#modules.get(told.job!) : undefined;
    if (code !== undefined) await this.say({ op: "code", job: told.job }, code);
    if (told.op === "result") {
      const { job, chunk } = told;
      await this.say({ op: "credit", job, chunk, credit: encoder.encode(told.text).length });
    }
    this.told.push(told);
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

/** The next line of a connection on which nothing follows it. */
export async function readLine(conn: Deno.TcpConn): Promise<string> {
  const buffer = new Uint8Array(64 * 1024);
  let length = 0;
  while (buffer[length - 1] !== NEWLINE) {
    const count = await within("a line", conn.read(buffer.subarray(length)));
    if (count === null) throw new Error("The peer closed instead of a line");
    length += count;
  }
  return decoder.decode(buffer.subarray(0, length - 1));
}

/** The line with which `channel` is answered, or refused. */
export async function askForChannel(address: Address): Promise<string> {
  using connection = await LineClient.connect(address);
  return await connection.ask('{"op":"channel","protocol":1}');
}
