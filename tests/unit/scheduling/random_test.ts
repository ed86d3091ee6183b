import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Random } from "../../../src/scheduling/random.ts";

function numbers(seed: number, count: number): number[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => random.next());
}

Deno.test("random numbers are in [0, 1), repeatable, and others for another seed", () => {
  fc.assert(fc.property(fc.integer(), (seed) => {
    const first = numbers(seed, 50);
    assert(first.every((value) => value >= 0 && value < 1));
    assertEquals(numbers(seed, 50), first);
    assert(numbers(seed + 1, 50).join() !== first.join());
  }));
});

Deno.test("random numbers are spread evenly", () => {
  const buckets = new Array<number>(10).fill(0);
  for (const value of numbers(42, 10_000)) buckets[Math.floor(value * 10)]!++;
  assert(buckets.every((count) => count > 850 && count < 1150), `${buckets}`);
});
