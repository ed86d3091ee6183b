import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { NoResultError } from "../../../src/jobs/accumulator.ts";
import type { BuiltInReduce } from "../../../src/jobs/module.ts";
import { accumulatorOf } from "../../../src/jobs/reduce.ts";
import { ValueError, valueText } from "../../../src/jobs/values.ts";

/** Reduces values that are cut into parts. */
function reduced(reduce: BuiltInReduce, parts: readonly (readonly unknown[])[]): string {
  const whole = accumulatorOf(reduce);
  for (const part of parts) {
    const one = accumulatorOf(reduce);
    for (const value of part) one.add(value);
    whole.merge(one.line());
  }
  return whole.value();
}

const doubles = fc.double({ noNaN: true, min: -1e300, max: 1e300 });
const integers = fc.oneof(fc.maxSafeInteger(), fc.bigInt());

Deno.test("sum of integers is exact, however the input was cut", () => {
  fc.assert(fc.property(fc.array(fc.array(integers)), (parts) => {
    const sum = parts.flat().reduce<bigint>((total, one) => total + BigInt(one), 0n);
    assertEquals(reduced("sum", parts), String(sum));
  }));
});

Deno.test("sum of doubles is the nearest double of the exact sum, in any order and however cut", () => {
  fc.assert(fc.property(fc.array(doubles, { minLength: 1 }), fc.nat(), (values, cut) => {
    const all = [0.5, ...values];
    const at = cut % all.length;
    const expected = valueText(nearest(exactSum(all)));
    assertEquals(reduced("sum", [all]), expected);
    assertEquals(reduced("sum", [all.slice(0, at), [], all.slice(at)]), expected);
    assertEquals(reduced("sum", all.toReversed().map((one) => [one])), expected);
  }));
});

Deno.test("sum of integers and doubles is exact until the end", () => {
  assertEquals(reduced("sum", [[0.1, 0.2, 0.3], [-0.6]]), "2.7755575615628914e-17");
  assertEquals(reduced("sum", [[2n ** 64n, 0.5], [-(2n ** 64n)]]), "0.5");
  assertEquals(reduced("sum", [[1e16, 1, 1e-16], [-1e16]]), "1");
  assertEquals(reduced("sum", [[1e100, 1.5, -1e100]]), "1.5");
  assertEquals(reduced("sum", [[0.5, 0.5]]), "1");
});

Deno.test("reduces of nothing: 0, 0, [], and an error", () => {
  assertEquals(reduced("sum", []), "0");
  assertEquals(reduced("count", [[], []]), "0");
  assertEquals(reduced("concat", [[]]), "[]");
  for (const reduce of ["min", "max"] as const) {
    assertThrows(
      () => reduced(reduce, [[], []]),
      NoResultError,
      `there is no ${reduce} of nothing`,
    );
  }
});

Deno.test("min and max take numbers and bigints, however cut", () => {
  fc.assert(fc.property(fc.array(fc.array(fc.oneof(doubles, integers))), (parts) => {
    const all = parts.flat();
    if (all.length === 0) return;
    const least = all.reduce((one, other) => other < one ? other : one);
    const most = all.reduce((one, other) => other > one ? other : one);
    assertEquals(reduced("min", parts), valueText(least));
    assertEquals(reduced("max", parts), valueText(most));
  }));
});

Deno.test("count counts, and concat appends elements and other values in order", () => {
  assertEquals(reduced("count", [[1, "x"], [null]]), "3");
  const parts = [[[1, [2]], "a"], [[], { b: 1n }], [[null]]];
  assertEquals(reduced("concat", parts), '[1,[2],"a",{"b":1},null]');
});

Deno.test("min and max name the number that is not finite, also one that would not be the result", () => {
  for (const reduce of ["min", "max"] as const) {
    for (const value of [NaN, Infinity, -Infinity]) {
      const text = `${reduce} takes finite numbers, and the value is ${value}`;
      for (const before of [[], [0]]) {
        assertThrows(() => reduced(reduce, [[...before, value]]), ValueError, text);
      }
    }
  }
});

Deno.test("what a reduce cannot take changes nothing", () => {
  for (
    const [reduce, values] of [
      ["sum", ["1", null, [1], {}, undefined, NaN, Infinity]],
      ["min", ["1", null, NaN, Infinity, -Infinity]],
      ["max", [[], NaN, Infinity, -Infinity]],
      ["concat", [undefined, NaN, [NaN]]],
    ] as const
  ) {
    const accumulator = accumulatorOf(reduce);
    accumulator.add(7);
    const before = accumulator.line();
    for (const value of values) assertThrows(() => accumulator.add(value), ValueError);
    assertEquals(accumulator.line(), before);
  }
});

/** Doubles of which few are usual: huge ones, tiny ones, and what is half way between two. */
const extremes = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.tuple(fc.integer({ min: -1074, max: 1023 }), fc.constantFrom(1, -1, 1.5, 1 + 2 ** -52))
    .map(([exponent, factor]) => factor * 2 ** exponent),
);

/** Merges lines like a tree whose shape the cuts decide. */
function merged(lines: readonly string[], cuts: readonly number[]): string {
  const rest = [...lines];
  for (let turn = 0; rest.length > 1; turn++) {
    const at = cuts[turn % cuts.length]! % (rest.length - 1);
    const both = accumulatorOf("sum");
    for (const line of rest.slice(at, at + 2)) both.merge(line);
    rest.splice(at, 2, both.line());
  }
  return rest[0]!;
}

Deno.test("sum fails only if the exact sum is too large for a double, however cut and merged", () => {
  const cut = fc.array(fc.nat(), { minLength: 1, maxLength: 10 });
  const values = fc.array(fc.oneof(extremes, integers), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(values, cut, (some, cuts) => {
      const all = [0.5, ...some];
      const expected = nearest(
        all.reduce<bigint>(
          (sum, one) => sum + (typeof one === "bigint" ? one << SCALE : scaled(one)),
          0n,
        ),
      );
      const lines: string[] = [];
      for (let at = 0, turn = 0; at < all.length; turn++) {
        const part = accumulatorOf("sum");
        const end = at + 1 + cuts[turn % cuts.length]! % 5;
        for (const one of all.slice(at, end)) part.add(one);
        lines.push(part.line());
        at = end;
      }
      const whole = accumulatorOf("sum");
      whole.merge(merged(lines, cuts));
      if (Number.isFinite(expected)) assertEquals(whole.value(), valueText(expected));
      else assertThrows(() => whole.value(), NoResultError, "the sum is too large for a double");
    }),
    { numRuns: 2000 },
  );
});

Deno.test("a sum may be too large for a double on its way", () => {
  const max = Number.MAX_VALUE;
  const half = 2 ** 970;
  for (const cut of [0, 1, 2, 3, 4]) {
    const all = [max, max, -max, half, -(2 ** 917)];
    assertEquals(reduced("sum", [all.slice(0, cut), all.slice(cut)]), String(max));
  }
  assertThrows(() => reduced("sum", [[max, half]]), NoResultError);
  assertThrows(() => reduced("sum", [[-max], [-half]]), NoResultError);
  assertEquals(reduced("sum", [[2 ** 1023, -5e-324], [-(2 ** 1023)]]), "-5e-324");
});

Deno.test("an integer that is too large for a double is so at once, however long", () => {
  for (const integer of [1n << 10_000_000n, -1n << 10_000_000n]) {
    const sum = accumulatorOf("sum");
    sum.add(integer);
    sum.add(0.5);
    const start = performance.now();
    assertThrows(() => sum.value(), NoResultError, "the sum is too large for a double");
    const tookMs = performance.now() - start;
    assert(tookMs < 1000, `it took ${tookMs} ms`);
  }
  // What doubles can bring back is not.
  const parts = [2n ** 1024n, -(2 ** 999.5), -(2 ** 999.5), 0.5];
  assertEquals(
    reduced("sum", [parts]),
    valueText(nearest(2n ** 2098n - (scaled(2 ** 999.5) << 1n))),
  );
});

Deno.test("lines that are none of an accumulator's are refused", () => {
  for (const reduce of ["sum", "count", "min", "concat"] as const) {
    for (const line of ["", "x", '"text"']) {
      assertThrows(() => accumulatorOf(reduce).merge(line), Error, undefined, `${reduce} ${line}`);
    }
  }
  for (const parts of ["[1e999]", '["1"]', "[null]", "[[0.5]]"]) {
    assertThrows(
      () => accumulatorOf("sum").merge(`{"i":"0","f":${parts}}`),
      ValueError,
      "no partial",
    );
  }
});

Deno.test("concat takes no value by which its line becomes longer than it may", () => {
  const accumulator = accumulatorOf("concat");
  assert(accumulator.add(["abc", 1], 10));
  assert(!accumulator.add([2], 10));
  assertEquals(accumulator.line(), '["abc",1]');
  assert(accumulator.add([2]));
  assertEquals(accumulator.line(), '["abc",1,2]');
  assert(accumulatorOf("sum").add(1e300, 0));
});

/** Every double is an integer over 2^1074. */
const SCALE = 1074n;

function exactSum(values: readonly number[]): bigint {
  return values.reduce((sum, value) => sum + scaled(value), 0n);
}

function scaled(value: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const exponent = bits >> 52n & 0x7ffn;
  const fraction = bits & (1n << 52n) - 1n;
  const size = exponent === 0n ? fraction : (fraction | 1n << 52n) << exponent - 1n;
  return bits >> 63n === 1n ? -size : size;
}

/** The double nearest to sum / 2^1074, the even one half way. */
function nearest(sum: bigint): number {
  const size = sum < 0n ? -sum : sum;
  const shift = BigInt(Math.max(0, size.toString(2).length - 53));
  let high = size >> shift;
  const rest = size - (high << shift);
  const half = shift === 0n ? 1n : 1n << shift - 1n;
  if (shift > 0n && (rest > half || rest === half && (high & 1n) === 1n)) high++;
  // Two steps, as 2^-1074 times a large power would leave the range of doubles.
  const exponent = Number(shift - SCALE);
  const value = Number(high) * 2 ** Math.max(exponent, -1000) *
    (exponent < -1000 ? 2 ** (exponent + 1000) : 1);
  return sum < 0n ? -value : value;
}
