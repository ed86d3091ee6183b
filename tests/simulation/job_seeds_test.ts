import { assertEquals } from "@std/assert";
import { JobRun } from "./job_run.ts";

// Beside seeds_test.ts, and not in it: each file has one core.

/** Seeds in the gate; `deno task sim --jobs --seeds N` runs any number. */
const SEEDS = 500;
/** Seeds in one test, so that a failure is seen before all have run. */
const SEEDS_PER_TEST = 100;

for (let from = 1; from <= SEEDS; from += SEEDS_PER_TEST) {
  const to = from + SEEDS_PER_TEST - 1;
  Deno.test(`simulation: in jobs of seeds ${from} to ${to} every position is told of once, rightly`, () => {
    const failed: string[] = [];
    for (let seed = from; seed <= to; seed++) {
      const { faults } = new JobRun(seed).run();
      if (faults.length === 0) continue;
      failed.push(`deno task sim --jobs --seed ${seed} --trace`, ...faults.slice(0, 3));
    }
    assertEquals(failed, []);
  });
}

Deno.test("simulation: the same seed gives the same run of jobs, with or without a trace", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const { hash } = new JobRun(seed).run();
    assertEquals(new JobRun(seed, true).run().hash, hash, `jobs of seed ${seed}`);
  }
});
