import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { explainLong, LineCutter, LONG_LINE } from "../../../../src/client/map/lines.ts";
import type { Piece } from "../../../../src/client/map/job.ts";
import { MAX_ITEM_BYTES, MAX_PIECE_BYTES, MAX_SHOWN_ITEM_CHARS } from "../../../../src/limits.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Gives some bytes to a cutter, so many at a time. */
function cut(
  bytes: Uint8Array,
  sizes: (rest: number) => number = (rest) => rest,
): Piece[] {
  const cutter = new LineCutter();
  const pieces: Piece[] = [];
  for (let at = 0; at < bytes.length;) {
    const { space } = cutter;
    const part = bytes.subarray(at, at + Math.min(space.length, sizes(bytes.length - at)));
    space.set(part);
    at += part.length;
    pieces.push(...cutter.filled(part.length));
  }
  return [...pieces, ...cutter.end()];
}

function linesOf(pieces: readonly Piece[]): string[] {
  return pieces.flatMap(({ bytes, count }) => {
    const lines = decoder.decode(bytes).split("\n");
    assertEquals(lines.pop(), "", "a piece ends in a newline");
    assertEquals(lines.length, count);
    return lines;
  });
}

function expected(text: string): string[] {
  return text.split("\n").filter((line) => line.trim() !== "");
}

Deno.test("LineCutter gives the same lines however its bytes are cut, and no blank ones", () => {
  const line = fc.oneof(
    fc.constantFrom("", " ", "\t\r", "1", '{"a":"ñ😀"}', " 7 \r", "\r"),
    fc.integer({ min: 1, max: 700 }).map((length) => "x".repeat(length)),
  );
  const lines = fc.array(line, { maxLength: 60 });
  fc.assert(
    fc.property(lines, fc.boolean(), fc.integer({ min: 1, max: 300 }), (all, hasEnd, size) => {
      const text = all.join("\n") + (hasEnd ? "\n" : "");
      assertEquals(linesOf(cut(encoder.encode(text), () => size)), expected(text));
    }),
  );
});

Deno.test("LineCutter cuts pieces of whole lines that are no longer than a piece may be", () => {
  const text = Array.from({ length: 50_000 }, (_, index) => `${index}${"y".repeat(index % 90)}`)
    .join("\n");
  const pieces = cut(encoder.encode(text));
  assertEquals(linesOf(pieces), expected(text));
  for (const { bytes } of pieces) assertEquals(bytes.length <= MAX_PIECE_BYTES, true);
});

Deno.test("LineCutter gives a line that is longer than a piece by itself", () => {
  const long = "z".repeat(3 * MAX_PIECE_BYTES);
  for (const size of [1000, 64 * 1024, MAX_PIECE_BYTES]) {
    const pieces = cut(encoder.encode(`1\n${long}\n2\n3`), () => size);
    assertEquals(linesOf(pieces), ["1", long, "2", "3"]);
    const [piece] = pieces.filter(({ bytes }) => bytes.length > MAX_PIECE_BYTES);
    assertEquals(piece?.count, 1);
  }
});

Deno.test("LineCutter takes a line of the greatest length as it is", () => {
  const longest = new Uint8Array(MAX_ITEM_BYTES).fill(0x31);
  assertEquals(cut(longest).map(({ bytes }) => bytes.length), [MAX_ITEM_BYTES + 1]);
});

Deno.test("LineCutter passes over a byte order mark in front", () => {
  const lines = linesOf(cut(encoder.encode("\ufeff[1]\n2\n")));
  assertEquals(lines.map((line) => JSON.parse(line)), [[1], 2]);
  assertEquals(linesOf(cut(encoder.encode("\ufeff"))), []);
});

Deno.test("LineCutter gives a short line for one that is too long, and goes on", () => {
  const long = "z".repeat(2.5 * MAX_ITEM_BYTES);
  const text = encoder.encode(`1\n${long.slice(0, MAX_ITEM_BYTES + 1)}\n2\n\n${long}\n3\n${long}`);
  for (const size of [64 * 1024, MAX_PIECE_BYTES + 1, Infinity]) {
    const lines = linesOf(cut(text, () => size));
    const instead = LONG_LINE + "z".repeat(MAX_SHOWN_ITEM_CHARS);
    assertEquals(lines, ["1", instead, "2", instead, "3", instead]);
  }
});

Deno.test("the failure of what was given for a line that is too long says so, and others stay", () => {
  const of = { position: 2, cause: "input", error: "the line is no JSON", worker: "w" } as const;
  assertEquals(explainLong({ ...of, item: `${LONG_LINE}zz` }), {
    position: 2,
    cause: "input",
    error: `the line is longer than ${MAX_ITEM_BYTES} bytes`,
    item: "zz",
  });
  const others = [of, { ...of, item: "zz" }, { ...of, cause: "error", item: LONG_LINE }] as const;
  for (const other of others) assertEquals(explainLong(other), other);
});
