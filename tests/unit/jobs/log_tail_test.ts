import { assertEquals } from "@std/assert";
import { LogTail } from "../../../src/jobs/log_tail.ts";

const encoder = new TextEncoder();
const ENTRY = '{"position":7,"count":1,"hashes":0,"bytes":2,"check":"ab12"}\n';

/** What is seen of a tail that begins at a byte of its file and ends it, given in pieces of so many bytes. */
function look(bytes: Uint8Array, firstByte: number, step: number): [boolean, boolean] {
  const tail = new LogTail({ firstByte, fileBytes: firstByte + bytes.length, nextPosition: 7 });
  for (let at = 0; at < bytes.length; at += step) tail.add(bytes.subarray(at, at + step));
  return [tail.hasEntry, tail.hasHole];
}

Deno.test("zeros up to the end of a sector or of the file are a hole, others are not", () => {
  for (const step of [1, 7, 512, 4096]) {
    for (const firstByte of [0, 1, 511, 512, 1000]) {
      const text = encoder.encode("x".repeat(2000));
      assertEquals(look(text, firstByte, step), [false, false]);
      const atEnd = text.slice();
      atEnd.fill(0, 1990);
      assertEquals(look(atEnd, firstByte, step), [false, true]);
      const sector = text.slice();
      sector.fill(0, 1024 - firstByte % 512, 1536 - firstByte % 512);
      assertEquals(look(sector, firstByte, step), [false, true]);
      const within = text.slice();
      within.fill(0, 1100 - firstByte % 512, 1500 - firstByte % 512);
      assertEquals(look(within, firstByte, step), [false, false]);
    }
  }
  assertEquals(look(new Uint8Array(0), 5, 1), [false, false]);
});

Deno.test("the line of an entry is found wherever it lies, in one piece or in several", () => {
  const bytes = encoder.encode(`1\n2\nñ\u0000${ENTRY}3\n`);
  for (let step = 1; step <= bytes.length; step++) {
    assertEquals(look(bytes, 10, step), [true, false], `${step} bytes at a time`);
  }
  assertEquals(look(bytes.subarray(0, -3), 10, 9), [false, false]);
});

Deno.test("a value that looks like the line of an entry is none where no such entry can be", () => {
  const cases: readonly (readonly [string, boolean])[] = [
    [ENTRY, true],
    // That of items that came before.
    [ENTRY.replace(":7", ":6"), false],
    [ENTRY.replace(":7", ":1000"), true],
    [ENTRY.replace('"count":1', '"count":0'), false],
    [ENTRY.replace('"hashes":0', '"hashes":2'), false],
    // More than is in the file.
    [ENTRY.replace('"hashes":0', '"hashes":8'), false],
    [ENTRY.replace('"bytes":2', '"bytes":3'), false],
    [ENTRY.replace('"bytes":2', '"bytes":0'), true],
    // The first is none, the second is one.
    [ENTRY.replace(":7", ":6") + ENTRY, true],
  ];
  for (const [lines, expected] of cases) {
    const bytes = encoder.encode(`1\n${lines}3\n`);
    for (const step of [1, 50, 1000]) assertEquals(look(bytes, 10, step), [expected, false], lines);
  }
  const hashed = ENTRY.replace('"hashes":0', '"hashes":8') + "12345678";
  assertEquals(look(encoder.encode(`1\n${hashed}3\n`), 10, 9), [true, false]);
});
