import { assertEquals } from "@std/assert";
import { JobRun } from "../../../simulation/job_run.ts";

Deno.test("jobs over workers that come and go tell of every position once, and rightly", () => {
  for (let seed = 100_001; seed <= 100_060; seed++) {
    assertEquals(new JobRun(seed).run().faults, [], `deno task sim --jobs --seed ${seed} --trace`);
  }
});
