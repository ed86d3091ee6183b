import { assertEquals } from "@std/assert";
import { MAX_RANGE_ITEMS } from "../../../src/limits.ts";
import { readChunk, readOpening } from "../../../src/jobs/read_requester.ts";
import type { JobInput } from "../../../src/jobs/messages.ts";

const OPENING = {
  op: "open",
  job: 1,
  name: "f.js",
  sha256: "a".repeat(64),
  code_bytes: 3,
  input: "range",
  call: "map",
  reduce: null,
  args: "{}",
  seed: -1,
  item_timeout_ms: 5,
  total: 0,
  hops: 2,
} as const;
const RANGE = { op: "chunk", job: 1, chunk: 0, position: 1, count: 2, first: "-7", credit: 0 };
const LINES = { op: "chunk", job: 1, chunk: 0, position: 1, count: 2, item_bytes: 2, credit: 0 };

Deno.test("readOpening() gives what is known of an opening, and nothing else", () => {
  assertEquals(readOpening({ ...OPENING, color: "red" }), OPENING);
  const { args: _args, item_timeout_ms: _limit, total: _total, hops: _hops, ...least } = OPENING;
  assertEquals(readOpening(least), least);
});

Deno.test("readOpening() refuses what cannot be", () => {
  const wrong: Readonly<Record<string, readonly unknown[]>> = {
    job: [-1, 0.5, "1", undefined],
    name: [7, "x".repeat(1000)],
    sha256: ["a", "A".repeat(64), undefined],
    code_bytes: [0, 1e12, "3"],
    input: ["lines", undefined],
    call: ["reduce"],
    reduce: ["avg", undefined],
    args: ["{", {}],
    seed: [0.5, 2 ** 53, "0", undefined],
    item_timeout_ms: [0, 0.5, 1e12, null],
    total: [-1, null],
    hops: [-1, "1"],
  };
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) {
      assertEquals(readOpening({ ...OPENING, [name]: value }), undefined, `${name} ${value}`);
    }
  }
});

Deno.test("readChunk() gives a chunk of the kind that its job has, and accumulators of any job", () => {
  const cases: readonly (readonly [object, JobInput, object?])[] = [
    [RANGE, "range", RANGE],
    [RANGE, "items"],
    [LINES, "items", LINES],
    [LINES, "range"],
    [{ ...LINES, merge: true, color: "red" }, "range", { ...LINES, merge: true }],
    [{ ...LINES, merge: false }, "items", LINES],
    [{ ...RANGE, merge: true }, "range"],
    [{ ...RANGE, item_bytes: 2 }, "range"],
    [{ ...LINES, first: "1" }, "items"],
  ];
  for (const [message, input, expected] of cases) {
    assertEquals(readChunk({ ...message }, input), expected as undefined);
  }
});

Deno.test("readChunk() refuses numbers that cannot be", () => {
  const wrong: Readonly<Record<string, readonly unknown[]>> = {
    job: [-1],
    chunk: [-1, "0", undefined],
    position: [0, 2 ** 53 - 2],
    count: [0, 1.5, 2 ** 53 - 1],
    credit: [-1, null],
    merge: [1],
  };
  for (const [name, values] of Object.entries({ ...wrong, first: [1, "x", ""] })) {
    for (const value of values) {
      assertEquals(readChunk({ ...RANGE, [name]: value }, "range"), undefined, `${name} ${value}`);
    }
  }
  for (const [name, values] of Object.entries({ ...wrong, item_bytes: [1, "2"] })) {
    for (const value of values) {
      assertEquals(readChunk({ ...LINES, [name]: value }, "items"), undefined, `${name} ${value}`);
    }
  }
});

Deno.test("readChunk() takes a chunk of the longest range that a client takes, and none that is longer", () => {
  const count = MAX_RANGE_ITEMS;
  assertEquals<unknown>(readChunk({ ...RANGE, count }, "range"), { ...RANGE, count });
  assertEquals(readChunk({ ...RANGE, count: count + 1 }, "range"), undefined);
});
