import { ChannelFramer, type Framed, messageLine } from "../jobs/channel_framer.ts";
import { cutResult, type Result } from "../jobs/cut_result.ts";
import { failedBytes } from "../jobs/failed_bytes.ts";
import type { FailedMessage, FailureCause, OpenMessage, RunnerMessage } from "../jobs/messages.ts";
import { MAX_CODE_BYTES, SLOT_FLUSH_MS } from "../limits.ts";
import { Inbox } from "./inbox.ts";
import { Overseer, type Rest } from "./overseer.ts";
import type { Ring } from "./ring.ts";
import * as shared from "./shared.ts";
import type { SandboxJob, Trouble } from "./shared.ts";
import { SlotChunk } from "./slot_chunk.ts";

const { ATTENTION, FROM_SANDBOX, INDEX, RUNNING, SPAN, STOP, TO_SANDBOX, UNWANTED } = shared;

/** What a slot's main thread needs of its process. */
export interface SlotPort {
  /** Writes text to the worker. */
  send(text: string): void;
  /** Writes bytes to the worker, which must not change any more. */
  sendBytes(bytes: Uint8Array): void;
  /** Resident memory of the process, in bytes. */
  memoryBytes(): number;
  /** Ends the process. */
  end(): void;
}

/** What the slot's main thread shares with the thread of the function, and its bound. */
export interface SlotParts {
  readonly port: SlotPort;
  readonly toSandbox: Ring;
  readonly fromSandbox: Ring;
  readonly state: Int32Array;
  /** Memory of the process above which its item fails. */
  readonly maxMemoryBytes: number;
}

/** One job on one channel, a chunk at a time: speaks with the worker, and has the function's thread do the work. */
export class SlotChannel {
  readonly #parts: SlotParts;
  readonly #framer = new ChannelFramer();
  #job: OpenMessage | undefined;
  /** Bytes of the module that have not come yet. */
  #awaitedBytes = 0;
  /** Whether the module is loaded, and `setup` done. */
  #isReady = false;
  /** Whether nothing more is to be said: the end of the process comes. */
  #isOver = false;
  readonly #inbox: Inbox;
  #chunk: SlotChunk | undefined;
  #lastSerial = 0;
  /** What of the chunk is to be said next, and waits until it is allowed. */
  #held: Result | FailedMessage | undefined;
  readonly #overseer: Overseer;
  /** When the function's thread was last asked for what it holds. */
  #flushedMs = -Infinity;
  /** What has come of the chunk, while what the function has left undone has its turn. */
  #rest: Rest | undefined;
  /** Whether the process ends once everything said has gone. */
  #isLeaving = false;

  /** A channel on which nothing was said. */
  constructor(parts: SlotParts) {
    this.#parts = parts;
    this.#inbox = new Inbox(parts.toSandbox);
    const { port, state, maxMemoryBytes } = parts;
    this.#overseer = new Overseer({
      maxMemoryBytes,
      span: () => Atomics.load(state, SPAN),
      say: (message) => this.#say(message),
      stop: (chunk) => this.#stop(chunk),
      over: () => this.#isOver = true,
      end: () => port.end(),
      leave: (rest) => {
        this.#sayEnd(rest);
        this.#isOver = this.#isLeaving = true;
      },
    });
  }

  /** Takes bytes of the worker's, which are borrowed. */
  received(bytes: Uint8Array): void {
    const framer = this.#framer;
    framer.push(bytes);
    for (let message = framer.next(); message !== undefined; message = framer.next()) {
      this.#handle(message);
    }
    if (framer.fault !== undefined) this.#parts.port.end();
  }

  /**
   * Everything said has been handed to the system, and reaches the worker whatever this process dies of. If it
   * was said that the first of all chunks runs, it may: an item that kills at once is not taken for a `setup` that
   * does.
   */
  drained(): void {
    if (this.#isLeaving) return this.#parts.port.end();
    if (!this.#inbox.isOpen && this.#isReady && this.#handed !== undefined) {
      this.#inbox.open();
    }
  }

  /** The function's thread has rung the bell: it has something, or has room again. */
  rung(): void {
    this.#inbox.pump();
    this.#drain();
  }

  /** Looks after the function: to be called every SLOT_WATCH_MS. */
  watch(nowMs: number): void {
    if (this.#isOver || this.#job === undefined) return;
    const { state } = this.#parts;
    if (nowMs - this.#flushedMs >= SLOT_FLUSH_MS) {
      this.#flushedMs = nowMs;
      Atomics.store(state, ATTENTION, 1);
    }
    this.#drain();
    const memoryBytes = this.#parts.port.memoryBytes();
    const serial = Atomics.load(state, RUNNING);
    const index = Atomics.load(state, INDEX);
    const chunk = this.#handed;
    const isRunning = chunk?.serial === serial && index >= 0 &&
      Atomics.load(state, RUNNING) === serial;
    const seen = { running: isRunning ? { chunk, index } : undefined, rest: this.#rest };
    this.#overseer.look(seen, memoryBytes, nowMs);
  }

  #handle({ members, payload }: Framed): void {
    const number = (name: string): number => {
      const value = members[name];
      return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : 0;
    };
    switch (members.op) {
      case "open":
        return this.#open(members as unknown as OpenMessage);
      case "code":
        return this.#takeCode(payload);
      case "chunk":
        return this.#takeChunk(new SlotChunk(members, ++this.#lastSerial, payload));
      case "close":
        return this.#parts.port.end();
      case "ping":
        return this.#say({ op: "pong" });
    }
    const chunk = this.#chunk;
    // One that has ended meanwhile needs nothing.
    if (chunk === undefined || chunk.number !== number("chunk")) return;
    switch (members.op) {
      case "items":
        chunk.add(payload);
        return this.#handOver(chunk);
      case "credit":
        chunk.credit += number("credit");
        return this.#drain();
      case "drop":
        return this.#drop(chunk);
    }
  }

  #open(job: OpenMessage): void {
    const isTooLong = !(job.code_bytes <= MAX_CODE_BYTES);
    if (this.#job !== undefined || isTooLong) return this.#parts.port.end();
    this.#job = job;
    this.#overseer.job = job;
    this.#awaitedBytes = job.code_bytes;
    const { name, input, call, reduce, args = null, seed, code_bytes: codeBytes } = job;
    const tellsApart = job.tells_apart === true;
    const inside: SandboxJob = { name, input, call, reduce, args, seed, tellsApart, codeBytes };
    this.#inbox.push(TO_SANDBOX.open, encode(inside));
    this.#say({ op: "need", job: job.job });
  }

  #takeCode(bytes: Uint8Array): void {
    if (this.#job === undefined) return;
    if (bytes.length > this.#awaitedBytes || this.#isOver) return this.#parts.port.end();
    this.#awaitedBytes -= bytes.length;
    this.#inbox.push(TO_SANDBOX.code, bytes.slice());
  }

  /** The chunk, if all its lines are here: then the function's thread has it. */
  get #handed(): SlotChunk | undefined {
    return this.#chunk?.isWhole ? this.#chunk : undefined;
  }

  #takeChunk(chunk: SlotChunk): void {
    if (this.#chunk !== undefined) return this.#parts.port.end();
    this.#chunk = chunk;
    this.#handOver(chunk);
  }

  /** Gives the function's thread what it can have. */
  #handOver(chunk: SlotChunk): void {
    if (!chunk.isWhole) return;
    this.#inbox.pushWork(TO_SANDBOX.chunk, encode(chunk.forSandbox()));
    for (const lines of chunk.takeLines()) this.#inbox.pushWork(TO_SANDBOX.items, lines);
    this.#started();
  }

  /** The chunk begins, unless there is none yet. */
  #started(): void {
    const chunk = this.#handed;
    if (!this.#isReady || chunk === undefined) return;
    this.#flushedMs = -Infinity;
    this.#say({ op: "started", job: this.#job!.job, chunk: chunk.number });
  }

  #drop(chunk: SlotChunk): void {
    chunk.stopWhy = "dropped";
    if (chunk.isWhole) return this.#stop(chunk);
    this.#chunk = undefined;
    this.#return(chunk, chunk.position, 0, "dropped");
  }

  #stop({ serial, stopWhy }: SlotChunk): void {
    const { state } = this.#parts;
    if (stopWhy === "dropped") Atomics.store(state, UNWANTED, serial);
    Atomics.store(state, STOP, serial);
    Atomics.store(state, ATTENTION, 1);
  }

  /** Passes on what the function's thread has, as far as it is allowed. */
  #drain(): void {
    const { fromSandbox } = this.#parts;
    while (!this.#isOver && this.#sendHeld()) {
      if (fromSandbox.read()) this.#passOn(fromSandbox);
      else {
        fromSandbox.wantBell();
        if (fromSandbox.isEmpty) return;
      }
    }
  }

  #passOn({ kind, first, second, payload }: Ring): void {
    const job = this.#job!.job;
    const chunk = this.#handed;
    switch (kind) {
      case FROM_SANDBOX.ready:
        this.#isReady = true;
        this.#overseer.ready(this.#parts.port.memoryBytes());
        return this.#started();
      case FROM_SANDBOX.broken: {
        const { cause, error, stack } = decode<Trouble>(payload);
        this.#isOver = true;
        return this.#say({ op: "job_failed", job, code: cause, error, ...(stack && { stack }) });
      }
      case FROM_SANDBOX.print: {
        const position = chunk === undefined || first < 0 ? 0 : chunk.position + first;
        return this.#say({ op: "print", job, position, text: decoder.decode(payload) });
      }
    }
    if (chunk === undefined) return this.#parts.port.end();
    const position = chunk.position + first;
    if (kind === FROM_SANDBOX.result) this.#held = { position, count: second, payload };
    else if (kind === FROM_SANDBOX.failed) {
      this.#held = this.#failed(chunk, position, decode<Trouble>(payload));
    } else {
      const rest = { chunk, position, ms: Number(decoder.decode(payload)), sinceMs: Infinity };
      if (kind === FROM_SANDBOX.resting) this.#rest = rest;
      else this.#done(rest);
    }
  }

  #failed(chunk: SlotChunk, position: number, trouble: Trouble): FailedMessage {
    const { cause, error, stack, item } = trouble;
    return {
      op: "failed",
      job: this.#job!.job,
      chunk: chunk.number,
      position,
      cause: cause as FailureCause,
      error,
      ...(stack && { stack }),
      ...(item && { item }),
    };
  }

  #done(rest: Rest): void {
    this.#rest = this.#chunk = undefined;
    this.#sayEnd(rest);
  }

  #sayEnd({ chunk, position, ms }: Rest): void {
    if (position === chunk.position + chunk.count) {
      this.#say({ op: "done", job: this.#job!.job, chunk: chunk.number, ms });
    } else this.#return(chunk, position, ms, chunk.stopWhy ?? "dropped");
  }

  #return(chunk: SlotChunk, position: number, ms: number, why: "dropped" | "late"): void {
    this.#say({ op: "returned", job: this.#job!.job, chunk: chunk.number, position, ms, why });
  }

  /** Sends what is held, cut to what is allowed; `false` if something of it is left. */
  #sendHeld(): boolean {
    const held = this.#held;
    if (held === undefined) return true;
    const chunk = this.#chunk!;
    const { credit } = chunk;
    if (credit <= 0) return false;
    if ("op" in held) {
      // It goes whole as long as anything is allowed.
      this.#held = undefined;
      chunk.credit -= failedBytes(held);
      this.#say(held);
      return true;
    }
    const [part, rest] = held.payload.length <= credit ? [held] : cutResult(held, credit);
    this.#held = rest;
    this.#sendResult(chunk, part);
    return rest === undefined;
  }

  #sendResult(chunk: SlotChunk, { position, count, payload }: Result): void {
    chunk.credit -= payload.length;
    const job = this.#job!.job;
    const bytes = payload.length;
    this.#say({ op: "result", job, chunk: chunk.number, position, count, bytes });
    this.#parts.port.sendBytes(payload);
  }

  #say(message: RunnerMessage): void {
    this.#parts.port.send(messageLine(message));
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function encode(value: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(value));
}

function decode<Value>(bytes: Uint8Array): Value {
  return JSON.parse(decoder.decode(bytes)) as Value;
}
