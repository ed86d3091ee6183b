import { nowMs } from "../net/clock.ts";
import { decodeReply } from "../protocol/decode_reply.ts";
import { decodeRequest, isWireError } from "../protocol/decode_request.ts";
import { encodeErrorReply, requestBody } from "../protocol/encode.ts";
import { type WireError, wireError } from "../protocol/errors.ts";
import type { Address } from "../protocol/machine.ts";
import type { RequestId } from "../protocol/messages.ts";
import { Queue } from "../protocol/queue.ts";
import { type InputLine, inputLines } from "./input_lines.ts";
import { MAX_BATCH_HELD_CHARS } from "../limits.ts";
import { ClientLink, errorOf } from "./link.ts";
import type { Exchange, ExchangeFailure } from "./machine.ts";

/** Characters of output that may wait for a slow writer before no more requests are sent. */
const MAX_UNWRITTEN_CHARS = 1024 * 1024;
/** Lines that may wait behind a slow one, for each request that may be in flight. */
const LINES_PER_WINDOW = 16;

/** How a batch is run. */
export interface BatchOptions {
  /** The servers, in order of preference. */
  readonly servers: readonly Address[];
  /** Requests as JSON lines. */
  readonly input: ReadableStream<Uint8Array>;
  /** Takes reply lines; the next come when it is done. */
  readonly write: (text: string) => Promise<void>;
  /** Requests in flight at once. */
  readonly window: number;
  /** How long each request may take, in milliseconds. */
  readonly timeoutMs: number;
}

/** How far a batch is. */
export interface BatchCounts {
  /** Lines answered. */
  done: number;
  /** Those among them that are not ok. */
  failed: number;
}

/** One line of input and, in time, its line of output. */
interface Slot {
  text: string | undefined;
}

/**
 * Runs every line of the input through a server, and writes exactly one line for each, in its order. What is no
 * request is answered here, as a server would, and never sent: so nothing in the input can end the connection.
 */
export class Batch {
  readonly counts: BatchCounts = { done: 0, failed: 0 };
  readonly #options: BatchOptions;
  readonly #link: ClientLink;
  readonly #slots = new Queue<Slot>();
  #out = "";
  #isWriting = false;
  /** About what time it is; the clock is not read for every line. */
  #nowMs = 0;
  /** Characters of requests in flight, and of replies that wait for those before them. */
  #heldChars = 0;
  #error: unknown;
  #roomMade: (() => void) | undefined;
  readonly #aborted = new AbortController();

  /** A batch that has not begun. */
  constructor(options: BatchOptions) {
    this.#options = options;
    this.#link = new ClientLink(options.servers);
  }

  /**
   * Runs it to its end.
   *
   * @throws {ServerUnreachableError} If no server can be reached.
   * @throws {ReplyTimeoutError} If a reply does not come in time.
   * @throws Whatever the input or the output fails with.
   */
  async run(): Promise<BatchCounts> {
    try {
      const { signal } = this.#aborted;
      for await (const lines of this.#options.input.pipeThrough(inputLines(), { signal })) {
        this.#nowMs = nowMs();
        for (const line of lines) {
          while (!this.#hasRoom() && this.#error === undefined) {
            await this.#room();
            this.#nowMs = nowMs();
          }
          if (this.#error !== undefined) throw this.#error;
          this.#take(line);
        }
      }
      while (this.#slots.size > 0 || this.#out !== "" || this.#isWriting) {
        if (this.#error !== undefined) throw this.#error;
        await this.#room();
      }
      if (this.#error !== undefined) throw this.#error;
      return this.counts;
    } finally {
      await this.#link.close();
    }
  }

  #hasRoom(): boolean {
    const { window } = this.#options;
    return this.#link.inFlight < window && this.#slots.size < LINES_PER_WINDOW * window &&
      this.#out.length < MAX_UNWRITTEN_CHARS && this.#heldChars < MAX_BATCH_HELD_CHARS;
  }

  #room(): Promise<void> {
    return new Promise((resolve) => this.#roomMade = resolve);
  }

  #wake(): void {
    this.#roomMade?.();
    this.#roomMade = undefined;
  }

  #take(line: InputLine): void {
    const slot: Slot = { text: undefined };
    this.#slots.push(slot);
    if (isWireError(line)) return this.#refuse(slot, line, undefined);
    if (typeof line !== "string" && line.op === "bare") return this.#sendBare(slot, line.body);
    if (typeof line === "string" && line.trim() === "") {
      return this.#refuse(slot, wireError("empty_line"), undefined);
    }
    const request = typeof line === "string" ? decodeRequest(line) : line;
    if (request.op === "malformed") return this.#refuse(slot, request.error, request.id);
    // They would make something else of our connection, and never be alone on it.
    if (request.op === "join" || request.op === "channel") {
      return this.#refuse(slot, wireError(`${request.op}_not_alone`), request.id);
    }
    // A bare line goes bare. An id is replaced by one of ours, because ids of a file may repeat.
    if (request.id === undefined) {
      const body = typeof line === "string" ? line.trimStart().slice(1) : requestBody(request);
      return this.#sendBare(slot, body);
    }
    const opening = `{"id":${JSON.stringify(request.id)}`;
    this.#send(requestBody(request), false, (text) => {
      this.#answer(slot, text.replace(/^\{"id":\d+/, () => opening));
    });
  }

  #sendBare(slot: Slot, body: string): void {
    this.#send(body, true, (text) => this.#answer(slot, text));
  }

  #send(body: string, bare: boolean, replied: (text: string) => void): void {
    const { length } = body;
    this.#heldChars += length;
    const exchange: Exchange = {
      body,
      bare,
      deadlineMs: this.#nowMs + this.#options.timeoutMs,
      done: false,
      replied: (text) => {
        this.#heldChars -= length;
        replied(text);
      },
      failed: this.#failed,
    };
    this.#link.submit(exchange, this.#nowMs);
  }

  readonly #failed = (failure: ExchangeFailure): void => this.#fail(errorOf(failure));

  /** The first failure ends the batch, though its input may still be open. */
  #fail(error: unknown): void {
    this.#error ??= error;
    this.#aborted.abort(this.#error);
    this.#wake();
  }

  #refuse(slot: Slot, error: WireError, id: RequestId | undefined): void {
    this.#answer(slot, encodeErrorReply(error, id).trimEnd());
  }

  #answer(slot: Slot, text: string): void {
    slot.text = text;
    this.#heldChars += text.length;
    this.counts.done++;
    if (!isOk(text)) this.counts.failed++;
    let first: Slot | undefined;
    while ((first = this.#slots.first) !== undefined && first.text !== undefined) {
      this.#slots.shift();
      this.#heldChars -= first.text.length;
      this.#out += first.text + "\n";
    }
    if (this.#out !== "" && !this.#isWriting) this.#writeLoop();
    if (this.#hasRoom()) this.#wake();
  }

  async #writeLoop(): Promise<void> {
    this.#isWriting = true;
    try {
      // What comes in one turn is written together.
      await Promise.resolve();
      while (this.#out !== "") {
        const text = this.#out;
        this.#out = "";
        await this.#options.write(text);
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#isWriting = false;
      this.#wake();
    }
  }
}

function isOk(text: string): boolean {
  return text.startsWith('{"ok":true') || decodeReply(text)?.ok === true;
}
