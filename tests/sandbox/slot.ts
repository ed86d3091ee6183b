import { ChannelFramer, type Framed, messageLine } from "../../src/jobs/channel_framer.ts";
import type { JobCall, JobInput, JobReduce } from "../../src/jobs/messages.ts";
import { MAX_PIECE_BYTES } from "../../src/limits.ts";
import type { Spawned } from "../../src/net/driver.ts";
import { SlotSpawner } from "../../src/worker/slot_spawner.ts";
import { DIST, programOf } from "../support/roles.ts";
import { within } from "../support/waiting.ts";

/** What is asked of a slot. */
export interface JobOptions {
  /** @default {"main.js"} */
  readonly name?: string;
  /** @default {"range"} */
  readonly input?: JobInput;
  /** @default {"map"} */
  readonly call?: JobCall;
  /** @default {null} */
  readonly reduce?: JobReduce;
  /** The text of some JSON. */
  readonly args?: string;
  /** @default {0} */
  readonly seed?: number;
  readonly itemTimeoutMs?: number;
}

/** What of a chunk is not the usual. */
export interface ChunkOptions {
  /** @default {the number of the last chunk + 1} */
  readonly chunk?: number;
  /** @default {1} */
  readonly position?: number;
  /** @default {1000000000} */
  readonly credit?: number;
  readonly merge?: boolean;
}

/** A message of a slot's. */
export type Message = Framed["members"] & {
  readonly chunk?: number;
  readonly position?: number;
  readonly count?: number;
  readonly cause?: string;
  readonly code?: string;
  readonly error?: string;
  readonly stack?: string;
  readonly item?: string;
  readonly text?: string;
  readonly ms?: number;
  readonly why?: string;
};

/** What came of one chunk. */
export interface ChunkOutcome {
  /** All result bytes, as text. */
  readonly text: string;
  /** Its lines. */
  readonly lines: readonly string[];
  readonly failed: readonly Message[];
  /** How it ended: `done`, `returned`, `verdict`, `job_failed`, or `ended` if the slot did. */
  readonly end: Message;
}

const encoder = new TextEncoder();
const JOB = 1;

/** A real slot, spoken to as a worker does. */
export class Slot implements AsyncDisposable {
  /** All messages that came and were not taken. */
  readonly messages: Message[] = [];
  /** All that was printed. */
  readonly printed: Message[] = [];
  /** The last position that was told of, for each chunk. */
  readonly at = new Map<number, number>();
  /** Result bytes that came. */
  resultBytes = 0;
  readonly #spawner: SlotSpawner;
  readonly #spawned: Spawned;
  readonly #results = new Map<number, Uint8Array[]>();
  #changed = Promise.withResolvers<void>();
  #isEnded = false;
  #lastChunk = 0;
  #module = "";
  readonly #reading: Promise<void>;

  private constructor(spawner: SlotSpawner, spawned: Spawned) {
    this.#spawner = spawner;
    this.#spawned = spawned;
    this.#reading = this.#read();
  }

  /** Starts one, in a way of its own if that is given. */
  static async start(
    memoryMb?: number,
    spawn: (spawner: SlotSpawner) => Promise<Spawned> = (spawner) => spawner.spawn(),
  ): Promise<Slot> {
    const spawner = new SlotSpawner({
      ...(memoryMb === undefined ? {} : { memoryBytes: memoryMb * 2 ** 20 }),
      ...(DIST === undefined ? {} : { executable: programOf("worker")[0]! }),
    });
    try {
      return new Slot(spawner, await spawn(spawner));
    } catch (error) {
      spawner.close();
      throw error;
    }
  }

  /** Starts one with a job. */
  static async with(module: string, job: JobOptions = {}, memoryMb?: number): Promise<Slot> {
    const slot = await Slot.start(memoryMb);
    await slot.open(module, job);
    return slot;
  }

  /** Says a message. */
  async say(message: object, payload: Uint8Array = new Uint8Array(0)): Promise<void> {
    await this.write(encoder.encode(messageLine(message)));
    await this.write(payload);
  }

  /** Opens the job. */
  async open(module: string, job: JobOptions = {}): Promise<void> {
    this.#module = module;
    const { name = "main.js", input = "range", call = "map", reduce = null, seed = 0 } = job;
    const code = encoder.encode(module);
    await this.say({
      op: "open",
      job: JOB,
      name,
      sha256: "0".repeat(64),
      code_bytes: code.length,
      ...{ input, call, reduce, seed },
      ...(job.args === undefined ? {} : { args: job.args }),
      ...(job.itemTimeoutMs === undefined ? {} : { item_timeout_ms: job.itemTimeoutMs }),
    });
    await this.take("need");
    for (const piece of pieces(code)) {
      await this.say({ op: "code", job: JOB, bytes: piece.length }, piece);
    }
  }

  /** Gives it numbers, and does not wait. */
  async giveRange(
    first: number | bigint,
    count: number,
    options: ChunkOptions = {},
  ): Promise<number> {
    const { position = 1, credit = 1e9, chunk = ++this.#lastChunk } = options;
    await this.say({ op: "chunk", job: JOB, chunk, position, count, first: String(first), credit });
    return chunk;
  }

  /** Gives it lines, and does not wait. */
  async giveLines(lines: readonly string[], options: ChunkOptions = {}): Promise<number> {
    const bytes = encoder.encode(lines.map((line) => line + "\n").join(""));
    return await this.giveBytes(bytes, lines.length, options);
  }

  /** Gives it lines as bytes, and does not wait. */
  async giveBytes(bytes: Uint8Array, count: number, options: ChunkOptions = {}): Promise<number> {
    const { position = 1, credit = 1e9, chunk = ++this.#lastChunk, merge } = options;
    const [first = new Uint8Array(0), ...more] = pieces(bytes);
    await this.say({
      op: "chunk",
      job: JOB,
      ...{ chunk, position, count, credit, item_bytes: bytes.length, bytes: first.length },
      ...(merge === true ? { merge } : {}),
    }, first);
    for (const piece of more) {
      await this.say({ op: "items", job: JOB, chunk, bytes: piece.length }, piece);
    }
    return chunk;
  }

  /** Runs numbers. */
  async range(
    first: number | bigint,
    count: number,
    options?: ChunkOptions,
  ): Promise<ChunkOutcome> {
    return await this.outcome(await this.giveRange(first, count, options));
  }

  /** Runs lines. */
  async lines(lines: readonly string[], options?: ChunkOptions): Promise<ChunkOutcome> {
    return await this.outcome(await this.giveLines(lines, options));
  }

  /** Waits for the end of a chunk. */
  async outcome(chunk: number, boundMs?: number): Promise<ChunkOutcome> {
    const ofChunk = (message: Message) => message.chunk === undefined || message.chunk === chunk;
    const end = await this.#find(
      (message) => ofChunk(message) && ENDS.includes(message.op),
      boundMs,
    );
    const failed = this.messages.filter((one) => one.op === "failed" && one.chunk === chunk);
    const bytes = this.#results.get(chunk) ?? [];
    const text = new TextDecoder().decode(
      new Uint8Array(await new Blob(bytes as BlobPart[]).arrayBuffer()),
    );
    return { text, lines: text.split("\n").slice(0, -1), failed, end };
  }

  /** Takes the first message of this kind, or waits for it. */
  async take(op: string, boundMs?: number): Promise<Message> {
    const message = await this.#find((one) => one.op === op, boundMs);
    if (message.op !== "ended") this.messages.splice(this.messages.indexOf(message), 1);
    return message;
  }

  /** Ends the connection, and nothing else. */
  hangUp(): void {
    this.#spawned.conn.close();
  }

  /** Waits until the slot ends by itself. */
  async ended(boundMs?: number): Promise<void> {
    await within("the end of the slot", this.#reading, boundMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#spawned.kill();
    this.#spawner.close();
    await this.ended();
    try {
      this.hangUp();
    } catch {
      // It was done before.
    }
  }

  async #find(isIt: (message: Message) => boolean, boundMs?: number): Promise<Message> {
    while (true) {
      const found = this.messages.find(isIt);
      if (found !== undefined) return found;
      if (this.#isEnded) return { op: "ended" };
      const what = `a message after ${JSON.stringify(this.messages)} of ${this.#module}`;
      await within(what, this.#changed.promise, boundMs);
    }
  }

  /** Writes bytes, whatever they are. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let written = 0; written < bytes.length;) {
      written += await this.#spawned.conn.write(bytes.subarray(written));
    }
  }

  async #read(): Promise<void> {
    const framer = new ChannelFramer();
    const buffer = new Uint8Array(MAX_PIECE_BYTES);
    while (true) {
      const count = await this.#spawned.conn.read(buffer).catch(() => null);
      if (count === null) break;
      framer.push(buffer.subarray(0, count));
      for (let framed = framer.next(); framed !== undefined; framed = framer.next()) {
        this.#heard(framed);
      }
      if (framer.fault !== undefined) throw new Error(`The slot ${framer.fault}`);
      this.#wake();
    }
    this.#isEnded = true;
    this.#wake();
  }

  #heard({ members, payload }: Framed): void {
    const message = members as Message;
    const { chunk = 0 } = message;
    if (message.op === "at") this.at.set(chunk, message.position!);
    else if (message.op === "print") this.printed.push(message);
    else if (message.op === "result") {
      this.resultBytes += payload.length;
      this.#results.set(chunk, [...this.#results.get(chunk) ?? [], payload]);
    }
    if (message.op !== "at") this.messages.push(message);
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

const ENDS = ["done", "returned", "verdict", "job_failed", "ended"];

function pieces(bytes: Uint8Array): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += MAX_PIECE_BYTES) {
    found.push(bytes.subarray(at, at + MAX_PIECE_BYTES));
  }
  return found;
}
