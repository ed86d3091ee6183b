import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Rotation } from "../../../src/scheduling/rotation.ts";

Deno.test("a rotation begins with the first and goes round", () => {
  const rotation = new Rotation();
  const picks = Array.from({ length: 7 }, () => rotation.pick(["a", "b", "c"], () => true));
  assertEquals(picks.join(""), "abcabca");
});

Deno.test("a rotation skips who is not eligible, and goes on behind the one that it found", () => {
  const rotation = new Rotation();
  const pick = (eligible: string) =>
    rotation.pick(["a", "b", "c", "d"], (one) => eligible.includes(one));
  assertEquals(["bd", "abcd", "a", "", "abcd", "ac"].map(pick), [
    "b",
    "c",
    "a",
    undefined,
    "b",
    "c",
  ]);
});

Deno.test("a rotation over nobody gives nobody", () => {
  const rotation = new Rotation();
  assertEquals(rotation.pick([], () => true), undefined);
  assertEquals(rotation.pick(["a"], () => false), undefined);
  assertEquals(rotation.pick(["a"], () => true), "a");
});

Deno.test("n picks over k who are eligible reach each n/k times, give or take one", () => {
  const flags = fc.array(fc.boolean(), { minLength: 1, maxLength: 12 });
  fc.assert(fc.property(flags, fc.nat({ max: 12 }), fc.nat({ max: 100 }), (eligible, before, n) => {
    const rotation = new Rotation();
    const all = eligible.map((_, index) => index);
    for (let count = 0; count < before; count++) rotation.pick(all, () => true);
    const counts = eligible.map(() => 0);
    for (let count = 0; count < n; count++) {
      const pick = rotation.pick(all, (index) => eligible[index]!);
      if (pick !== undefined) counts[pick]!++;
    }
    const able = counts.filter((_, index) => eligible[index]);
    assertEquals(counts.reduce((sum, count) => sum + count), able.length === 0 ? 0 : n);
    if (able.length > 0) assert(Math.max(...able) - Math.min(...able) <= 1, `${counts}`);
  }));
});
