/**
 * Purpose: the share of an input that is done follows the items that have an answer, also where all of it is one
 * piece.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { openItems } from "../../src/cli/map_input.ts";

Deno.test("the share of a small file grows with the items that are done", async () => {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, "10\n20\n30\n40\n");
    const input = await openItems(path);
    assertEquals(input.bytesOf(0), 0);
    while (await input.next() !== undefined);
    assertEquals([0, 1, 2, 4].map(input.bytesOf), [0, 3, 6, 12]);
    assertEquals(input.totalBytes, 12);
  } finally {
    await Deno.remove(path);
  }
});
