import { assertEquals } from "@std/assert";
import { emptyHash, hashInto, hashText } from "../../../src/jobs/hash.ts";

const encoder = new TextEncoder();

function hash(...texts: readonly string[]): string {
  const state = emptyHash();
  for (const text of texts) {
    const bytes = encoder.encode(`.${text}.`);
    hashInto(state, bytes, 1, bytes.length - 1);
  }
  return hashText(state);
}

Deno.test("hashInto() gives what logs of earlier versions have", () => {
  assertEquals(["", "a", "hello", "hello world, ñ"].map((text) => hash(text)), [
    "ccd7bc73395a0d56",
    "524a4066c6b8868e",
    "9f9d370f4cdfba9a",
    "916182cc48fdbbc5",
  ]);
});

Deno.test("both halves of a hash depend on every bit, on the length and on what was before", () => {
  const high = new Set<string>();
  const low = new Set<string>();
  const add = (text: string) => {
    high.add(text.slice(0, 8));
    low.add(text.slice(8));
  };
  const bytes = encoder.encode("some bytes, 30 of them, no more");
  for (let bit = 0; bit < 8 * bytes.length; bit++) {
    const changed = bytes.slice();
    changed[bit >> 3]! ^= 1 << (bit & 7);
    const state = emptyHash();
    hashInto(state, changed, 0, changed.length);
    add(hashText(state));
  }
  for (let length = 0; length < 20; length++) add(hash("\0".repeat(length)));
  for (let times = 2; times < 10; times++) add(hash(...new Array(times).fill("")));
  add(hash("a", "b"));
  add(hash("b", "a"));
  add(hash("ab"));
  const all = 8 * bytes.length + 20 + 8 + 3;
  assertEquals([high.size, low.size], [all, all]);
});
