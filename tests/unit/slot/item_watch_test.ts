import { assertEquals } from "@std/assert";
import { CHUNK_MAX_MS } from "../../../src/limits.ts";
import { ItemWatch } from "../../../src/slot/item_watch.ts";

/** How long a call for so many items may take, where each of them may take so long. */
function mostMs(limitMs: number, span: number): number {
  const watch = new ItemWatch();
  watch.saw(1, 0, span, 0, 0);
  let ms = 0;
  for (const step of [100_000, 1000, 1]) {
    while (ms < 1_000_000 && !watch.isOver(limitMs, ms + step)) ms += step;
  }
  return ms;
}

Deno.test("an item may take as long as it may, and one call for many no longer than a chunk", () => {
  assertEquals(mostMs(300, 1), 300);
  assertEquals(mostMs(300, 3), 900);
  assertEquals(mostMs(300, 500_000), CHUNK_MAX_MS);
  assertEquals(mostMs(60_000, 1), 60_000);
  assertEquals(mostMs(60_000, 500_000), 60_000);
  assertEquals(mostMs(Infinity, 500_000), 1_000_000);
});
