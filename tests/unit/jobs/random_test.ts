import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { ItemRandom } from "../../../src/jobs/random.ts";

function numbers(seed: number, position: number, count: number): number[] {
  const random = new ItemRandom(seed);
  random.begin(position);
  return Array.from({ length: count }, () => random.next());
}

Deno.test("ItemRandom gives the same for the same seed and position, whatever came before", () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.maxSafeNat(), fc.maxSafeNat(), (seed, one, other) => {
      const random = new ItemRandom(seed);
      random.begin(other);
      random.next();
      random.begin(one);
      const found = [random.next(), random.next(), random.next()];
      assertEquals(found, numbers(seed, one, 3));
      assert(found.every((number) => number >= 0 && number < 1));
    }),
  );
});

Deno.test("ItemRandom gives others for another seed or position, however near", () => {
  fc.assert(fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (seed, position) => {
    assertNotEquals(numbers(seed, position, 2), numbers(seed, position + 1, 2));
    assertNotEquals(numbers(seed, position, 2), numbers(seed + 1, position, 2));
  }));
});

Deno.test("ItemRandom's first numbers of neighbouring positions look as random as those of one", () => {
  const first = Array.from({ length: 20_000 }, (_, position) => numbers(7, position + 1, 1)[0]!);
  const random = new ItemRandom(7);
  random.begin(1);
  const row = Array.from({ length: 20_000 }, () => random.next());
  for (const all of [first, row]) {
    const mean = all.reduce((sum, one) => sum + one, 0) / all.length;
    assert(Math.abs(mean - 0.5) < 0.01, `mean ${mean}`);
    let product = 0;
    for (let at = 1; at < all.length; at++) product += (all[at]! - 0.5) * (all[at - 1]! - 0.5);
    assert(Math.abs(product / all.length) < 0.002, `neighbours ${product / all.length}`);
    const buckets = new Array(100).fill(0);
    for (const one of all) buckets[Math.floor(one * 100)]++;
    const chi = buckets.reduce((sum, count) => sum + (count - 200) ** 2 / 200, 0);
    assert(chi > 50 && chi < 160, `chi squared ${chi} of 99 degrees`);
  }
});

Deno.test("ItemRandom's numbers are these for ever: jobs that are resumed need the same", () => {
  assertEquals(numbers(0, 1, 2), [0.8635286313150341, 0.38072482553356646]);
});
