import type {
  ChunkMessage,
  FailedMessage,
  OpenMessage,
  PrintMessage,
  ReturnedMessage,
} from "../../jobs/messages.ts";
import { Pieces } from "../../jobs/pieces.ts";
import { PrintRate } from "../../jobs/print_rate.ts";
import {
  FIRST_INPUT_BYTES,
  HELD_CHUNK_BYTES,
  HELD_MESSAGE_BYTES,
  JOB_CLIENT_SILENCE_MS,
  MAX_HELD_CHUNK_BYTES,
  MAX_ITEM_BYTES,
  MAX_JOB_CHUNKS,
  MAX_JOB_INPUT_BYTES,
  MAX_JOB_MERGE_BYTES,
  MAX_JOB_PRINT_BYTES_PER_SECOND,
  MAX_MERGES,
  MAX_PIECE_BYTES,
} from "../../limits.ts";
import { countLines } from "./lines.ts";
import type { ClientChannel } from "./client_channel.ts";
import type { Code } from "./code_store.ts";
import { Job } from "./job.ts";
import { Rate } from "./progress.ts";
import type { Requester } from "./requester.ts";
import type { ClientChunk } from "./result_order.ts";
import type { Shares } from "./shares.ts";
import { Stretch } from "./stretch.ts";

/** A chunk whose lines have not come whole. */
interface Arriving {
  readonly chunk: ChunkMessage;
  readonly pieces: Pieces;
  left: number;
  lines: number;
}

/** One job as its client gives it: how the module and the input arrive, and how it is told of results. */
export class ClientJob implements Requester {
  readonly job: Job;
  readonly channel: ClientChannel;
  /** The client's number for it. */
  readonly number: number;
  /** What the client was told last of who works for it. */
  told = "";
  toldMs = -Infinity;
  /** Whether the client was told of anybody. */
  hasToldWorkers = false;
  readonly rate: Rate;
  readonly #shares: Shares;
  readonly #prints = new PrintRate({
    mostBytes: MAX_JOB_PRINT_BYTES_PER_SECOND,
    costBytes: HELD_MESSAGE_BYTES,
    whose: " of several slots",
  });
  readonly #code = new Pieces();
  /** When it was opened, or more of the module came. */
  #codeHeardMs: number;
  #arriving: Arriving | undefined;
  /** Bytes of lines that the client may send in all, and has sent; merges have a bound of their own. */
  #granted = 0;
  #arrived = 0;
  #mostHeld = FIRST_INPUT_BYTES;

  /** A job that was just opened. */
  constructor(
    channel: ClientChannel,
    number: number,
    name: string,
    opening: OpenMessage,
    nowMs: number,
    shares: Shares,
  ) {
    this.channel = channel;
    this.#shares = shares;
    this.number = opening.job;
    this.rate = new Rate(nowMs);
    this.#codeHeardMs = nowMs;
    const { hops = 0 } = opening;
    const passed = { ...opening, job: number, hops: hops + 1 };
    this.job = new Job(number, name, passed, this, nowMs, shares);
  }

  /** A piece of the module came; gives what is wrong with it. */
  addCode(piece: Uint8Array, nowMs: number): string | undefined {
    if (piece.length === 0) return "sent code that is none";
    const { code, opening } = this.job;
    if (code !== undefined || this.#code.bytes + piece.length > opening.code_bytes) {
      return "sent more code than it said";
    }
    this.#code.add(piece);
    this.#codeHeardMs = nowMs;
  }

  /** How much of the module is held. */
  get codeBytes(): number {
    return this.job.code === undefined ? this.#code.bytes : this.job.opening.code_bytes;
  }

  /** Bytes of lines and accumulators that are held. */
  get takenBytes(): number {
    const { orders, tally: { inputBytes, mergeBytes } } = this.job;
    const heldBytes = HELD_CHUNK_BYTES * orders.chunkCount;
    return inputBytes + mergeBytes + heldBytes + (this.#arriving?.pieces.bytes ?? 0);
  }

  /** Whether the module does not come, and with it nothing of the job. */
  isStuck(nowMs: number): boolean {
    return this.job.code === undefined && nowMs - this.#codeHeardMs >= JOB_CLIENT_SILENCE_MS;
  }

  /** The module, once all of it has come. */
  get code(): Code | undefined {
    return this.#code.bytes === this.job.opening.code_bytes ? this.#code.list : undefined;
  }

  /** The client gives a chunk, or the beginning of one; gives what is wrong with it. */
  addChunk(chunk: ChunkMessage, payload: Uint8Array): string | undefined {
    if (this.#arriving !== undefined) return "began a chunk within another";
    if (this.job.orders.find(chunk.chunk) !== undefined) return "gave a chunk twice";
    if (this.job.orders.chunkCount >= MAX_JOB_CHUNKS) return "gave too many chunks";
    const { position, count, first, item_bytes: itemBytes = 0, merge: isMerge = false } = chunk;
    if (first !== undefined) {
      this.#add(chunk, new Stretch(position, count, BigInt(first)));
      return undefined;
    }
    const longest = isMerge
      ? MAX_HELD_CHUNK_BYTES
      : Math.max(MAX_JOB_INPUT_BYTES, MAX_ITEM_BYTES + 1);
    if (itemBytes > longest) return "gave too long a chunk";
    const { orders, tally: { mergeBytes } } = this.job;
    const isTooMuch = mergeBytes + itemBytes > MAX_JOB_MERGE_BYTES ||
      orders.mergeCount >= 4 * MAX_MERGES;
    if (isMerge && isTooMuch) {
      return "sent more accumulators than it may";
    }
    this.#arriving = { chunk, pieces: new Pieces(), left: itemBytes, lines: 0 };
    return payload.length === 0 ? undefined : this.addLines(chunk.chunk, payload);
  }

  /** More lines of a chunk came; gives what is wrong with them. */
  addLines(number: number, payload: Uint8Array): string | undefined {
    const arriving = this.#arriving;
    if (arriving?.chunk.chunk !== number) return "sent lines of no chunk";
    if (payload.length === 0) return "sent lines that are none";
    const { chunk, pieces } = arriving;
    arriving.left -= payload.length;
    if (chunk.merge !== true) this.#arrived += payload.length;
    // A line that is longer than all that is ever asked for comes whole.
    const isTooMuch = this.#arrived > this.#granted + MAX_ITEM_BYTES + 1;
    if (arriving.left < 0 || isTooMuch) return "sent more lines than it may";
    pieces.add(payload);
    arriving.lines += countLines(payload, Infinity);
    if (arriving.left > 0) return undefined;
    this.#arriving = undefined;
    // Whoever is given a part of it would close the channel to us, and with that everybody else's jobs there.
    if (arriving.lines !== chunk.count) {
      return `sent ${arriving.lines} lines of a chunk that has ${chunk.count}`;
    }
    this.#add(chunk, new Stretch(chunk.position, chunk.count, undefined, pieces.list));
  }

  #add({ chunk, position, count, merge = false, credit }: ChunkMessage, stretch: Stretch): void {
    const end = position + count;
    this.job.add(
      { number: chunk, next: position, end, credit, isStarted: false, isDropped: false },
      stretch,
      merge,
    );
  }

  /** Allows the client to send more lines, as far as they can be held. */
  allowInput(): void {
    // Nothing is left to give out: whatever the client has can be used at once.
    if (this.job.input.count === 0 && this.#arrived > 0) this.#mostHeld = MAX_JOB_INPUT_BYTES;
    const mostHeld = Math.min(this.#mostHeld, this.#shares.inputBytes);
    const underWay = this.#granted - this.#arrived;
    const arriving = this.#arriving?.chunk.merge === true ? undefined : this.#arriving;
    const begun = arriving === undefined ? 0 : arriving.chunk.item_bytes! - arriving.left;
    const free = mostHeld - this.job.tally.inputBytes - begun - underWay;
    // What has begun must come whole, however long it is.
    const needed = (arriving?.left ?? 0) - underWay;
    const want = Math.max(free >= Math.min(MAX_PIECE_BYTES, mostHeld / 8) ? free : 0, needed);
    if (want <= 0) return;
    this.#granted += want;
    this.channel.wire.send({ op: "want", job: this.number, want });
  }

  get isClogged(): boolean {
    return this.channel.wire.unread.isMuch;
  }

  started(chunk: ClientChunk): void {
    this.channel.wire.send({ op: "started", job: this.number, chunk: chunk.number });
  }

  result(chunk: ClientChunk, position: number, count: number, payload: Uint8Array): void {
    this.channel.wire.send({
      op: "result",
      job: this.number,
      chunk: chunk.number,
      position,
      count,
      bytes: payload.length,
    }, payload);
  }

  failed(chunk: ClientChunk, failure: FailedMessage): void {
    this.channel.wire.send({ ...failure, job: this.number, chunk: chunk.number });
  }

  done(chunk: ClientChunk, ms: number): void {
    const rounded = Math.round(ms * 1000) / 1000;
    this.channel.wire.send({ op: "done", job: this.number, chunk: chunk.number, ms: rounded });
  }

  returned(chunk: ClientChunk, why: ReturnedMessage["why"]): void {
    const { number, next } = chunk;
    this.channel.wire.send(
      { op: "returned", job: this.number, chunk: number, position: next, ms: 0, why },
    );
  }

  print(print: PrintMessage, nowMs: number): void {
    for (const text of this.#prints.take(print.text, nowMs)) {
      this.channel.wire.send({ ...print, job: this.number, text });
    }
  }

  jobFailed(code: string, error: string, stack?: string): void {
    const why = stack === undefined ? { code, error } : { code, error, stack };
    this.channel.wire.send({ op: "job_failed", job: this.number, ...why });
  }
}
