import { ChannelFramer, messageLine } from "../../src/jobs/channel_framer.ts";
import { failedBytes } from "../../src/jobs/failed_bytes.ts";
import type { ChannelMessage, RequesterMessage } from "../../src/jobs/messages.ts";
import type { Address, Effect, Machine, MachineEvent } from "../../src/protocol/machine.ts";
import { LineFramer } from "../../src/protocol/framing.ts";
import { type JobFunction, valueLine } from "./job_function.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const CODE = encoder.encode("export function map(item) { return item * item; }\n");

/** What a client wants done. */
export interface JobClientOptions {
  readonly server: Address;
  readonly work: JobFunction;
  readonly input: "range" | "items";
  /** Items in all; the items are the numbers from 1 on, or, of a range, from `first` on. */
  readonly count: number;
  readonly first: bigint;
  /** Lines of one piece. */
  readonly pieceLines: number;
  /** Bytes of results that it takes ahead. */
  readonly credit: number;
  /** How long it takes for what it has got before it allows more, in milliseconds. */
  readonly digestMs: number;
}

/** A client with one job: gives its input as far as it may, and looks at every message that comes. */
export class JobClient implements Machine {
  wakeAtMs = Infinity;
  /** What the server did against the rules. */
  fault: string | undefined;
  /** Values and failures that came, in the order of their positions. */
  told = 0;
  failures: bigint[] = [];
  crashes: bigint[] = [];
  /** Why the job ended before its time. */
  failure: string | undefined;
  /** Whether so many workers were lost that an item may be blamed for it that only ran on them. */
  toleratesCrashes = false;
  /** The job is over, done or not. */
  isDone = false;
  name = "";
  /** What was given back to it when the server left. */
  returned: number[] = [];
  readonly #options: JobClientOptions;
  #effects: Effect[] = [];
  readonly #replies = new LineFramer(4096);
  #isChannel = false;
  readonly #framer = new ChannelFramer();
  #want = 0;
  #nextPosition = 1;
  #lastChunk = 0;
  readonly #chunks = new Map<number, { next: number; readonly end: number; credit: number }>();
  #partial = "";
  #owed: { atMs: number; chunk: number; bytes: number }[] = [];

  constructor(options: JobClientOptions) {
    this.#options = options;
  }

  /** How many positions it is to be told of. */
  get count(): number {
    return this.#options.count;
  }

  step(event: MachineEvent, nowMs: number): Effect[] {
    const effects: Effect[] = this.#effects = [];
    if (event.kind === "tick") {
      if (this.#lastChunk === 0 && !this.#isChannel && this.wakeAtMs === Infinity) this.#dial();
      this.#digest(nowMs);
    } else if (event.kind === "connected") this.#write('{"op":"channel","protocol":1}\n');
    else if (event.kind === "received") this.#received(event.bytes, nowMs);
    else if (event.kind === "closed" || event.kind === "ended") {
      if (!this.isDone) this.failure ??= "the connection is lost";
      if (event.kind === "ended") effects.push({ kind: "close", connection: -1 });
      this.isDone = true;
    } else if (event.kind === "stop") {
      effects.push({ kind: "close", connection: -1 }, { kind: "stopped" });
      this.wakeAtMs = Infinity;
    }
    return effects;
  }

  #dial(): void {
    this.#effects.push({ kind: "connect", connection: -1, address: this.#options.server });
  }

  #write(text: string): void {
    this.#effects.push({ kind: "write", connection: -1, text });
  }

  #say(message: RequesterMessage, payload?: Uint8Array): void {
    this.#write(messageLine(message));
    if (payload !== undefined && payload.length > 0) {
      this.#effects.push({ kind: "write_bytes", connection: -1, bytes: payload });
    }
  }

  #received(bytes: Uint8Array, nowMs: number): void {
    let rest = bytes;
    if (!this.#isChannel) {
      this.#replies.push(bytes);
      if (!this.#replies.next()) return this.#replies.settle();
      const { bytes: held, end, pendingBytes } = this.#replies;
      rest = held.slice(end + 1, end + 1 + pendingBytes);
      this.#isChannel = true;
      this.#open();
    }
    this.#framer.push(rest);
    for (let one = this.#framer.next(); one !== undefined; one = this.#framer.next()) {
      if (!this.isDone) this.#take(one.members as unknown as ChannelMessage, one.payload, nowMs);
    }
    this.#give();
  }

  #open(): void {
    const { input, count, work } = this.#options;
    this.#say({
      op: "open",
      job: 7,
      name: "squares.ts",
      sha256: "5".repeat(64),
      code_bytes: CODE.length,
      input,
      call: "map",
      reduce: work.reduces ? "own" : null,
      seed: 0,
      total: count,
    });
    if (input === "items") return;
    this.#nextPosition += count;
    const chunk = this.#newChunk(1, count);
    const first = String(this.#options.first);
    const { credit } = this.#options;
    this.#say({ op: "chunk", job: 7, chunk, position: 1, count, first, credit });
  }

  #newChunk(position: number, count: number): number {
    const chunk = ++this.#lastChunk;
    const { credit } = this.#options;
    this.#chunks.set(chunk, { next: position, end: position + count, credit });
    return chunk;
  }

  #give(): void {
    const { count, pieceLines, credit } = this.#options;
    while (this.#nextPosition <= count && !this.isDone) {
      const position = this.#nextPosition;
      const lines = Math.min(pieceLines, count - position + 1);
      let text = "";
      for (let index = 0; index < lines; index++) text += `${this.#item(position + index)}\n`;
      const bytes = encoder.encode(text);
      if (bytes.length > this.#want) return;
      this.#want -= bytes.length;
      this.#nextPosition += lines;
      const chunk = this.#newChunk(position, lines);
      const { length } = bytes;
      this.#say(
        {
          op: "chunk",
          job: 7,
          chunk,
          position,
          count: lines,
          item_bytes: length,
          credit,
          bytes: length,
        },
        bytes,
      );
    }
  }

  #item(position: number): bigint {
    return this.#options.first + BigInt(position - 1);
  }

  #take(message: ChannelMessage, payload: Uint8Array, nowMs: number): void {
    switch (message.op) {
      case "ping":
        return this.#say({ op: "pong" });
      case "need":
        return this.#say({ op: "code", job: 7, bytes: CODE.length }, CODE);
      case "want":
        this.#want += message.want;
        return;
      case "progress":
        this.name = message.name;
        return;
      case "result":
        return this.#result(message, payload, nowMs);
      case "failed":
        return this.#failed(message, nowMs);
      case "done":
        if (this.#chunks.get(message.chunk)?.next !== this.#chunks.get(message.chunk)?.end) {
          this.fault ??= `chunk ${message.chunk} is not done`;
        }
        this.#chunks.delete(message.chunk);
        if (this.#chunks.size === 0 && this.#nextPosition > this.#options.count) this.#finish();
        return;
      case "job_failed":
        this.failure = message.code;
        this.isDone = true;
        return;
      case "returned":
        this.returned.push(message.position);
        this.#chunks.delete(message.chunk);
        if (this.#chunks.size === 0) {
          this.failure = message.why;
          this.isDone = true;
        }
    }
  }

  #finish(): void {
    this.isDone = true;
    this.#say({ op: "close", job: 7 });
  }

  #result(message: ChannelMessage & { op: "result" }, payload: Uint8Array, nowMs: number): void {
    const { chunk: number, position, count } = message;
    const chunk = this.#chunks.get(number);
    const isFirst = number === Math.min(...this.#chunks.keys());
    if (chunk === undefined || !isFirst || chunk.next !== position) {
      this.fault ??= `a result of chunk ${number} at ${position}, not ${chunk?.next}`;
      return;
    }
    this.#spend(number, payload.length, nowMs);
    this.#partial += decoder.decode(payload);
    if (count === 0) return;
    const expected = this.#options.work.reduces
      ? this.#checkSum(this.#partial, position, count)
      : this.#values(position, count);
    if (this.#partial !== expected) {
      this.fault ??= `wrong values at ${position}: ${this.#partial.slice(0, 80)}`;
    }
    this.#partial = "";
    chunk.next += count;
    this.told += count;
    if (chunk.next > chunk.end) this.fault ??= `values beyond chunk ${number}`;
  }

  #values(position: number, count: number): string {
    let text = "";
    for (let index = 0; index < count; index++) {
      const item = this.#item(position + index);
      if (this.#options.work.throws(item)) return `no value of ${item}`;
      text += valueLine(item, this.#options.work);
    }
    return text;
  }

  #checkSum(line: string, position: number, count: number): string {
    const [first, items, sum] = JSON.parse(line);
    let right = 0n;
    for (let index = 0; index < count; index++) right += this.#item(position + index);
    const isRight = first === String(this.#item(position)) && items === count &&
      sum === String(right);
    return isRight ? line : `["${this.#item(position)}",${count},"${right}"]`;
  }

  #failed(message: ChannelMessage & { op: "failed" }, nowMs: number): void {
    const { chunk: number, position, cause } = message;
    const chunk = this.#chunks.get(number);
    if (chunk?.next !== position) {
      this.fault ??= `a failure of chunk ${number} at ${position}, not ${chunk?.next}`;
      return;
    }
    this.#spend(number, failedBytes(message), nowMs);
    const item = this.#item(position);
    const { throws, kills } = this.#options.work;
    const isRight = cause === "crash" ? kills(item) || this.toleratesCrashes : throws(item);
    if (!isRight) this.fault ??= `${item} failed: ${cause}`;
    chunk.next++;
    this.told++;
    (cause === "crash" ? this.crashes : this.failures).push(item);
  }

  /** What costs so much has come, and is taken after a while. */
  #spend(number: number, bytes: number, nowMs: number): void {
    const chunk = this.#chunks.get(number)!;
    if (chunk.credit <= 0) this.fault ??= "something without credit";
    chunk.credit -= bytes;
    this.#owed.push({ atMs: nowMs + this.#options.digestMs, chunk: number, bytes });
    this.#digest(nowMs);
  }

  #digest(nowMs: number): void {
    while (this.#owed.length > 0 && this.#owed[0]!.atMs <= nowMs) {
      const { chunk, bytes } = this.#owed.shift()!;
      const one = this.#chunks.get(chunk);
      if (one === undefined || this.isDone) continue;
      one.credit += bytes;
      this.#say({ op: "credit", job: 7, chunk, credit: bytes });
    }
    this.wakeAtMs = this.#owed[0]?.atMs ?? Infinity;
  }
}
