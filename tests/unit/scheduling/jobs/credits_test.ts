/**
 * Purpose: the worker that the client waits for can always go on, the others as far as their results can be held.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { CHUNK_CREDIT_BYTES, MAX_PIECE_BYTES } from "../../../../src/limits.ts";
import { Attempt } from "../../../../src/scheduling/jobs/attempt.ts";
import { Credits } from "../../../../src/scheduling/jobs/credits.ts";
import type { Job } from "../../../../src/scheduling/jobs/job.ts";
import { ResultBudget } from "../../../../src/scheduling/jobs/result_budget.ts";
import type { ResultOrder } from "../../../../src/scheduling/jobs/result_order.ts";
import { Segment } from "../../../../src/scheduling/jobs/segment.ts";
import type { Stretch } from "../../../../src/scheduling/jobs/stretch.ts";
import type { WorkerChannel } from "../../../../src/scheduling/jobs/worker_channel.ts";

/** Some segments, of which the client waits for one, and workers that are asked for them. */
class Desk {
  readonly budget: ResultBudget;
  readonly credits: Credits;
  /** What was allowed: which attempt, and how much. */
  readonly said: [attempt: number, bytes: number][] = [];
  /** Segments of which two answers cannot be held. */
  readonly tooMuch: Segment[] = [];
  readonly #order = { first: undefined as Segment | undefined };
  #lastNumber = 0;

  /** So many chunks' credits may be promised. */
  constructor(chunks: number) {
    this.budget = new ResultBudget({ resultBytes: chunks * CHUNK_CREDIT_BYTES });
    this.credits = new Credits(this.budget, (segment) => this.tooMuch.push(segment));
  }

  /** A segment; the first one is what the client waits for. */
  segment(): Segment {
    const segment = new Segment(this.#order as ResultOrder, { position: 1, count: 9 } as Stretch);
    this.#order.first ??= segment;
    return segment;
  }

  /** The client waits for another one now. */
  waitFor(segment: Segment): void {
    this.#order.first = segment;
  }

  /** A worker that was asked with this credit. */
  ask(segment: Segment, credit = CHUNK_CREDIT_BYTES): Attempt {
    this.budget.promised += credit;
    const channel: Pick<WorkerChannel, "credit"> = {
      credit: ({ number }, bytes) => this.said.push([number, bytes]),
    };
    const number = ++this.#lastNumber;
    const attempt = new Attempt(number, {} as Job, segment, channel as WorkerChannel, credit, 0);
    segment.attempts.push(attempt);
    return attempt;
  }

  /** It has sent bytes, and is allowed more if it may. */
  come(attempt: Attempt, bytes: number): void {
    this.credits.used(attempt, bytes);
    this.credits.allowMore(attempt);
  }
}

const LOW = CHUNK_CREDIT_BYTES / 4;

Deno.test("what is promised is what all may still send, and a debt is no promise", () => {
  const desk = new Desk(9);
  const [one, other] = [desk.ask(desk.segment()), desk.ask(desk.segment())];
  desk.credits.used(one, 1000);
  assertEquals([one.credit, desk.budget.promised], [
    CHUNK_CREDIT_BYTES - 1000,
    2 * CHUNK_CREDIT_BYTES - 1000,
  ]);
  desk.credits.used(one, CHUNK_CREDIT_BYTES);
  assertEquals([one.credit, desk.budget.promised], [-1000, CHUNK_CREDIT_BYTES]);
  desk.credits.allowMore(one);
  assertEquals([one.credit, desk.budget.promised], [
    CHUNK_CREDIT_BYTES - 1000,
    2 * CHUNK_CREDIT_BYTES - 1000,
  ]);
  desk.credits.end(one);
  desk.credits.end(other);
  assertEquals([one.credit, desk.budget.promised], [0, 0]);
});

Deno.test("more is allowed before all is used: a quarter is left, or a piece where the client waits", () => {
  const desk = new Desk(9);
  const [front, other] = [desk.ask(desk.segment()), desk.ask(desk.segment())];
  desk.come(other, CHUNK_CREDIT_BYTES - LOW);
  desk.come(front, CHUNK_CREDIT_BYTES - MAX_PIECE_BYTES);
  assertEquals(desk.said, []);
  desk.come(front, 1);
  desk.come(other, 1);
  assertEquals(desk.said, [[1, CHUNK_CREDIT_BYTES], [2, CHUNK_CREDIT_BYTES]]);
});

Deno.test("with a small credit of its own, one that the client waits for is allowed more earlier", () => {
  const desk = new Desk(9);
  const segment = desk.segment();
  const small = desk.ask(segment, MAX_PIECE_BYTES);
  desk.waitFor(desk.segment());
  desk.come(small, MAX_PIECE_BYTES / 2);
  assertEquals(desk.said, []);
  desk.waitFor(segment);
  desk.credits.allowMore(small);
  assertEquals(desk.said, [[1, CHUNK_CREDIT_BYTES]]);
});

Deno.test("who gets no more for want of room gets it when there is some", () => {
  const desk = new Desk(4);
  const front = desk.ask(desk.segment());
  const [one, other] = [desk.ask(desk.segment()), desk.ask(desk.segment())];
  desk.budget.held = 3 * CHUNK_CREDIT_BYTES;
  assertEquals(desk.credits.isShort, false);
  for (const attempt of [one, other]) desk.come(attempt, CHUNK_CREDIT_BYTES - LOW + 1);
  desk.credits.roomMade([front]);
  assertEquals([desk.said, desk.credits.isShort], [[], true]);
  desk.budget.held = CHUNK_CREDIT_BYTES;
  desk.credits.roomMade([front]);
  assertEquals([desk.said, desk.credits.isShort], [[[2, CHUNK_CREDIT_BYTES]], true]);
  desk.budget.held = 0;
  desk.credits.roomMade([front]);
  assertEquals(desk.said.slice(1), [[3, CHUNK_CREDIT_BYTES]]);
  assertEquals(desk.credits.isShort, false);
});

Deno.test("who is over, or dropped, is not allowed more when there is room", () => {
  const desk = new Desk(1);
  const front = desk.ask(desk.segment());
  const [forgotten, ended] = [desk.ask(desk.segment()), desk.ask(desk.segment())];
  for (const attempt of [forgotten, ended]) desk.come(attempt, CHUNK_CREDIT_BYTES);
  desk.credits.forget(forgotten);
  desk.credits.end(ended);
  assertEquals(desk.credits.isShort, false);
  desk.credits.used(front, CHUNK_CREDIT_BYTES);
  front.isDropped = true;
  desk.budget.promised = 0;
  desk.credits.roomMade([front]);
  assertEquals(desk.said, []);
  front.isDropped = false;
  desk.credits.roomMade([front]);
  assertEquals(desk.said, [[1, CHUNK_CREDIT_BYTES]]);
});

Deno.test("the one that the client waits for goes on without room, unless something of it is held", () => {
  const desk = new Desk(1);
  const segment = desk.segment();
  const front = desk.ask(segment);
  desk.ask(desk.segment());
  const payload = new Uint8Array(1);
  segment.entries.push({ position: 1, count: 1, payload, failure: undefined });
  desk.come(front, CHUNK_CREDIT_BYTES);
  assertEquals([desk.said, desk.credits.isShort], [[], true]);
  segment.entries.shift();
  desk.credits.roomMade([front]);
  assertEquals([desk.said, desk.credits.isShort], [[[1, CHUNK_CREDIT_BYTES]], false]);
  assertEquals(desk.tooMuch, []);
});

Deno.test("two answers for which there is no room are too much where the client waits, and nowhere else", () => {
  const desk = new Desk(1);
  const [first, second] = [desk.segment(), desk.segment()];
  const [front, other] = [desk.ask(first), desk.ask(second)];
  front.own = other.own = [];
  desk.come(other, CHUNK_CREDIT_BYTES);
  assertEquals(desk.tooMuch, []);
  desk.budget.held = 1;
  desk.come(front, CHUNK_CREDIT_BYTES);
  assertEquals([desk.tooMuch, desk.said], [[first], []]);
  desk.budget.held = 0;
  desk.credits.roomMade([front]);
  assertEquals([desk.tooMuch.length, desk.said], [1, [[1, CHUNK_CREDIT_BYTES]]]);
});
