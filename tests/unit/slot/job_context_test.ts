import { assertEquals, assertNotEquals } from "@std/assert";
import { JobContext } from "../../../src/slot/job_context.ts";

Deno.test("random numbers begin anew with every item, even if it is tried once more", () => {
  const job = { name: "a.js", input: "range", call: "mapRange", reduce: null, args: null } as const;
  const context = new JobContext({ ...job, seed: 7, codeBytes: 1 });
  const { random } = context.shown;
  context.at(5);
  const first = [random(), random()];
  context.at(5);
  assertEquals([random(), random()], first);
  context.at(6);
  assertNotEquals(random(), first[0]);
});
