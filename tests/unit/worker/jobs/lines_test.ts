import { assertEquals } from "@std/assert";
import { cutLines } from "../../../../src/worker/jobs/lines.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The text in pieces of so many bytes. */
function pieces(text: string, length: number): Uint8Array[] {
  const bytes = encoder.encode(text);
  const cut: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += length) cut.push(bytes.subarray(at, at + length));
  return cut;
}

Deno.test("cutLines gives any lines of pieces that are cut anywhere", () => {
  const lines = ["1\n", '"ñandú"\n', "\n", '{"a":[1,2]}\n', "5\n", "last\n"];
  for (const text of [lines.join(""), lines.join("").slice(0, -1)]) {
    for (let length = 1; length <= text.length; length++) {
      for (let skipped = 0; skipped <= lines.length; skipped++) {
        for (let count = 0; skipped + count <= lines.length; count++) {
          const cut = cutLines(pieces(text, length), skipped, count);
          const whole = Uint8Array.from(cut.flatMap((piece) => [...piece]));
          const isToTheEnd = skipped + count === lines.length;
          const expected = lines.slice(skipped, skipped + count).join("");
          const shown = decoder.decode(whole);
          assertEquals(shown, isToTheEnd ? text.slice(text.length - shown.length) : expected);
          if (!isToTheEnd) assertEquals(shown, expected);
        }
      }
    }
  }
});

Deno.test("cutLines copies nothing and gives no empty pieces", () => {
  const source = pieces("1\n2\n3\n4\n", 4);
  const cut = cutLines(source, 1, 2);
  assertEquals(cut.map((piece) => decoder.decode(piece)), ["2\n", "3\n"]);
  assertEquals(cut.every(({ buffer }) => buffer === source[0]!.buffer), true);
});
