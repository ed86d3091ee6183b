/**
 * Purpose: a server may always send what the output waits for, and never more than may be held.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Credits } from "../../../../src/client/map/credits.ts";
import type { SentWork } from "../../../../src/client/map/unanswered.ts";
import {
  CHUNK_CREDIT_BYTES,
  MAX_JOB_RESULT_BYTES,
  MAX_PIECE_BYTES,
  MAX_UNWRITTEN_BYTES,
} from "../../../../src/limits.ts";
import { Queue } from "../../../../src/protocol/queue.ts";

/** How many pieces behind the first have credit when nothing has come yet. */
const PIECES_BEHIND = (MAX_JOB_RESULT_BYTES / 2 - MAX_UNWRITTEN_BYTES) / MAX_PIECE_BYTES;

/** A job's credits, with what its machine does around them. */
class Desk {
  readonly sent = new Queue<SentWork>();
  /** What was allowed beyond what a piece was sent with: chunk and bytes. */
  readonly said: [chunk: number, bytes: number][] = [];
  held = 0;
  readonly #credits = new Credits(({ chunk }, credit) => this.said.push([chunk, credit]));
  #lastChunk = 0;

  /** Sends a piece; gives its credit. */
  send(): number {
    const credit = this.#credits.first(this.sent);
    const chunk = ++this.#lastChunk;
    this.sent.push({ chunk, credit, position: chunk, count: 1 });
    return credit;
  }

  /** Sends so many pieces. */
  sendMany(count: number): void {
    for (let times = 1; times <= count; times++) this.send();
  }

  /** Bytes of the first piece come, and are held. */
  come(bytes: number): void {
    this.sent.first!.credit -= bytes;
    this.#credits.spent(bytes);
    this.#credits.hold(bytes);
    this.held += bytes;
    this.#credits.grant(this.sent);
  }

  /** The first piece is answered. */
  end(): void {
    this.#credits.spent(this.sent.shift()!.credit);
    this.#credits.grant(this.sent);
  }

  /** The output takes bytes. */
  take(bytes: number): void {
    this.#credits.taken(bytes);
    this.held -= bytes;
    this.#credits.grant(this.sent);
  }

  /** The server is lost, and what it had goes to another. */
  lose(): void {
    this.#credits.reset();
    while (this.sent.shift() !== undefined);
  }

  /** What may still come of pieces behind the first. */
  get outstandingBehind(): number {
    return [...this.sent].slice(1).reduce((sum, { credit }) => sum + credit, 0);
  }
}

Deno.test("the first piece may fill the output, and each one behind it send a piece", () => {
  const desk = new Desk();
  assertEquals([desk.send(), desk.send(), desk.send()], [
    MAX_UNWRITTEN_BYTES,
    MAX_PIECE_BYTES,
    MAX_PIECE_BYTES,
  ]);
});

Deno.test("pieces behind the first get nothing when no more can be held, and something when it can", () => {
  const desk = new Desk();
  desk.sendMany(1 + PIECES_BEHIND);
  assertEquals(desk.sent.first!.chunk, 1);
  assertEquals([desk.send(), desk.send()], [0, 0]);
  const hungry = 2 + PIECES_BEHIND;
  // The first is answered without a byte: the second is now what the output waits for.
  desk.end();
  assertEquals(desk.said, [[2, MAX_UNWRITTEN_BYTES - MAX_PIECE_BYTES], [hungry, MAX_PIECE_BYTES]]);
  assertEquals([...desk.sent].at(-1)!.credit, 0, "the last one waits on");
  desk.end();
  assertEquals([...desk.sent].at(-1)!.credit, MAX_PIECE_BYTES);
});

Deno.test("what the output has not taken is no more allowed, and is when it has", () => {
  const desk = new Desk();
  desk.send();
  desk.come(MAX_UNWRITTEN_BYTES);
  assertEquals([desk.sent.first!.credit, desk.said], [0, []]);
  desk.take(MAX_UNWRITTEN_BYTES - 1);
  assertEquals(desk.said, [[1, MAX_UNWRITTEN_BYTES - 1]]);
  desk.end();
  assertEquals(desk.send(), MAX_UNWRITTEN_BYTES - 1, "a byte is still held");
});

Deno.test("what is held takes the room of the pieces behind, and a first one that is sent then waits", () => {
  const desk = new Desk();
  desk.send();
  desk.come(MAX_UNWRITTEN_BYTES);
  desk.sendMany(PIECES_BEHIND - 1);
  assertEquals([desk.send(), desk.send()], [MAX_PIECE_BYTES, 0]);
  while (desk.sent.size > 0) desk.end();
  desk.said.length = 0;
  assertEquals(desk.send(), 0);
  desk.take(0);
  assertEquals(desk.said, []);
  desk.take(1);
  assertEquals(desk.said, [[PIECES_BEHIND + 3, CHUNK_CREDIT_BYTES]]);
});

Deno.test("the first piece is allowed more in steps of a piece, and enough for one while there is room", () => {
  const desk = new Desk();
  desk.send();
  desk.come(MAX_UNWRITTEN_BYTES);
  desk.take(1);
  // A value that goes on must not wait for the output to take all that is before it.
  assertEquals(desk.said, [[1, CHUNK_CREDIT_BYTES]]);
  desk.take(CHUNK_CREDIT_BYTES + MAX_PIECE_BYTES - 2);
  assertEquals(desk.said.length, 1, "it would be less than a piece");
  desk.take(1);
  assertEquals(desk.said.slice(1), [[1, MAX_PIECE_BYTES]]);
});

Deno.test("nothing is allowed where nothing was sent, and a new server has its own credit", () => {
  const desk = new Desk();
  desk.take(0);
  assertEquals(desk.said, []);
  desk.sendMany(2 + PIECES_BEHIND);
  desk.lose();
  desk.take(0);
  assertEquals([desk.send(), desk.send(), desk.said], [MAX_UNWRITTEN_BYTES, MAX_PIECE_BYTES, []]);
});

Deno.test("what is held and may come of pieces behind the first is bounded, whatever happens", () => {
  const bytes = fc.nat(2 * MAX_PIECE_BYTES);
  const event = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant("send" as const) }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant("come" as const), bytes }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("end" as const) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("take" as const), bytes }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("takeAll" as const) }) },
  );
  const events = fc.array(event, { maxLength: 400, size: "max" });
  fc.assert(fc.property(events, (all) => {
    const desk = new Desk();
    for (const one of all) {
      const { first } = desk.sent;
      if (one.kind === "send") desk.send();
      else if (one.kind === "take") desk.take(Math.min(one.bytes, desk.held));
      else if (one.kind === "takeAll") desk.take(desk.held);
      else if (first !== undefined) {
        if (one.kind === "come") desk.come(Math.min(one.bytes, first.credit));
        else desk.end();
      }
      const total = desk.held + desk.outstandingBehind;
      assert(total <= MAX_UNWRITTEN_BYTES + MAX_JOB_RESULT_BYTES / 2, `${total} bytes`);
      assert([...desk.sent].every(({ credit }) => credit >= 0));
      // Otherwise nothing would ever come again.
      const credit = desk.sent.first?.credit ?? Infinity;
      assert(desk.held > 0 || credit >= MAX_PIECE_BYTES, `only ${credit} bytes may come`);
    }
  }));
});
