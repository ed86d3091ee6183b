import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  CHUNK_CREDIT_BYTES,
  HEARTBEAT_INTERVAL_MS,
  MAX_FRUITLESS_CHANNELS,
  MAX_MERGING_BYTES,
  MAX_PIECE_BYTES,
  MAX_UNANSWERED_BYTES,
  MAX_UNSENT_MESSAGE_BYTES,
  MAX_UNWRITTEN_BYTES,
} from "../../../../src/limits.ts";
import { failedBytes } from "../../../../src/jobs/failed_bytes.ts";
import { MapRoom, opened } from "./room.ts";

Deno.test("a job is opened as soon as there is a channel, and its code sent when it is needed", () => {
  const code = new TextEncoder().encode("x".repeat(MAX_PIECE_BYTES + 10));
  const room = new MapRoom({ code, args: "[12345678901234567890]", itemTimeoutMs: 250 });
  assertEquals(room.dialled, []);
  room.begin();
  assertEquals(room.dialled, ["s1"]);
  room.accept();
  const [open, ...none] = room.sent();
  assertEquals(none, []);
  assertEquals(open, {
    op: "open",
    job: 1,
    name: "f.ts",
    sha256: "abc",
    code_bytes: MAX_PIECE_BYTES + 10,
    input: "items",
    call: "map",
    reduce: null,
    seed: 7,
    item_timeout_ms: 250,
    args: "[12345678901234567890]",
  });
  room.says({ op: "need" });
  assertEquals(room.sent().map(({ op, bytes }) => `${op} ${bytes}`), [
    `code ${MAX_PIECE_BYTES}`,
    "code 10",
  ]);
});

Deno.test("a range goes as one chunk, and is answered by lines in order", () => {
  const room = new MapRoom({ range: { first: 10n ** 30n, count: 5 } });
  room.begin();
  room.accept();
  const [open, chunk] = room.sent();
  assertEquals([open?.total, chunk?.first, chunk?.count, chunk?.credit], [
    5,
    String(10n ** 30n),
    5,
    MAX_UNWRITTEN_BYTES,
  ]);
  room.results(1, 1, "a", "b");
  room.results(1, 3, "c", "d", "e");
  assertEquals(room.told, ["1+2 a,b", "3+3 c,d,e"]);
  room.says({ op: "done", chunk: 1, ms: 3 });
  assertEquals(room.told.at(-1), "answered");
});

Deno.test("lines are sent as far as the server wants them, those before others", () => {
  const room = new MapRoom();
  room.begin();
  room.give("1", "2");
  room.accept();
  room.sent();
  assertEquals(room.chunks(), []);
  room.says({ op: "want", want: 4 });
  assertEquals(room.chunks(), ["chunk 1: 1+2 1,2"]);
  room.give("333");
  room.give("4");
  room.says({ op: "want", want: 3 });
  assertEquals(room.chunks(), []);
  room.says({ op: "want", want: 3 });
  assertEquals(room.chunks(), ["chunk 2: 3+1 333", "chunk 3: 4+1 4"]);
});

Deno.test("a line that is longer than all that is wanted is sent all the same, in pieces", () => {
  const room = new MapRoom();
  room.begin();
  room.accept();
  room.sent();
  room.give("1");
  room.give("x".repeat(2 * MAX_PIECE_BYTES));
  room.says({ op: "want", want: 10 });
  const sent = () =>
    room.sent().map(({ op, chunk, item_bytes, bytes }) => [op, chunk, item_bytes, bytes]);
  assertEquals(sent(), [["chunk", 1, 2, 2]]);
  room.results(1, 1, "a");
  room.says({ op: "done", chunk: 1, ms: 1 });
  // Nothing else is with the server: it will want no more before it has this.
  assertEquals(sent(), [
    ["chunk", 2, 2 * MAX_PIECE_BYTES + 1, MAX_PIECE_BYTES],
    ["items", 2, undefined, MAX_PIECE_BYTES],
    ["items", 2, undefined, 1],
  ]);
});

Deno.test("no more is read than may wait for an answer", () => {
  const room = opened();
  room.says({ op: "want", want: 10 * MAX_UNANSWERED_BYTES });
  const line = "x".repeat(MAX_PIECE_BYTES - 1);
  let count = 0;
  for (; room.machine.hasRoom; count++) room.give(line);
  assertEquals(count, MAX_UNANSWERED_BYTES / MAX_PIECE_BYTES);
  room.results(1, 1, "0");
  room.says({ op: "done", chunk: 1, ms: 1 });
  assert(room.machine.hasRoom);
});

Deno.test("failed items keep their place between results", () => {
  const room = opened();
  room.give("1", " [2] ", "3");
  room.endInput();
  room.results(1, 1, "a");
  room.says({ op: "failed", chunk: 1, position: 2, cause: "memory", error: "too much" });
  room.results(1, 3, "c");
  room.says({ op: "done", chunk: 1, ms: 1 });
  assertEquals(room.told, ["1+1 a", "2 failed: memory too much of [2]", "3+1 c", "answered"]);
  room.endInput();
  assertEquals(room.told.length, 4);
});

Deno.test("failures cost credit as values do, and wait in the same bounded place", () => {
  const room = opened();
  const items = Array.from({ length: 500 }, () => "1");
  const failure = { cause: "error", error: "e".repeat(6000), stack: "s".repeat(8000), item: "1" };
  const bytes = items.length * failedBytes(failure);
  room.give(...items);
  const credits = () => room.sent().flatMap(({ credit }) => credit === undefined ? [] : [credit]);
  assertEquals(credits(), [MAX_UNWRITTEN_BYTES]);
  for (const index of items.keys()) {
    room.says({ op: "failed", chunk: 1, position: index + 1, ...failure });
  }
  // Some of them may be kept, but no more than of values: there is no credit for what was not taken.
  assertEquals(credits(), []);
  room.says({ op: "done", chunk: 1, ms: 1 });
  room.give("2");
  assertEquals(credits(), [MAX_UNWRITTEN_BYTES - bytes]);
  room.machine.taken(bytes);
  room.carryOut();
  assertEquals(credits(), [bytes]);
});

Deno.test("a server that asks without end and reads nothing is given up, and one that reads is not", () => {
  const pings = '{"op":"ping"}\n'.repeat(1000);
  for (const reads of [true, false]) {
    const room = new MapRoom();
    room.begin();
    room.accept();
    let pongs = 0;
    for (let round = 0; round < 100 && room.isOpen; round++) {
      room.saysText(pings);
      pongs += room.sent().filter(({ op }) => op === "pong").length;
      if (reads) room.step({ kind: "drained", connection: room.connection });
    }
    assertEquals(room.isOpen, reads);
    if (reads) continue;
    const bytes = pongs * '{"op":"pong"}\n'.length;
    assert(bytes < MAX_UNSENT_MESSAGE_BYTES + 100, `${bytes}`);
    const why = "the server asks and does not read the answers";
    assertEquals(room.told, [`ended protocol: ${why}`]);
  }
});

Deno.test("a server is sent the module once, and one that comes after it once more", () => {
  const room = new MapRoom({}, 2);
  const needs = () => {
    room.says({ op: "need" });
    return room.sent().filter(({ op }) => op === "code").length;
  };
  room.begin();
  room.accept();
  assertEquals(needs(), 1);
  room.lose();
  room.advance(0);
  room.accept();
  assertEquals(needs(), 1);
  assertEquals(needs(), 0);
  assertEquals(room.told, ["ended protocol: the server asked for the module twice"]);
});

Deno.test("nothing that a server sends has any say in how it is written", () => {
  const hostile = { toString: 1, valueOf: 1 };
  const messages: Record<string, unknown>[] = [
    { op: "need" },
    { op: "want", want: 1 },
    { op: "started", chunk: 1 },
    { op: "at", chunk: 1, position: 1 },
    { op: "result", chunk: 1, position: 1, count: 1 },
    {
      op: "failed",
      chunk: 1,
      position: 1,
      cause: "error",
      error: "e",
      stack: "s",
      item: "i",
      worker: "w",
    },
    { op: "done", chunk: 1, ms: 1 },
    { op: "returned", chunk: 1, position: 1, ms: 1, reason: "late" },
    { op: "print", position: 1, worker: "w", text: "t" },
    { op: "progress", name: "n", workers: 1, slots: 1 },
    { op: "job_failed", code: "bad_code", error: "e", stack: "s" },
    { op: "slots", slots: 1 },
  ];
  for (const message of messages) {
    for (const key of ["job", "bytes", ...Object.keys(message)]) {
      const room = opened();
      room.give("1", "2");
      room.saysText(JSON.stringify({ job: 1, ...message, [key]: hostile }) + "\n");
    }
  }
});

Deno.test("a value that comes in several messages is given whole, with its last one", () => {
  const room = opened();
  room.give("1", "2");
  room.says({ op: "result", chunk: 1, position: 1, count: 0 }, '"abc');
  room.says({ op: "result", chunk: 1, position: 1, count: 0 }, "def");
  assertEquals(room.told, []);
  room.says({ op: "result", chunk: 1, position: 1, count: 1 }, 'ghi"\n');
  room.results(1, 2, "b");
  assertEquals(room.told, ['1+1 "abcdefghi"', "2+1 b"]);
});

Deno.test("what comes of a range is bounded by what the output takes", () => {
  const room = new MapRoom({ range: { first: 1n, count: 1_000_000 } });
  room.begin();
  room.accept();
  const line = "x".repeat(MAX_PIECE_BYTES - 1);
  let credit = 0;
  let position = 1;
  /** All that the server may send. */
  const flood = () => {
    const from = position;
    for (const sent of room.sent()) credit += (sent.credit as number | undefined) ?? 0;
    while (credit > 0) {
      room.results(1, position++, line);
      credit -= MAX_PIECE_BYTES;
      for (const sent of room.sent()) credit += sent.credit as number;
    }
    return (position - from) * MAX_PIECE_BYTES;
  };
  const first = flood();
  assert(first >= MAX_UNWRITTEN_BYTES, `${first} bytes`);
  assert(first <= MAX_UNWRITTEN_BYTES + CHUNK_CREDIT_BYTES, `${first} bytes`);
  assertEquals(flood(), 0);
  for (const taken of [MAX_UNWRITTEN_BYTES / 2, MAX_UNWRITTEN_BYTES]) {
    room.machine.taken(taken);
    room.carryOut();
    const more = flood();
    assert(more > 0 && more <= taken + CHUNK_CREDIT_BYTES, `${more} bytes after ${taken}`);
  }
});

Deno.test("what may come without being asked is bounded over all pieces", () => {
  const room = opened();
  room.says({ op: "want", want: 2 ** 30 });
  let granted = 0;
  for (let index = 1; index <= 500; index++) {
    room.give("1");
    for (const { credit } of room.sent()) granted += credit as number;
  }
  assert(granted <= 32 * 1024 * 1024, `${granted} bytes`);
  // Those that got nothing get it when others are done.
  let ahead = 0;
  for (let index = 1; index <= 500; index++) {
    room.results(index, index, "7");
    room.says({ op: "done", chunk: index, ms: 1 });
    for (const { op, chunk } of room.sent()) {
      if (op === "credit") ahead = Math.max(ahead, (chunk as number) - index);
    }
  }
  assertEquals(room.told.length, 500);
  assert(ahead > 30, `${ahead} pieces ahead of the first`);
});

Deno.test("after a loss all that has no answer is given to the next server, cut where it must be", () => {
  const room = opened({}, 2);
  room.give("1", "22", "333", "4");
  room.give("5");
  room.give("6", "7");
  room.results(1, 1, "a", "b");
  room.says({ op: "result", chunk: 1, position: 3, count: 0 }, "half of a val");
  room.lose("connection reset");
  room.advance(100);
  assertEquals(room.dialled, ["s1", "s2"]);
  room.accept();
  assertEquals(room.sent().map(({ op }) => op), ["open"]);
  room.says({ op: "want", want: 100 });
  assertEquals(room.chunks(), ["chunk 4: 3+2 333,4", "chunk 5: 5+1 5", "chunk 6: 6+2 6,7"]);
  room.results(4, 3, "c", "d");
  room.says({ op: "done", chunk: 4, ms: 1 });
  room.results(5, 5, "e");
  room.says({ op: "done", chunk: 5, ms: 1 });
  room.lose("connection reset");
  room.advance(100);
  room.accept();
  room.says({ op: "want", want: 100 });
  assertEquals(room.chunks(), ["chunk 7: 6+2 6,7"]);
  assertEquals(room.told, ["1+2 a,b", "3+2 c,d", "5+1 e"]);
});

Deno.test("a range goes on from its first position without an answer", () => {
  const room = opened({ range: { first: -3n, count: 10 } });
  room.results(1, 1, "a", "b", "c");
  room.says({ op: "returned", chunk: 1, position: 4, ms: 1, why: "leaving" });
  assertEquals(room.ended, ["close"]);
  room.advance(100);
  room.accept();
  assertEquals(room.chunks(), ["chunk 2: 4+7 from 0"]);
});

Deno.test("a job goes on behind what was answered in an earlier run", () => {
  const room = new MapRoom({ range: { first: 1n, count: 10 } });
  room.begin(4);
  room.accept();
  assertEquals(room.chunks(), ["chunk 1: 5+6 from 5"]);
  const all = new MapRoom({ range: { first: 1n, count: 10 } });
  all.begin(10);
  assertEquals([all.told, all.dialled], [["answered"], []]);
});

Deno.test("accumulators are merged in a slot, before and after a loss", () => {
  const room = opened({ reduce: "own" });
  room.give("1");
  room.chunks();
  const merged: string[] = [];
  room.machine.merge({
    position: 7,
    lines: ["[1]\n", "[2]\n"].map((line) => new TextEncoder().encode(line)),
    merged: (line) => merged.push(new TextDecoder().decode(line)),
  });
  room.carryOut();
  assertEquals(room.chunks(), ["merge 2: 7+2 [1],[2]"]);
  room.lose();
  room.advance(100);
  room.accept();
  assertEquals(room.chunks(), ["merge 3: 7+2 [1],[2]"]);
  // The first half of its line, something else between, and the other half.
  room.says({ op: "result", chunk: 3, position: 7, count: 0 }, "[1,");
  room.says({ op: "progress", workers: 3, slots: 3, name: "j" });
  room.says({ op: "result", chunk: 3, position: 7, count: 2 }, "2]\n");
  room.says({ op: "done", chunk: 3, ms: 1 });
  assertEquals([merged, room.told], [["[1,2]\n"], ["progress 3 3"]]);
});

Deno.test("a server has no more merges at a time than it takes, after a loss as well", () => {
  const room = opened({ reduce: "own" });
  const line = new Uint8Array(MAX_MERGING_BYTES / 4).fill(0x20);
  const merged: number[] = [];
  for (let position = 1; position <= 7; position += 2) {
    const lines = position === 5 ? [line, line, line, line, line] : [line, line];
    room.machine.merge({ position, lines, merged: () => merged.push(position) });
  }
  room.carryOut();
  const chunks = () =>
    room.sent().filter(({ op }) => op === "chunk").map(({ chunk, position }) => [chunk, position]);
  assertEquals(chunks(), [[1, 1], [2, 3]]);
  room.says({ op: "result", chunk: 2, position: 3, count: 2 }, "2\n");
  assertEquals(chunks(), []);
  room.lose();
  room.advance(100);
  room.accept();
  assertEquals(chunks(), [[3, 1]]);
  room.says({ op: "result", chunk: 3, position: 1, count: 2 }, "1\n");
  // One that is longer than all that a server is given goes alone, and never waits for ever.
  assertEquals(chunks(), [[4, 5]]);
  room.says({ op: "result", chunk: 4, position: 5, count: 5 }, "3\n");
  assertEquals(chunks(), [[5, 7]]);
  room.says({ op: "result", chunk: 5, position: 7, count: 2 }, "4\n");
  assertEquals(merged, [3, 1, 5, 7]);
});

Deno.test("accumulators that cannot be merged end the job", () => {
  const room = opened({ reduce: "own" });
  room.machine.merge({ position: 1, lines: [new Uint8Array(2)], merged: () => {} });
  room.carryOut();
  room.says({ op: "failed", chunk: 1, position: 1, cause: "error", error: "no way" });
  assertEquals(room.sent().at(-1), { op: "close", job: 1 });
  assertEquals([room.told, room.ended], [["ended merge_failed: no way"], ["finish"]]);
});

Deno.test("a job that fails as a whole is ended with its code", () => {
  const room = opened();
  room.says({ op: "job_failed", code: "bad_code", error: "mal" });
  assertEquals([room.told, room.ended], [["ended job_failed: mal"], ["finish"]]);
  assertEquals(room.machine.wakeAtMs, Infinity);
});

Deno.test("a server that answers out of order is not believed", () => {
  const answers: readonly Readonly<Record<string, unknown>>[] = [
    { op: "failed", chunk: 1, position: 2, cause: "error", error: "" },
    { op: "failed", chunk: 2, position: 1, cause: "error", error: "" },
    { op: "failed", chunk: 9, position: 1, cause: "error", error: "" },
    { op: "done", chunk: 1, ms: 1 },
  ];
  for (const answer of answers) {
    const room = opened();
    room.give("1", "2");
    room.give("3");
    room.says(answer);
    assertEquals(room.ended, ["close"]);
    assert(room.told[0]!.startsWith("ended protocol: the server "), room.told[0]);
  }
  const room = opened();
  room.give("1", "2");
  room.results(1, 1, "a", "b", "c");
  assert(room.told[0]!.startsWith("ended protocol: "), "more than there are");
});

Deno.test("each server is tried once before the first channel, and their refusal is told", () => {
  const none = new MapRoom({}, 2);
  none.begin();
  none.lose();
  none.advance(0);
  none.lose("no answer");
  assertEquals(none.dialled, ["s1", "s2"]);
  assertEquals(none.told, ["ended unreachable: cannot reach s2:5: no answer"]);
  const silent = new MapRoom();
  silent.begin();
  silent.isOpen = true;
  silent.step({ kind: "connected", connection: silent.connection });
  silent.advance(20_000);
  assertEquals(silent.told, ["ended unreachable: s1:5 did not answer in time"]);
  const refused = new MapRoom();
  refused.begin();
  refused.accept('{"ok":false,"error":"no quiero"}');
  assertEquals(refused.told, ["ended refused: no quiero"]);
});

Deno.test("a server that ends when it has told of all is not missed, though it has not said that it is done", () => {
  for (const isDone of [true, false]) {
    const room = opened();
    room.give("1", "2");
    room.machine.endInput();
    room.results(1, 1, "1", "4");
    if (isDone) room.says({ op: "done", chunk: 1, ms: 1 });
    room.lose();
    assertEquals([room.told.at(-1), room.losses], ["answered", 0]);
  }
  const room = opened();
  room.give("1", "2");
  room.machine.endInput();
  room.results(1, 1, "1");
  room.lose();
  assertEquals([room.told, room.losses], [["1+1 1"], 1]);
});

Deno.test("a server that was lost is looked for with growing pauses, until the time is over", () => {
  const room = opened({}, 2);
  room.lose();
  assertEquals(room.losses, 1);
  while (room.told.length === 0) {
    const before = room.dialled.length;
    room.advance(1);
    if (room.dialled.length > before) room.lose();
  }
  assert(room.nowMs >= 10_000 && room.nowMs < 10_700, `${room.nowMs} ms`);
  assert(room.dialled.length > 20 && room.dialled.length < 60, `${room.dialled.length} dials`);
  assertEquals([room.told.length, room.losses], [1, 1]);
  assert(room.told[0]!.startsWith("ended unreachable: cannot reach s"));
});

Deno.test("servers that are lost time and again without a result are given up", () => {
  const room = opened();
  room.give("1", "2", "3");
  // A result shows that it is not the job.
  room.results(1, 1, "a");
  let channels = 0;
  for (; !room.told.some((told) => told.startsWith("ended")); channels++) {
    room.lose();
    room.advance(1000);
    room.accept();
  }
  assertEquals(channels, MAX_FRUITLESS_CHANNELS + 1);
  assert(room.told.at(-1)!.startsWith("ended unreachable: servers were lost"));
});

Deno.test("a silent server is asked whether it lives, and left when it does not answer", () => {
  const room = opened({}, 2);
  room.advance(HEARTBEAT_INTERVAL_MS);
  assertEquals(room.sent().map(({ op }) => op), ["ping"]);
  room.saysText('{"op":"pong"}\n{"op":"ping"}\n');
  assertEquals(room.sent().map(({ op }) => op), ["pong"]);
  room.advance(2 * HEARTBEAT_INTERVAL_MS);
  assertEquals(room.dialled, ["s1"]);
  room.advance(1.1 * HEARTBEAT_INTERVAL_MS);
  assertEquals([room.dialled, room.ended], [["s1", "s2"], ["close"]]);
});

Deno.test("whoever was asleep himself asks before he leaves a server", () => {
  const room = opened({}, 2);
  room.nowMs += 100 * HEARTBEAT_INTERVAL_MS;
  room.step({ kind: "tick" });
  assertEquals([room.sent().map(({ op }) => op), room.dialled], [["ping"], ["s1"]]);
  room.saysText('{"op":"pong"}\n');
  room.advance(HEARTBEAT_INTERVAL_MS);
  assertEquals([room.sent().map(({ op }) => op), room.dialled], [["ping"], ["s1"]]);
});

Deno.test("a job that is stopped is closed, and says nothing more", () => {
  const room = opened();
  room.give("1");
  room.sent();
  room.step({ kind: "stop" });
  assertEquals(room.sent(), [{ op: "close", job: 1 }]);
  assertEquals([room.told, room.ended], [[], ["finish"]]);
});

Deno.test("whatever is lost whenever, every item is told of once and in order", () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 8 });
  const turns = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 5, maxLength: 60 });
  fc.assert(fc.property(sizes, turns, (pieces, choices) => {
    const room = opened();
    let given = 0;
    for (const size of pieces) {
      room.give(...Array.from({ length: size }, () => String(++given)));
    }
    room.endInput();
    const answers = new Answers(room);
    for (const choice of choices) {
      if (choice > 0) answers.some(choice);
      else answers.lose();
    }
    while (answers.some(5));
    const expected = Array.from({ length: given }, (_, index) => `${index + 1}+1 v${index + 1}`);
    assertEquals(room.told, [...expected, "answered"]);
  }));
});

/** A server that answers what it was given, a few items at a time. */
class Answers {
  readonly #room: MapRoom;
  #chunks: { chunk: number; position: number; end: number }[] = [];

  constructor(room: MapRoom) {
    this.#room = room;
    this.#look();
  }

  /** Answers so many items; `false` if there were none. */
  some(count: number): boolean {
    for (let left = count; left > 0; left--) {
      const [first] = this.#chunks;
      if (first === undefined) return left < count;
      this.#room.results(first.chunk, first.position, `v${first.position}`);
      first.position++;
      if (first.position < first.end) continue;
      this.#chunks.shift();
      this.#room.says({ op: "done", chunk: first.chunk, ms: 1 });
      this.#look();
    }
    return true;
  }

  lose(): void {
    this.#room.lose();
    this.#room.advance(1000);
    // A job that was answered wants no server, and one that was given up gets none.
    if (this.#room.told.includes("answered")) return;
    this.#room.accept();
    this.#chunks = [];
    this.#room.says({ op: "want", want: 1024 });
    this.#look();
  }

  #look(): void {
    for (const { op, chunk, position, count } of this.#room.sent()) {
      if (op !== "chunk") continue;
      this.#chunks.push({
        chunk: chunk as number,
        position: position as number,
        end: (position as number) + (count as number),
      });
    }
  }
}
