import { assert } from "@std/assert";
import type { ChannelMessage, FailedMessage, OpenMessage } from "../../../../src/jobs/messages.ts";
import { MAX_JOB_RESULT_BYTES, MAX_PIECE_BYTES } from "../../../../src/limits.ts";
import { Random } from "../../../../src/scheduling/random.ts";
import type { Worker } from "../../../../src/scheduling/worker.ts";
import type { Attempt } from "../../../../src/scheduling/jobs/attempt.ts";
import { Board } from "../../../../src/scheduling/jobs/board.ts";
import { Job } from "../../../../src/scheduling/jobs/job.ts";
import type { Requester } from "../../../../src/scheduling/jobs/requester.ts";
import type { ClientChunk } from "../../../../src/scheduling/jobs/result_order.ts";
import { Stretch } from "../../../../src/scheduling/jobs/stretch.ts";
import { WorkerChannel } from "../../../../src/scheduling/jobs/worker_channel.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A chunk that a fake worker has. */
export interface GivenChunk {
  readonly job: number;
  readonly chunk: number;
  readonly position: number;
  readonly count: number;
  readonly items: readonly string[];
  next: number;
  isStarted: boolean;
  isDropped: boolean;
}

/** A worker that does what the test wants. */
export interface FakeChannel {
  readonly channel: WorkerChannel;
  readonly chunks: Map<string, GivenChunk>;
  readonly opened: Set<number>;
  readonly slots: number;
  readonly health: { usable: boolean; state: string };
}

/** A client of one job: what it was told, checked as it comes. */
export class FakeRequester implements Requester {
  /** What positions were told of, in order: the value, or "failed". */
  readonly told: string[] = [];
  /** The client's chunks that are done, in the order in which they were. */
  readonly chunks: number[] = [];
  readonly jobFailures: string[] = [];
  isClogged = false;
  #partial = "";
  started(): void {}
  result(chunk: ClientChunk, position: number, count: number, payload: Uint8Array): void {
    assert(position === this.told.length + 1, `${position} after ${this.told.length}`);
    assert(position + count <= chunk.end && position < chunk.end);
    this.#partial += decoder.decode(payload);
    if (count === 0) return;
    const lines = this.#partial.split("\n");
    this.#partial = "";
    assert(lines.pop() === "" && lines.length === count, `${count} lines: ${lines.length}`);
    this.told.push(...lines);
  }
  failed(chunk: ClientChunk, { position, cause }: FailedMessage): void {
    assert(position === this.told.length + 1 && position < chunk.end);
    this.told.push(cause);
  }
  done(chunk: ClientChunk): void {
    this.chunks.push(chunk.number);
  }
  returned(): void {}
  print(): void {}
  jobFailed(code: string): void {
    this.jobFailures.push(code);
  }
}

/** A board with a job or several, and fake workers: nothing happens but what the test does. */
export class BoardRoom {
  readonly board: Board;
  readonly channels: FakeChannel[] = [];
  readonly jobs: { job: Job; requester: FakeRequester }[] = [];
  nowMs = 0;
  readonly #random: Random;
  #lastConnection = 0;
  /** Jobs that waited too long for a worker. */
  readonly stalled: Job[] = [];

  constructor(seed: number) {
    this.#random = new Random(seed);
    this.board = new Board({ wakeBy: () => {}, stalled: (job) => this.stalled.push(job) });
  }

  below(count: number): number {
    return Math.floor(this.#random.next() * count);
  }

  chance(probability: number): boolean {
    return this.#random.next() < probability;
  }

  addJob(opening: Partial<OpenMessage>): { job: Job; requester: FakeRequester } {
    const number = this.jobs.length + 1;
    const requester = new FakeRequester();
    const job = new Job(
      number,
      String(number),
      {
        op: "open",
        job: number,
        name: "f.js",
        sha256: "0".repeat(64),
        code_bytes: 1,
        input: "items",
        call: "map",
        reduce: null,
        seed: 0,
        hops: 1,
        ...opening,
      },
      requester,
      this.nowMs,
    );
    job.code = [encoder.encode("1")];
    this.board.jobs.set(job.name, job);
    this.board.changed();
    const pair = { job, requester };
    this.jobs.push(pair);
    return pair;
  }

  /** The client gives lines `<position>` as a chunk. */
  give(job: Job, number: number, position: number, count: number, credit: number): void {
    const text = Array.from({ length: count }, (_, index) => `${position + index}\n`).join("");
    const bytes = encoder.encode(text);
    // Cut anywhere, as messages are.
    const cut = this.below(bytes.length + 1);
    const lines = [bytes.subarray(0, cut), bytes.subarray(cut)].filter(({ length }) => length > 0);
    const end = position + count;
    const isOurs = { isStarted: false, isDropped: false };
    const stretch = new Stretch(position, count, undefined, lines);
    job.add({ number, next: position, end, credit, ...isOurs }, stretch, false);
    this.board.changed();
  }

  addChannel(slots: number, instance?: string): FakeChannel {
    const health = { usable: true, state: "up" };
    const worker = { name: `w${++this.#lastConnection}`, facts: {}, health };
    const chunks = new Map<string, GivenChunk>();
    const opened = new Set<number>();
    let header: ChannelMessage | undefined;
    const texts = new Map<string, string>();
    const take = (message: ChannelMessage, payload: string) => {
      this.#hear(fake, message, payload, texts);
    };
    const channel: WorkerChannel = new WorkerChannel(
      worker as unknown as Worker,
      -this.#lastConnection,
      { slots, instance },
      {
        write: (_, text) => {
          const message: ChannelMessage = JSON.parse(text);
          if ("bytes" in message && message.bytes! > 0) header = message;
          else take(message, "");
        },
        writeBytes: (_, bytes) => {
          assert(header !== undefined && "bytes" in header && header.bytes === bytes.length);
          assert(bytes.length <= MAX_PIECE_BYTES);
          take(header, decoder.decode(bytes));
          header = undefined;
        },
        changed: () => this.board.changed(),
        refused: () => {},
      },
      this.nowMs,
    );
    const fake: FakeChannel = { channel, chunks, opened, slots, health };
    this.channels.push(fake);
    this.board.add(channel);
    return fake;
  }

  /** A worker is trusted from now on, or not. */
  setUsable({ health }: FakeChannel, usable: boolean): void {
    health.usable = usable;
    health.state = usable ? "up" : "down";
    this.board.changed();
  }

  #hear(
    fake: FakeChannel,
    message: ChannelMessage,
    payload: string,
    texts: Map<string, string>,
  ): void {
    if (message.op === "open") {
      fake.opened.add(message.job);
      return;
    }
    if (message.op === "close") {
      fake.opened.delete(message.job);
      for (const [key, chunk] of fake.chunks) {
        if (chunk.job === message.job) fake.chunks.delete(key);
      }
      return;
    }
    if (message.op !== "chunk" && message.op !== "items" && message.op !== "drop") return;
    assert(fake.opened.has(message.job), "a chunk only of a job that is open");
    const key = `${message.job}/${message.chunk}`;
    if (message.op === "drop") {
      const chunk = fake.chunks.get(key);
      assert(chunk !== undefined);
      chunk.isDropped = true;
      return;
    }
    const text = (texts.get(key) ?? "") + payload;
    texts.set(key, text);
    const items = text.split("\n").slice(0, -1);
    const before = fake.chunks.get(key);
    const { position, count } = message.op === "chunk" ? message : before!;
    if (message.op === "chunk") {
      assert(count > 0, "something to do");
      assert(before === undefined && fake.chunks.size < 2 * fake.slots, "no more than it takes");
    }
    fake.chunks.set(key, {
      job: message.job,
      chunk: message.chunk,
      position,
      count,
      items,
      next: position,
      isStarted: false,
      isDropped: false,
    });
  }

  /** Time passes, and what can be given out is. */
  pass(ms: number): void {
    this.nowMs += ms;
    this.board.tick(this.nowMs);
    this.board.handOut(this.nowMs);
    this.check();
  }

  /** A worker gives back what is not wanted any more. */
  returnDropped(fake: FakeChannel): void {
    for (const { job, chunk, next: position, isDropped } of this.chunksOf(fake)) {
      if (!isDropped) continue;
      fake.chunks.delete(`${job}/${chunk}`);
      this.says(fake, { op: "returned", job, chunk, position, ms: 0, why: "dropped" });
    }
  }

  /** A worker says something. */
  says(fake: FakeChannel, message: object, payload = ""): string | undefined {
    const line = JSON.stringify(
      payload === "" ? message : { ...message, bytes: encoder.encode(payload).length },
    );
    return fake.channel.received(encoder.encode(`${line}\n${payload}`), this.nowMs);
  }

  /** A worker and its channel are gone. */
  lose(fake: FakeChannel): void {
    this.channels.splice(this.channels.indexOf(fake), 1);
    this.board.channels.delete(fake.channel);
    fake.channel.lost();
  }

  /** A chunk goes on: it starts, tells of some, ends, is given back. */
  move(fake: FakeChannel, chunk: GivenChunk): void {
    const { job, chunk: number } = chunk;
    const of = { job, chunk: number };
    const end = chunk.position + chunk.count;
    assert(chunk.items.length === chunk.count, `${chunk.items.length} of ${chunk.count} lines`);
    if (!chunk.isStarted) {
      chunk.isStarted = true;
      assert(this.says(fake, { op: "started", ...of }) === undefined);
      return;
    }
    if (chunk.next < end && !chunk.isDropped && this.chance(0.7)) {
      const count = 1 + this.below(end - chunk.next);
      const items = chunk.items.slice(
        chunk.next - chunk.position,
        chunk.next - chunk.position + count,
      );
      const text = items.map((item) => `v${item}\n`).join("");
      const result = { op: "result", ...of, position: chunk.next, count };
      // A value may come in parts, and its worker be lost in between.
      const cut = this.chance(0.3) ? this.below(items[0]!.length) + 1 : 0;
      if (cut > 0) {
        assert(this.says(fake, { ...result, count: 0 }, text.slice(0, cut)) === undefined);
        if (this.chance(0.1)) return this.lose(fake);
      }
      assert(this.says(fake, result, text.slice(cut)) === undefined);
      chunk.next += count;
    } else if (chunk.next === end || chunk.isDropped || this.chance(0.2)) {
      const isDone = chunk.next === end;
      const why = chunk.isDropped ? "dropped" : "late";
      const last = isDone
        ? { op: "done", ...of, ms: this.below(50) }
        : { op: "returned", ...of, position: chunk.next, ms: this.below(50), why };
      fake.chunks.delete(`${job}/${number}`);
      assert(this.says(fake, last) === undefined);
    }
  }

  /** A worker has done an item, whose value has so many bytes. */
  tell(fake: FakeChannel, chunk: GivenChunk, bytes: number): void {
    const { job, chunk: number, next: position } = chunk;
    const part = 250_000;
    for (let left = bytes; left > 0; left -= part) {
      const isLast = left <= part;
      const text = "x".repeat(Math.min(left, part) - 1) + (isLast ? "\n" : "x");
      const result = { op: "result", job, chunk: number, position, count: isLast ? 1 : 0 };
      assert(this.says(fake, result, text) === undefined);
    }
    chunk.next++;
  }

  /**
   * A worker does chunks of a job whose client does not take them, each of so many bytes, until little more can be
   * held; gives the one that it has begun then. `pass` follows each.
   */
  fill(job: Job, fake: FakeChannel, bytes: number, pass: () => void): GivenChunk {
    for (;;) {
      const [chunk] = this.chunksOf(fake);
      this.start(fake, chunk!);
      if (!job.budget.hasRoom(8 * bytes)) return chunk!;
      this.tell(fake, chunk!, bytes);
      this.end(fake, chunk!, 1000);
      pass();
    }
  }

  /** A worker sends a part of a value after the other, until it may not send more; gives the attempt. */
  block(job: Job, fake: FakeChannel, { chunk, next: position }: GivenChunk): Attempt {
    const attempt = [...job.attempts].find(({ number }) => number === chunk)!;
    const part = { op: "result", job: job.number, chunk, position, count: 0 };
    while (attempt.credit > 0) this.says(fake, part, "x".repeat(250_000));
    return attempt;
  }

  /** A worker has a chunk done, whose last items are told of. */
  end(fake: FakeChannel, { job, chunk }: GivenChunk, ms: number): void {
    fake.chunks.delete(`${job}/${chunk}`);
    assert(this.says(fake, { op: "done", job, chunk, ms }) === undefined);
  }

  /** A worker begins a chunk. */
  start(fake: FakeChannel, { job, chunk }: GivenChunk): void {
    assert(this.says(fake, { op: "started", job, chunk }) === undefined);
  }

  /** The chunks that a worker has, oldest first. */
  chunksOf(fake: FakeChannel): GivenChunk[] {
    return [...fake.chunks.values()];
  }

  /** What must hold whatever has happened. */
  check(): void {
    for (const { job } of this.jobs) {
      const { held, promised } = job.budget;
      assert(held >= 0 && promised >= 0, `held ${held}, promised ${promised}`);
      assert(held + promised <= MAX_JOB_RESULT_BYTES + 4 * 1024 * 1024, `${held} + ${promised}`);
      assert(job.tally.inputBytes >= 0);
    }
    for (const { channel, chunks } of this.channels) {
      assert(channel.inHand === chunks.size, `${channel.inHand} in hand, ${chunks.size} given`);
    }
  }
}
