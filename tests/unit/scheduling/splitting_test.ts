import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { sumSquares } from "../../../src/operations/sum_squares.ts";
import { splitRange } from "../../../src/scheduling/splitting.ts";

Deno.test("splitRange() gives the larger parts first when n does not divide", () => {
  const cases: readonly (readonly [bigint, number, string])[] = [
    [9n, 3, "1-3 4-6 7-9"],
    [10n, 3, "1-4 5-7 8-10"],
    [11n, 3, "1-4 5-8 9-11"],
    [0n, 3, ""],
    [1n, 3, "1-1"],
    [2n, 3, "1-1 2-2"],
    [3n, 3, "1-1 2-2 3-3"],
    [4n, 3, "1-2 3-3 4-4"],
    [5n, 1, "1-5"],
    [10n ** 21n, 2, `1-${5n * 10n ** 20n} ${5n * 10n ** 20n + 1n}-${10n ** 21n}`],
  ];
  for (const [n, parts, expected] of cases) {
    const text = splitRange(n, parts).map(({ a, b }) => `${a}-${b}`).join(" ");
    assertEquals(text, expected, `${n} over ${parts}`);
  }
});

Deno.test("splitRange() covers 1..n exactly once, with sizes that differ by at most one", () => {
  const n = fc.oneof(
    fc.bigInt({ min: 0n, max: 50n }),
    fc.bigInt({ min: 0n, max: 10n ** 30n }),
    fc.bigInt({ min: 10n ** 998n, max: 10n ** 1000n - 1n }),
  );
  fc.assert(fc.property(n, fc.integer({ min: 1, max: 40 }), (n, parts) => {
    const ranges = splitRange(n, parts);
    assertEquals(BigInt(ranges.length), n < BigInt(parts) ? n : BigInt(parts));
    let next = 1n;
    let lastSize: bigint | undefined;
    for (const { a, b } of ranges) {
      assertEquals(a, next);
      const size = b - a + 1n;
      assert(size > 0n && (lastSize === undefined || size <= lastSize), "larger first");
      next = b + 1n;
      lastSize = size;
    }
    assertEquals(next, n + 1n);
    const [first] = ranges;
    if (first !== undefined) assert(first.b - first.a + 1n - lastSize! <= 1n);
    const sum = ranges.reduce((total, { a, b }) => total + sumSquares(a, b), 0n);
    assertEquals(sum, n * (n + 1n) * (2n * n + 1n) / 6n);
  }));
});

Deno.test("splitRange() refuses a negative n and anything but a number of parts", () => {
  assertThrows(() => splitRange(-1n, 3), RangeError);
  for (const parts of [0, -1, 1.5, NaN, Infinity]) {
    assertThrows(() => splitRange(9n, parts), RangeError);
  }
});
