import { assertEquals } from "@std/assert";
import { Unread } from "../../../src/jobs/unread.ts";
import { MAX_UNSENT_RESULT_BYTES } from "../../../src/limits.ts";

Deno.test("Unread counts bytes, whatever characters they are of", () => {
  const counts = ["a", "é", "€", "😀"].map((character) => {
    const unread = new Unread();
    const error = character.repeat(4096);
    let count = 0;
    for (; !unread.isMuch; count++) {
      unread.add({ op: "failed" }, JSON.stringify({ op: "failed", error }) + "\n");
    }
    return count;
  });
  const bytes = (length: number) => 256 + '{"op":"failed","error":""}\n'.length + 4096 * length;
  const expected = [1, 2, 3, 4].map((length) => Math.ceil(MAX_UNSENT_RESULT_BYTES / bytes(length)));
  assertEquals(counts, expected);
});
