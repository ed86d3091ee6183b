import { assert, assertEquals } from "@std/assert";
import { MAX_CHUNK_ITEMS, MAX_JOB_RESULT_BYTES } from "../../../../src/limits.ts";
import { ChunkSpeed, ResultSize } from "../../../../src/scheduling/jobs/chunk_sizes.ts";

Deno.test("one short result for many items does not bound how many items a chunk has", () => {
  const size = new ResultSize();
  assertEquals(size.itemsOf(8), Infinity);
  size.measured(10_000_000, 20);
  assert(size.itemsOf(8) > MAX_CHUNK_ITEMS, `${size.itemsOf(8)}`);
});

Deno.test("results of all chunks together have room", () => {
  const size = new ResultSize();
  size.measured(1000, 100_000);
  const places = 200;
  assert(places * size.itemsOf(places) * 100 <= MAX_JOB_RESULT_BYTES);
  assert(size.itemsOf(places) > 1);
});

Deno.test("a function that costs nothing is given the longest chunks after a few", () => {
  const speed = new ChunkSpeed();
  let count = speed.itemsOf(9e15, 2);
  for (let chunks = 0; count < MAX_CHUNK_ITEMS; chunks++) {
    assert(chunks < 12, `${count}`);
    speed.measured(count, 0);
    count = speed.itemsOf(9e15, 2);
  }
});
