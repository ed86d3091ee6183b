import type { Framed } from "../../jobs/channel_framer.ts";
import { failedBytes } from "../../jobs/failed_bytes.ts";
import { shown } from "../../jobs/shown.ts";
import {
  MAX_FRUITLESS_CHANNELS,
  MAX_SENT_PIECES,
  MAX_UNANSWERED_BYTES,
  MAX_VALUE_BYTES,
  MAX_WAITING_PIECES,
} from "../../limits.ts";
import type { Address, Effect, Machine, MachineEvent } from "../../protocol/machine.ts";
import { Channel } from "./channel.ts";
import { Credits } from "./credits.ts";
import type { JobEnd, JobPort, MapJob, Merge, Piece } from "./job.ts";
import {
  codeMessages,
  itemsMessages,
  openMessage,
  readFailure,
  readPrint,
  readProgress,
  textOrShown,
  wholeNumber,
} from "./job_wire.ts";
import { explainLong } from "./lines.ts";
import { LongValue } from "./long_value.ts";
import { Merges } from "./merges.ts";
import { itemText, Unanswered } from "./unanswered.ts";

/** How a job's machine is set up. */
export interface MapMachineOptions {
  /** The servers, in order of preference. At least one. */
  readonly servers: readonly Address[];
  /** How long a server may be looked for, in milliseconds. */
  readonly timeoutMs: number;
  readonly job: MapJob;
  readonly port: JobPort;
}

/** The only job of the channel. */
const JOB = 1;

/**
 * The requester of one job, without sockets and clock: gives its input to a server as far as that wants it, and
 * passes on what comes back, which must be in the order of the input. After the loss of a server all that has
 * no answer is given to the next one.
 */
export class MapMachine implements Machine {
  readonly #channel: Channel;
  readonly #job: MapJob;
  readonly #port: JobPort;
  readonly #unanswered = new Unanswered();
  readonly #credits: Credits;
  readonly #merges = new Merges();
  #lastChunk = 0;
  /** Bytes of items that the server still wants. */
  #wanted = 0;
  #value = new LongValue();
  /** Channels since the last answer. */
  #fruitless = 0;
  /** Whether the server has been sent the module. */
  #hasCode = false;
  #inputEnded = false;
  #isAnswered = false;
  #isOver = false;
  /** Whether the channel is to be set up at the next tick. */
  #mustStart = false;
  #nowMs = 0;

  /** A job that has not begun. */
  constructor(options: MapMachineOptions) {
    const { job, port } = options;
    this.#job = job;
    this.#port = port;
    this.#credits = new Credits((sent, credit) => {
      this.#channel.send({ op: "credit", job: JOB, chunk: sent.chunk, credit });
    });
    this.#channel = new Channel(options, {
      opened: () => this.#opened(),
      received: (message) => this.#received(message),
      lost: () => this.#lost(),
      failed: (failure) => this.#end(failure),
    });
  }

  /** When a tick is due. */
  get wakeAtMs(): number {
    return this.#mustStart && !this.#isOver ? 0 : this.#channel.wakeAtMs;
  }

  /** Whether a server has the job, and hears of its end. */
  get isConnected(): boolean {
    return this.#channel.isOpen;
  }

  /** Whether another piece of input may be given. */
  get hasRoom(): boolean {
    const { waitingCount, heldBytes } = this.#unanswered;
    return waitingCount < MAX_WAITING_PIECES && heldBytes < MAX_UNANSWERED_BYTES;
  }

  /** Begins, behind items that were answered in an earlier run and are not given. */
  begin(skipped: number): void {
    const { range } = this.#job;
    const unanswered = this.#unanswered;
    unanswered.skip(skipped);
    if (range !== undefined) {
      if (range.count > skipped) unanswered.give(range.count - skipped);
      this.#inputEnded = true;
    }
    // Where all was answered in an earlier run, no server is needed.
    this.#checkAnswered();
    if (this.#isAnswered) return;
    this.#mustStart = true;
    this.#sendItems();
  }

  /** Adds input. What is to be done comes with the next {@linkcode flush}; so with all of these. */
  give({ count, bytes }: Piece): void {
    this.#unanswered.give(count, bytes);
    this.#sendItems();
  }

  /** Says that the input has ended. */
  endInput(): void {
    this.#inputEnded = true;
    this.#checkAnswered();
  }

  /** Notes that so many bytes of values and {@linkcode failedBytes} have been taken by the output. */
  taken(bytes: number): void {
    this.#credits.taken(bytes);
    this.#credits.grant(this.#unanswered.sent);
  }

  /** Has accumulators merged in a slot. */
  merge(merge: Merge): void {
    this.#mustStart = !this.#channel.isStarted;
    this.#merges.add(merge);
    this.#sendMerges();
  }

  /** Ends the job on all machines, done or not; nothing is told any more. */
  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#channel.send({ op: "close", job: JOB });
    this.#channel.end();
  }

  /** What is to be done since the last time. */
  flush(): Effect[] {
    return this.#channel.flush();
  }

  /** Takes one event. */
  step(event: MachineEvent, nowMs: number): Effect[] {
    this.#nowMs = nowMs;
    if (event.kind === "stop") {
      this.close();
      return [...this.flush(), { kind: "stopped" }];
    }
    if (event.kind === "tick") {
      if (this.#mustStart && !this.#isOver) this.#channel.start(nowMs);
      this.#mustStart = false;
      this.#channel.tick(nowMs);
    } else this.#channel.connectionEvent(event, nowMs);
    return this.flush();
  }

  #end(end: JobEnd): void {
    if (this.#isOver) return;
    this.close();
    this.#port.ended(end);
  }

  #opened(): void {
    if (this.#fruitless++ >= MAX_FRUITLESS_CHANNELS) {
      const text = `servers were lost ${MAX_FRUITLESS_CHANNELS} times without a single result`;
      return this.#end({ kind: "unreachable", text });
    }
    this.#channel.send(openMessage(JOB, this.#job, this.#unanswered.next - 1));
    this.#sendMerges();
    this.#sendItems();
  }

  #lost(): void {
    this.#wanted = 0;
    this.#hasCode = false;
    this.#value = new LongValue();
    this.#unanswered.takeBack();
    this.#merges.takeBack();
    this.#credits.reset();
    // Of what it had told the end may have been missing.
    this.#checkAnswered();
    if (!this.#isAnswered || !this.#merges.isEmpty) this.#port.lost();
  }

  /** Sends what waits, as far as the server wants it. */
  #sendItems(): void {
    const unanswered = this.#unanswered;
    while (this.#channel.isOpen) {
      const work = unanswered.firstWaiting;
      if (work === undefined || unanswered.sent.size >= MAX_SENT_PIECES) break;
      const length = work.bytes?.length ?? 0;
      // A line that is longer than all that a server ever wants must not wait for ever.
      if (length > this.#wanted && !(this.#wanted > 0 && unanswered.sent.size === 0)) break;
      this.#wanted -= length;
      const sent = unanswered.send(++this.#lastChunk, this.#credits.first(unanswered.sent));
      const { range } = this.#job;
      const messages = itemsMessages({
        op: "chunk",
        job: JOB,
        chunk: sent.chunk,
        position: sent.position,
        count: sent.count,
        credit: sent.credit,
        ...(range === undefined
          ? { item_bytes: length }
          : { first: String(range.first + BigInt(sent.position - 1)) }),
      }, sent.bytes);
      for (const { message, payload } of messages) this.#channel.send(message, payload);
    }
    if (this.hasRoom && !this.#inputEnded) this.#port.roomMade();
  }

  /** Sends the merges that wait, as far as the server takes them. */
  #sendMerges(): void {
    while (this.#channel.isOpen) {
      const sent = this.#merges.send(() => ++this.#lastChunk);
      if (sent === undefined) return;
      const { position, lines } = sent.merge;
      const bytes = concatenate(lines);
      const messages = itemsMessages({
        op: "chunk",
        job: JOB,
        chunk: sent.chunk,
        position,
        count: lines.length,
        item_bytes: bytes.length,
        merge: true,
        // One for the newline.
        credit: MAX_VALUE_BYTES + 1,
      }, bytes);
      for (const { message, payload } of messages) this.#channel.send(message, payload);
    }
  }

  #received({ members, payload }: Framed): void {
    if (members.job !== JOB || this.#isOver) return;
    switch (members.op) {
      case "need":
        return this.#sendCode();
      case "want":
        this.#wanted += wholeNumber(members.want);
        return this.#sendItems();
      case "result":
        return this.#result(members, payload);
      case "failed":
        return this.#failed(members);
      case "done":
        return this.#done(members);
      case "returned":
        // The server goes, or has lost it: what has no answer is given to the next one.
        return this.#channel.drop("the server gave work back", this.#nowMs);
      case "print":
        return this.#port.printed(readPrint(members));
      case "progress":
        return this.#port.progressed(readProgress(members));
      case "job_failed":
        return this.#end({
          kind: "job_failed",
          code: textOrShown(members.code),
          text: textOrShown(members.error),
          ...(typeof members.stack === "string" ? { stack: members.stack } : {}),
        });
    }
  }

  #sendCode(): void {
    if (this.#hasCode) {
      return this.#channel.fail({
        kind: "protocol",
        text: "the server asked for the module twice",
      });
    }
    this.#hasCode = true;
    for (const { message, payload } of codeMessages(JOB, this.#job.code)) {
      this.#channel.send(message, payload);
    }
  }

  #result(members: Framed["members"], payload: Uint8Array): void {
    const count = wholeNumber(members.count);
    const chunk = members.chunk as number;
    if (this.#merges.has(chunk)) return this.#mergeResult(chunk, payload, count > 0);
    const first = this.#firstSent(members, count);
    if (first === undefined) return;
    first.credit -= payload.length;
    this.#credits.spent(payload.length);
    const bytes = this.#value.add(payload, count > 0);
    if (bytes !== undefined) {
      const { next: position } = this.#unanswered;
      this.#answered(count);
      this.#credits.hold(bytes.length);
      this.#port.values({ position, count, bytes });
    }
    this.#credits.grant(this.#unanswered.sent);
  }

  #mergeResult(chunk: number, payload: Uint8Array, isLast: boolean): void {
    const result = this.#merges.result(chunk, payload, isLast);
    if (result === undefined) return;
    this.#fruitless = 0;
    result.merge.merged(result.line);
    this.#sendMerges();
  }

  #failed(members: Framed["members"]): void {
    const failure = readFailure(members);
    if (this.#merges.has(members.chunk as number)) {
      return this.#end({ kind: "merge_failed", failure });
    }
    const first = this.#firstSent(members, 1);
    if (first === undefined) return;
    const cost = failedBytes(failure);
    first.credit -= cost;
    this.#credits.spent(cost);
    this.#answered(1);
    // Whoever tells of a slot that is gone may not know what it was at.
    const { item = itemText(first, failure.position, this.#job.range?.first) } = failure;
    const whole = explainLong({ ...failure, item });
    this.#credits.hold(failedBytes(whole));
    this.#port.failed(whole);
    this.#credits.grant(this.#unanswered.sent);
  }

  /** The piece that an answer of `count` positions is for: the first, since answers come in order. */
  #firstSent(members: Framed["members"], count: number) {
    const first = this.#unanswered.sent.first;
    const { next } = this.#unanswered;
    const isRight = first !== undefined && members.chunk === first.chunk &&
      members.position === next && next + count <= first.position + first.count;
    if (isRight) return first;
    this.#channel.fail({
      kind: "protocol",
      text: `the server answered for item ${shown(members.position)} where ${next} was due`,
    });
    return undefined;
  }

  #answered(count: number): void {
    this.#fruitless = 0;
    this.#unanswered.answered(count);
  }

  #done(members: Framed["members"]): void {
    const unanswered = this.#unanswered;
    const first = unanswered.sent.first;
    // The end of a merge needs no words: its line has come.
    if (first === undefined || members.chunk !== first.chunk) return;
    if (unanswered.next !== first.position + first.count) {
      const text = `the server left out the items from ${unanswered.next} on`;
      return this.#channel.fail({ kind: "protocol", text });
    }
    this.#credits.spent(first.credit);
    unanswered.forgetFirst();
    this.#credits.grant(unanswered.sent);
    this.#sendItems();
    this.#checkAnswered();
  }

  #checkAnswered(): void {
    if (!this.#inputEnded || this.#isAnswered || !this.#unanswered.isEmpty) return;
    this.#isAnswered = true;
    this.#port.answered();
  }
}

function concatenate(lines: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(lines.reduce((sum, line) => sum + line.length, 0));
  let at = 0;
  for (const line of lines) {
    bytes.set(line, at);
    at += line.length;
  }
  return bytes;
}
