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
