/**
 * Purpose: each value goes where the job's reduce wants it, and what is handed over says of which items it is.
 *
 * @module
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import type { JobReduce } from "../../../src/jobs/messages.ts";
import { ValueError } from "../../../src/jobs/values.ts";
import { MAX_PIECE_BYTES } from "../../../src/limits.ts";
import { Combiner } from "../../../src/slot/combiner.ts";
import { STATE_WORDS } from "../../../src/slot/shared.ts";
import { type Sink, sinkOf } from "../../../src/slot/sinks.ts";
import { BrokenJobError, type UserModule } from "../../../src/slot/user_module.ts";
import { Frames } from "./frames.ts";

interface Parts {
  readonly sink: Sink;
  /** What was handed over since the last time. */
  results(): [first: number, count: number, text: string][];
}

/** A sink for a reduce, or for the module's own. */
function start(reduce: JobReduce, own: Partial<UserModule> = {}): Parts {
  const frames = new Frames();
  const job = { name: "a.js", input: "range", call: "map", reduce, args: null, seed: 0 } as const;
  const sink = sinkOf(
    { ...job, codeBytes: 1, tellsApart: false },
    own as UserModule,
    frames.output,
    new Combiner(own as UserModule, job.name, new Int32Array(STATE_WORDS)),
  );
  sink.begin(0);
  return { sink, results: () => frames.results() };
}

Deno.test("without a reduce, each value has a line, and none waits when somebody is in a hurry", () => {
  const { sink, results } = start(null);
  sink.take(1, 1);
  sink.take({ a: [2n ** 70n] }, 2);
  assertEquals(results(), []);
  sink.hurry();
  assertEquals(results(), [[0, 2, '1\n{"a":[1180591620717411303424]}\n']]);
  sink.take(null, 3);
  sink.flush(3);
  assertEquals(results(), [[2, 1, "null\n"]]);
});

Deno.test("without a reduce, what is no data is refused, and the next line is of the item after it", () => {
  const { sink, results } = start(null);
  sink.take(1, 1);
  for (const value of [NaN, Infinity, undefined, () => 1]) {
    assertThrows(() => sink.take(value, 2), ValueError);
  }
  sink.flush(1);
  sink.begin(2);
  sink.take(3, 3);
  sink.flush(3);
  assertEquals(results(), [[0, 1, "1\n"], [2, 1, "3\n"]]);
});

Deno.test("a reduce of ours gives one line for all items, and none for no item", () => {
  const { sink, results } = start("sum");
  sink.take(1, 1);
  sink.take(2n, 2);
  sink.hurry();
  assertEquals(results(), [], "more may come");
  sink.flush(2);
  sink.flush(2);
  assertEquals(results(), [[0, 2, '{"i":"3"}\n']]);
  // A stretch of eight items with one value.
  sink.take(10, 10);
  sink.flush(10);
  assertEquals(results(), [[2, 8, '{"i":"10"}\n']]);
});

Deno.test("an item that a reduce of ours cannot take is left out, and every other one is in", () => {
  const { sink, results } = start("max");
  sink.take(5, 1);
  assertThrows(() => sink.take("six", 2), ValueError);
  sink.flush(1);
  sink.begin(2);
  sink.take(4, 3);
  sink.flush(3);
  assertEquals(results(), [[0, 1, '{"v":5}\n'], [2, 1, '{"v":4}\n']]);
});

Deno.test("what would become longer than a piece is handed over before it does", () => {
  const { sink, results } = start("concat");
  const half = "x".repeat(MAX_PIECE_BYTES / 2 - 10);
  for (let end = 1; end <= 5; end++) sink.take(half, end);
  sink.flush(5);
  const all = results();
  assertEquals(all.map(([first, count]) => [first, count]), [[0, 2], [2, 2], [4, 1]]);
  assert(all.every(([, , text]) => text.length <= MAX_PIECE_BYTES));
  assertEquals(all.flatMap(([, , text]) => JSON.parse(text)), Array(5).fill(half));
});

Deno.test("a value that is longer than a piece has a line of its own", () => {
  const { sink, results } = start("concat");
  const long = "x".repeat(MAX_PIECE_BYTES + 1);
  sink.take(1, 1);
  sink.take(long, 2);
  sink.take(3, 3);
  sink.flush(3);
  const all = results();
  assertEquals(all.map(([first, count]) => [first, count]), [[0, 1], [1, 0], [1, 1], [2, 1]]);
  const lines = all.map(([, , text]) => text).join("").trimEnd().split("\n");
  assertEquals(lines.map((line) => JSON.parse(line)), [[1], [long], [3]]);
});

Deno.test("a long value behind an item that failed is of that item alone", () => {
  const { sink, results } = start("concat");
  sink.take(1, 1);
  assertThrows(() => sink.take(NaN, 2), ValueError);
  sink.flush(1);
  sink.begin(2);
  sink.take("x".repeat(MAX_PIECE_BYTES), 3);
  sink.flush(3);
  const places = results().map(([first, count]) => [first, count]);
  assertEquals(places, [[0, 1], [2, 0], [2, 1]]);
});

/** Keeps everything in an array that it changes in its place. */
const OWN: Partial<UserModule> = {
  initial: "[]",
  reduce: (all, value) => {
    (all as unknown[]).push(value);
    return all;
  },
  combine: (one, other) => [...one as unknown[], ...other as unknown[]],
};

Deno.test("the module's own reduce begins anew after each line, with an initial that nobody has changed", () => {
  const { sink, results } = start("own", OWN);
  sink.take(1, 1);
  sink.take(2n ** 70n, 2);
  sink.hurry();
  assertEquals(results(), []);
  sink.flush(2);
  sink.flush(2);
  sink.take(3, 3);
  sink.flush(3);
  assertEquals(results(), [[0, 2, "[1,1180591620717411303424E0]\n"], [2, 1, "[3]\n"]]);
});

Deno.test("a reduce of the module's own that throws, or is async, leaves what it had", () => {
  const { sink, results } = start("own", {
    initial: "0",
    reduce: (sum, value) => {
      if (value === 2) throw new RangeError("two");
      return value === 3 ? Promise.resolve(99) : sum as number + (value as number);
    },
    combine: (one, other) => one as number + (other as number),
  });
  sink.take(1, 1);
  assertThrows(() => sink.take(2, 2), RangeError, "two");
  assertThrows(() => sink.take(3, 2), ValueError, "reduce must not be async");
  sink.flush(1);
  sink.begin(2);
  sink.take(4, 3);
  sink.flush(3);
  assertEquals(results(), [[0, 1, "1\n"], [2, 1, "4\n"]]);
});

Deno.test("an accumulator that cannot travel is the job's fault, and no item's", () => {
  const { sink, results } = start("own", { initial: "0", reduce: () => () => 1 });
  sink.take(1, 1);
  const error = assertThrows(() => sink.flush(1), BrokenJobError);
  assertEquals(error.trouble.cause, "bad_job");
  assertEquals(
    error.message,
    "the accumulator of reduce cannot be handed on: the value is a function, which is no data",
  );
  assertEquals(results(), []);
});

Deno.test("what a reduce without combine is tried out on is in no accumulator, and no value that it refused", () => {
  const reduce: UserModule["reduce"] = (all, value) => {
    if (value === 2) throw new RangeError("two");
    const list = all as unknown[];
    list.push(...[value].flat());
    return list;
  };
  const { sink, results } = start("own", { initial: "[]", reduce, combine: reduce });
  for (let index = 0, from = 0; index < 20; index++) {
    try {
      sink.take(index, index + 1);
    } catch {
      sink.flush(index);
      sink.begin(from = index + 1);
    }
    if (index - from === 7) sink.flush(index + 1);
  }
  sink.flush(20);
  const lines = results();
  const all = lines.flatMap(([, , text]) => JSON.parse(text));
  assertEquals(all, Array.from({ length: 20 }, (_, index) => index).filter((x) => x !== 2));
  assertEquals(lines.length, 3);
});
