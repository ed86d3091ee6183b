import { ChannelFramer, messageLine } from "../../src/jobs/channel_framer.ts";
import { failedBytes } from "../../src/jobs/failed_bytes.ts";
import type { ChannelMessage } from "../../src/jobs/messages.ts";
import { CHUNK_MAX_MS } from "../../src/limits.ts";
import { accumulatorLine, type JobFunction, valueLine } from "./job_function.ts";

/** How often a running chunk tells of what is done. */
const TELL_MS = 25;

const MAX_PIECE = 200 * 1024;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A chunk that a runner has in hand. */
interface Chunk {
  readonly job: number;
  readonly number: number;
  readonly position: number;
  readonly count: number;
  readonly isMerge: boolean;
  readonly first: bigint | undefined;
  text: string;
  missing: number;
  items: bigint[] | undefined;
  credit: number;
  /** Items done and told of. */
  told: number;
  startedMs: number | undefined;
  /** When the item that it is at is done. */
  itemDoneMs: number;
  /** When all its items are done, and when it told of some last. */
  endMs: number;
  toldMs: number;
  /** Items that are done. */
  done: number;
  workMs: number;
  isDropped: boolean;
  /** Whether it has taken so long that the rest is given back. */
  isLate: boolean;
}

/** What a runner needs of the process that it runs in. */
export interface RunnerPort {
  send(text: string, payload?: Uint8Array): void;
  /** An item kills the process. */
  die(): void;
}

/** How a runner is. */
export interface RunnerOptions {
  readonly slots: number;
  /** How many times as long it takes as others. */
  readonly slowness: number;
  readonly work: JobFunction;
  /** Modules that its process has already. */
  readonly codes: Set<string>;
}

/** A worker's end of one channel: runs chunks in virtual time. */
export class JobRunner {
  /** What the requester did against the rules. */
  fault: string | undefined;
  readonly #options: RunnerOptions;
  readonly #port: RunnerPort;
  readonly #framer = new ChannelFramer();
  /** Jobs that are open, and the code that is missing. */
  readonly #jobs = new Map<number, { missing: number; readonly sha256: string }>();
  readonly #chunks: Chunk[] = [];
  #isLeaving = false;

  constructor(options: RunnerOptions, port: RunnerPort) {
    this.#options = options;
    this.#port = port;
  }

  /** When something is done next. */
  get wakeAtMs(): number {
    let atMs = Infinity;
    for (const chunk of this.#running()) {
      if (!this.#mayTell(chunk)) continue;
      // Not at every item, but at the end, and now and then before it.
      const { itemDoneMs, endMs, toldMs, isDropped } = chunk;
      const soonMs = isDropped ? itemDoneMs : Math.max(itemDoneMs, toldMs + TELL_MS);
      atMs = Math.min(atMs, Math.max(itemDoneMs, Math.min(endMs, soonMs)));
    }
    return atMs;
  }

  received(bytes: Uint8Array, nowMs: number): void {
    this.#framer.push(bytes);
    for (let one = this.#framer.next(); one !== undefined; one = this.#framer.next()) {
      this.#take(one.members as unknown as ChannelMessage, one.payload);
    }
    if (this.#framer.fault !== undefined) this.fault ??= this.#framer.fault;
    this.tick(nowMs);
  }

  /** The process goes: what has not begun is given back, what runs is finished. */
  leave(): void {
    this.#isLeaving = true;
    for (const chunk of [...this.#chunks]) {
      if (chunk.startedMs === undefined) this.#giveBack(chunk, "leaving");
    }
  }

  /** Whether it has nothing in hand. */
  get isIdle(): boolean {
    return this.#chunks.length === 0;
  }

  /** Does what is done by now. */
  tick(nowMs: number): void {
    this.#startMore(nowMs);
    for (const chunk of this.#running()) this.#advance(chunk, nowMs);
    this.#startMore(nowMs);
  }

  #running(): Chunk[] {
    return this.#chunks.filter(({ startedMs }) => startedMs !== undefined);
  }

  #take(message: ChannelMessage, payload: Uint8Array): void {
    switch (message.op) {
      case "ping":
        return this.#say({ op: "pong" });
      case "open": {
        const isKnown = this.#options.codes.has(message.sha256);
        const missing = isKnown ? 0 : message.code_bytes;
        this.#jobs.set(message.job, { missing, sha256: message.sha256 });
        if (!isKnown) this.#say({ op: "need", job: message.job });
        return;
      }
      case "code": {
        const job = this.#jobs.get(message.job);
        if (job === undefined) return;
        job.missing -= payload.length;
        if (job.missing < 0) this.fault = "more code than was said";
        if (job.missing === 0) this.#options.codes.add(job.sha256);
        return;
      }
      case "chunk":
        return this.#newChunk(message, payload);
      case "close":
        this.#jobs.delete(message.job);
        for (const chunk of [...this.#chunks]) if (chunk.job === message.job) this.#remove(chunk);
        return;
    }
    if (message.op !== "items" && message.op !== "credit" && message.op !== "drop") return;
    const chunk = this.#chunks.find(({ job, number }) =>
      job === message.job && number === message.chunk
    );
    if (chunk === undefined) return;
    if (message.op === "items") this.#addLines(chunk, payload);
    else if (message.op === "credit") chunk.credit += message.credit;
    else {
      chunk.isDropped = true;
      if (chunk.startedMs === undefined) this.#giveBack(chunk, "dropped");
    }
  }

  #newChunk(message: ChannelMessage & { op: "chunk" }, payload: Uint8Array): void {
    if (!this.#jobs.has(message.job)) {
      this.fault = "a chunk of a job that is not open";
      return;
    }
    const chunk: Chunk = {
      job: message.job,
      number: message.chunk,
      position: message.position,
      count: message.count,
      isMerge: message.merge ?? false,
      first: message.first === undefined ? undefined : BigInt(message.first),
      text: "",
      missing: message.item_bytes ?? 0,
      items: undefined,
      credit: message.credit,
      told: 0,
      startedMs: undefined,
      itemDoneMs: Infinity,
      endMs: Infinity,
      toldMs: -Infinity,
      done: 0,
      workMs: 0,
      isDropped: false,
      isLate: false,
    };
    this.#chunks.push(chunk);
    // One for each slot, and one more for each, however many jobs there are.
    if (this.#chunks.length > 2 * this.#options.slots) this.fault = "more chunks than it takes";
    this.#addLines(chunk, payload);
    if (this.#isLeaving) this.#giveBack(chunk, "leaving");
  }

  #addLines(chunk: Chunk, payload: Uint8Array): void {
    // Digits only: no character is ever cut.
    chunk.text += decoder.decode(payload);
    chunk.missing -= payload.length;
    if (chunk.missing < 0) this.fault = "more lines than was said";
    if (chunk.missing !== 0) return;
    if (chunk.first !== undefined) {
      chunk.items = Array.from({ length: chunk.count }, (_, index) => chunk.first! + BigInt(index));
      return;
    }
    const lines = chunk.text.split("\n");
    if (lines.pop() !== "" || lines.length !== chunk.count) {
      this.fault = `${lines.length} lines for ${chunk.count} items`;
    }
    chunk.items = chunk.isMerge
      ? lines.map((line) => BigInt(JSON.parse(line)[2]))
      : lines.map(BigInt);
  }

  #startMore(nowMs: number): void {
    for (const chunk of this.#chunks) {
      if (this.#running().length >= this.#options.slots) return;
      const isReady = chunk.items !== undefined && this.#jobs.get(chunk.job)!.missing === 0;
      if (chunk.startedMs !== undefined || !isReady) continue;
      chunk.startedMs = chunk.toldMs = nowMs;
      chunk.endMs = nowMs + this.#msOf(chunk, chunk.items!);
      this.#say({ op: "started", job: chunk.job, chunk: chunk.number });
      this.#beginItem(chunk, nowMs);
    }
  }

  #beginItem(chunk: Chunk, nowMs: number): void {
    const item = chunk.items![chunk.done];
    const ms = item === undefined ? 0 : this.#msOf(chunk, [item]);
    chunk.itemDoneMs = nowMs + ms;
    chunk.workMs += ms;
  }

  #msOf({ isMerge }: Chunk, items: readonly bigint[]): number {
    if (isMerge) return 0;
    const { itemMs } = this.#options.work;
    return items.reduce((sum, item) => sum + itemMs(item), 0) * this.#options.slowness;
  }

  #mayTell({ credit, done, told }: Chunk): boolean {
    return credit > 0 || done === told;
  }

  /** Everything that is done by now is told in one message, as far as that is allowed. */
  #advance(chunk: Chunk, nowMs: number): void {
    const { kills } = this.#options.work;
    while (chunk.done < chunk.count && chunk.itemDoneMs <= nowMs) {
      if (!chunk.isMerge && kills(chunk.items![chunk.done]!)) return this.#port.die();
      chunk.done++;
      chunk.isLate = chunk.itemDoneMs - chunk.startedMs! > CHUNK_MAX_MS;
      if (chunk.isDropped || chunk.isLate) break;
      if (chunk.done < chunk.count) this.#beginItem(chunk, chunk.itemDoneMs);
    }
    if (!this.#mayTell(chunk)) return;
    chunk.toldMs = nowMs;
    this.#tell(chunk);
    if (chunk.told === chunk.count) {
      this.#say({ op: "done", job: chunk.job, chunk: chunk.number, ms: chunk.workMs });
      this.#remove(chunk);
    } else if (chunk.isDropped) this.#giveBack(chunk, "dropped");
    else if (chunk.isLate) this.#giveBack(chunk, "late");
    else if (chunk.done > 0 && this.#options.work.reduces) {
      // Of lines the results say how far it has come.
      const position = chunk.position + chunk.done;
      this.#say({ op: "at", job: chunk.job, chunk: chunk.number, position });
    }
  }

  #tell(chunk: Chunk): void {
    const { work } = this.#options;
    if (chunk.isMerge || work.reduces) return this.#tellSum(chunk);
    let text = "";
    let from = chunk.told;
    const flush = (to: number) => {
      if (to > from) this.#tellResult(chunk, from, to - from, text);
      text = "";
      from = to;
    };
    let index = chunk.told;
    // What is written may pass the credit once, by one message.
    for (; index < chunk.done && chunk.credit > 0; index++) {
      const item = chunk.items![index]!;
      if (!work.throws(item)) {
        const line = valueLine(item, work);
        // A long value comes alone, in several pieces.
        if (text.length + line.length > MAX_PIECE) flush(index);
        text += line;
      } else {
        flush(index);
        from = index + 1;
        this.#tellFailure(chunk, index, item);
      }
    }
    flush(index);
    chunk.told = index;
  }

  #tellSum(chunk: Chunk): void {
    const { work } = this.#options;
    // A sum that nobody knows yet is told at the end, or when it is given back.
    if (chunk.done === chunk.told) return;
    const items = chunk.items!.slice(chunk.told, chunk.done);
    const sum = items.reduce((total, item) => total + item, 0n);
    const line = accumulatorLine(items[0]!, items.length, sum);
    void work;
    this.#tellResult(chunk, chunk.told, items.length, line);
    chunk.told = chunk.done;
  }

  #tellResult(chunk: Chunk, index: number, count: number, text: string): void {
    const bytes = encoder.encode(text);
    chunk.credit -= bytes.length;
    const position = chunk.position + index;
    const most = MAX_PIECE;
    // A value that is longer than a piece comes in several.
    for (let start = 0; start < bytes.length; start += most) {
      const part = bytes.subarray(start, start + most);
      const isLast = start + most >= bytes.length;
      this.#say({
        op: "result",
        job: chunk.job,
        chunk: chunk.number,
        position,
        count: isLast ? count : 0,
        bytes: part.length,
      }, part);
    }
  }

  #tellFailure(chunk: Chunk, index: number, item: bigint): void {
    const error = `no ${item}`;
    chunk.credit -= failedBytes({ error });
    const { job, number, position } = chunk;
    this.#say(
      { op: "failed", job, chunk: number, position: position + index, cause: "error", error },
    );
  }

  #giveBack(chunk: Chunk, why: "dropped" | "late" | "leaving"): void {
    const position = chunk.position + chunk.told;
    const { job, number, workMs } = chunk;
    this.#say({ op: "returned", job, chunk: number, position, ms: workMs, why });
    this.#remove(chunk);
  }

  #remove(chunk: Chunk): void {
    const index = this.#chunks.indexOf(chunk);
    if (index >= 0) this.#chunks.splice(index, 1);
  }

  #say(message: ChannelMessage, payload?: Uint8Array): void {
    this.#port.send(messageLine(message), payload);
  }
}
