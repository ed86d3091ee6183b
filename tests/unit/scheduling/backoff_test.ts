import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { backoffMs } from "../../../src/scheduling/backoff.ts";

const options = { minMs: 25, maxMs: 600 };

Deno.test("a pause doubles from the shortest to the longest, and is none before a failure", () => {
  const cases: readonly (readonly [number, number])[] = [
    [-1, 0],
    [0, 0],
    [1, 25],
    [2, 50],
    [3, 100],
    [5, 400],
    [6, 600],
    [7, 600],
    [31, 600],
    [1024, 600],
    [2 ** 53, 600],
    [Infinity, 600],
  ];
  for (const [failures, expected] of cases) {
    assertEquals(backoffMs(failures, options, 0), expected, `${failures} failures`);
  }
});

Deno.test("jitter takes up to 20 % away, and never adds", () => {
  assertEquals(backoffMs(1, options, 0.5), 22.5);
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(fc.property(fc.nat(), random, (failures, share) => {
    const full = backoffMs(failures, options, 0);
    const pause = backoffMs(failures, options, share);
    assert(pause <= full && pause >= full * 0.8);
  }));
});

Deno.test("a longest pause of days is reached, not passed", () => {
  assertEquals(backoffMs(1000, { minMs: 1, maxMs: 2 ** 29 }, 0), 2 ** 29);
  assertEquals(backoffMs(1, { minMs: 5, maxMs: 3 }, 0), 3);
});
