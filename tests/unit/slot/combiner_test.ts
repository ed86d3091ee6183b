/**
 * Purpose: a module whose functions would make the result depend on the cuts is found out, and no other is refused.
 *
 * @module
 */
import { assertEquals, assertThrows } from "@std/assert";
import { LONG_ACCUMULATOR_CHARS } from "../../../src/limits.ts";
import { Combiner } from "../../../src/slot/combiner.ts";
import { INDEX, STATE_WORDS } from "../../../src/slot/shared.ts";
import { BrokenJobError, type UserModule } from "../../../src/slot/user_module.ts";

type Combine = UserModule["combine"];

function combinerOf(initial: string, combine: Combine, isReduce = false): Combiner {
  const reduce = isReduce ? combine : () => undefined;
  const module = { initial, combine, reduce } as unknown as UserModule;
  return new Combiner(module, "f.js", new Int32Array(STATE_WORDS));
}

Deno.test("a reduce that counts is found out, however many accumulators looked right before", () => {
  const combiner = combinerOf("0", (count) => count as number + 1, true);
  for (let index = 0; index < 100; index++) combiner.tryOut("1");
  const error = assertThrows(() => combiner.tryOut("2"), BrokenJobError);
  assertEquals(
    error.message,
    "reduce(0, 2) gives 1, not the accumulator again: export combine(a, b), which makes one accumulator of two",
  );
});

Deno.test("of long accumulators the first are tried out", () => {
  const long = JSON.stringify(["x".repeat(LONG_ACCUMULATOR_CHARS)]);
  const pushes: Combine = (all, value) => [...all as unknown[], value];
  assertThrows(() => combinerOf("[]", pushes, true).tryOut(long), BrokenJobError);
  let calls = 0;
  const combiner = combinerOf("[]", (_, other) => (calls++, other));
  for (let index = 0; index < 9; index++) combiner.tryOut(long);
  assertEquals(calls, 2);
});

Deno.test("rounding, the order of members and bigints for numbers are no difference", () => {
  const cases: readonly (readonly [initial: string, combine: Combine, text: string])[] = [
    [
      "-1E999",
      (a, b) => Math.log(Math.exp(a as number) + Math.exp(b as number)),
      "0.30000000000000004",
    ],
    [
      '{"s":0,"c":0}',
      (_, b) => ({ ...b as object, c: -5e-17 }),
      '{"s":1.0490665170931774,"c":1e-19}',
    ],
    ["{}", (_, b) => ({ z: 1, a: (b as { a: number }).a }), '{"a":[1,"2",null],"z":1}'],
    ["0", (a, b) => BigInt(a as number) + BigInt(b as number), "7"],
  ];
  for (const [initial, combine, text] of cases) combinerOf(initial, combine).tryOut(text);
  const others: readonly (readonly [combine: Combine, text: string])[] = [
    [(_, b) => b as number + 1e-6, "1"],
    [() => ({ a: 1, b: 2 }), '{"a":1}'],
    [() => [1], '{"0":1}'],
    [() => "1", "1"],
    [() => null, "[]"],
  ];
  for (const [combine, text] of others) {
    assertThrows(() => combinerOf("0", combine).tryOut(text), BrokenJobError, "changes no other");
  }
});

Deno.test("what is tried out is no item's time, and what it throws says what was called", () => {
  const state = new Int32Array(STATE_WORDS);
  state[INDEX] = 7;
  const seen: number[] = [];
  const combine: Combine = (_, other) => {
    seen.push(state[INDEX]!);
    if (other === 2) throw new RangeError("two");
    return other;
  };
  const module = { initial: "null", combine, reduce: () => 0 } as unknown as UserModule;
  const combiner = new Combiner(module, "f.js", state);
  combiner.tryOut("1");
  assertEquals([seen, state[INDEX]], [[-1], 7]);
  const error = assertThrows(() => combiner.tryOut("2"), BrokenJobError);
  assertEquals(error.message, "combine(null, 2) failed: RangeError: two");
});

/** Tries a cut on these values, as a chunk does whose reduce has no combine. */
function tryCut(initial: string, reduce: Combine, values: readonly unknown[]): void {
  const combiner = combinerOf(initial, reduce, true);
  for (const value of values) {
    const text = combiner.sampled(value);
    if (text !== undefined) combiner.keep(text);
  }
  combiner.tryCut();
}

/** Typed loosely, as users write them. */
// deno-lint-ignore no-explicit-any
type Loose = (all: any, value: any) => unknown;

Deno.test("a reduce that takes the first value as it is, and no accumulator, is found out by a cut", () => {
  const halves: Loose = (a, v) => a === null ? v : (a + v) / 2;
  const error = assertThrows(() => tryCut("null", halves, [1, 2, 3, 4, 5, 6, 7]), BrokenJobError);
  assertEquals(
    error.message,
    "reduce(2.25, 5.25) of two accumulators gives 3.75, and their values in one go 5.03125: " +
      "export combine(a, b), which makes one accumulator of two",
  );
  assertThrows(() => tryCut("null", halves, [1, 2, 3]), BrokenJobError);
  tryCut("null", halves, [1, 2]);
  const others: readonly (readonly [initial: string, reduce: Loose])[] = [
    ["null", (a, v) => a === null ? v : a - v],
    ["{}", (a, v) => ({ v: v.v ?? v, n: (a.n ?? 0) + 1 })],
    ["null", (a, v) => a === null ? [v].flat() : (a.push(v), a)],
    ['""', (a, v) => a === "" ? `${v}` : `${a},${String(v).length}`],
  ];
  for (const [initial, reduce] of others) {
    assertThrows(() => tryCut(initial, reduce, [1, 2, 3, 4, 5, 6]), BrokenJobError);
  }
});

Deno.test("a cut leaves a reduce alone that is right", () => {
  const { max, min } = Math;
  const words = [{ a: 1 }, { b: 2, a: 1 }, { c: 1 }, { b: 1 }, { a: 5 }, { d: 1, c: 2 }];
  const counts: Loose = (all, value) => {
    for (const [word, count] of Object.entries(value)) all[word] = (all[word] ?? 0) + count!;
    return all;
  };
  const numbers = [0.1, 1e17, -7.3, -1e17, 0.3, 2];
  const keyed = [3, 1, 2, 1, 5, 1].map((key, index) => ({ key, index }));
  const cases: readonly (readonly [initial: string, reduce: Loose, values: readonly unknown[]])[] =
    [
      ["0", (a, v) => a + v, numbers],
      ["0", (a, v) => BigInt(a) + BigInt(v), [1, 2n ** 70n, 3, -(2n ** 70n), 5, 6]],
      ["1", (a, v) => a * v, numbers],
      ["1E999", (a, v) => min(a, v), numbers],
      ["-1E999", (a, v) => max(a, v), numbers],
      ['""', (a, v) => a + v, ["one", "", "two", '"', "null", "x"]],
      ["[]", (a, v) => a.concat(v), [1, 2, [3, 4], [], "5", { six: 6 }]],
      ["[]", (a, v) => (a.push(...[v].flat()), a), [1, 2, 3, 4, 5, 6]],
      ["{}", counts, words],
      ["{}", (a, v) => ({ ...v, ...counts(a, v) as object }), words],
      ['{"n":0,"sum":0}', (a, v) => ({ n: a.n + (v.n ?? 1), sum: a.sum + (v.sum ?? v) }), numbers],
      ["null", (a, v) => a ?? v, numbers],
      ["null", (_, v) => v, numbers],
      ["null", (a, v) => a === null || v.key < a.key ? v : a, keyed],
      ['{"key":1E999}', (a, v) => v.key <= a.key ? v : a, keyed],
      // These cannot be tried: there is no copy of a value, or reduce does not take it.
      ["0", (a, v) => a + v.size, [new Map(), new Map(), new Map()]],
      ["0", (a, v) => a + v.getTime(), [new Date(0), new Date(1), new Date(2)]],
      ["0", (a, v) => (a + v) / 0, [0, 0, 0]],
    ];
  for (const [initial, reduce, values] of cases) {
    for (let count = 0; count <= values.length; count++) {
      tryCut(initial, reduce, values.slice(0, count));
    }
  }
});

Deno.test("a cut is tried once, with few calls, with copies, in no item's time, and not with combine", () => {
  const state = new Int32Array(STATE_WORDS);
  state[INDEX] = 7;
  let calls = 0;
  const reduce: Loose = (all, value) => {
    assertEquals(state[INDEX], -1);
    calls++;
    value.changed = true;
    all.list.push(...value.list);
    return all;
  };
  const module = { initial: '{"list":[]}', combine: reduce, reduce } as unknown as UserModule;
  const combiner = new Combiner(module, "f.js", state);
  const values = Array.from({ length: 20 }, (_, index) => ({ list: [index] }));
  for (let times = 0; times < 3; times++) {
    for (const value of values) {
      const text = combiner.sampled(value);
      if (text !== undefined) combiner.keep(text);
    }
    combiner.tryCut();
  }
  assertEquals([calls, state[INDEX]], [10, 7]);
  assertEquals(values[0], { list: [0] });
  assertEquals(combinerOf("0", () => 0).sampled(1), undefined);
});

Deno.test("no cut is tried on long values", () => {
  const long = "x".repeat(LONG_ACCUMULATOR_CHARS);
  tryCut('""', (a, v) => a === "" ? v : `${a}${String(v).length}`, [long, "a", "b", "c"]);
});
