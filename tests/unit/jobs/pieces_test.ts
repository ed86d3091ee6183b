import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Pieces } from "../../../src/jobs/pieces.ts";

Deno.test("Pieces keeps all bytes in order, and long pieces as they are", () => {
  const lengths = fc.array(fc.oneof(fc.nat(20), fc.constantFrom(5000, 16_383, 16_384, 70_000)));
  fc.assert(fc.property(lengths, (all) => {
    const pieces = new Pieces();
    const expected: number[] = [];
    for (const [index, length] of all.entries()) {
      const piece = new Uint8Array(length).fill(index);
      expected.push(...piece);
      pieces.add(piece);
      if (length >= 16_384) assertEquals(pieces.list.at(-1), piece);
    }
    assertEquals(pieces.bytes, expected.length);
    assertEquals(pieces.list.flatMap((piece) => [...piece]), expected);
  }));
});

Deno.test("Pieces puts crumbs together", () => {
  const pieces = new Pieces();
  for (let count = 0; count < 100_000; count++) pieces.add(Uint8Array.of(count));
  assert(pieces.list.length <= 7, `${pieces.list.length} pieces`);
  const held = new Set(pieces.list.map(({ buffer }) => buffer));
  const bytes = [...held].reduce((sum, { byteLength }) => sum + byteLength, 0);
  assert(bytes <= 2 * 100_000, `${bytes} bytes are held`);
  pieces.clear();
  assertEquals([pieces.list, pieces.bytes], [[], 0]);
});
