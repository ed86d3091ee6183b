import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { Run } from "./run.ts";

/** Seeds in the gate; `deno task sim --seeds N` runs any number. */
const SEEDS = 500;
/** Seeds in one test, so that a failure is seen before all have run. */
const SEEDS_PER_TEST = 100;

for (let from = 1; from <= SEEDS; from += SEEDS_PER_TEST) {
  const to = from + SEEDS_PER_TEST - 1;
  Deno.test(`simulation: seeds ${from} to ${to} lose nothing and answer nothing wrong`, () => {
    const failed: string[] = [];
    for (let seed = from; seed <= to; seed++) {
      const { faults } = new Run(seed).run();
      if (faults.length === 0) continue;
      failed.push(`deno task sim --seed ${seed} --trace`, ...faults.slice(0, 3));
    }
    assertEquals(failed, []);
  });
}

Deno.test("simulation: the same seed gives the same run, with or without a trace", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const { hash } = new Run(seed).run();
    const traced = new Run(seed, { keepsTrace: true }).run();
    assertEquals(traced.hash, hash, `seed ${seed}`);
    assert(traced.lines.length > 100);
    assertNotEquals(new Run(seed + 1).run().hash, hash);
  }
});
