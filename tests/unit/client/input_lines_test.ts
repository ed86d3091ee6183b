import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { inputLines } from "../../../src/client/input_lines.ts";
import { DEFAULT_MAX_REQUEST_LINE_BYTES } from "../../../src/limits.ts";

async function read(chunks: Iterable<Uint8Array<ArrayBuffer>>): Promise<string[]> {
  const lines: string[] = [];
  for await (const some of ReadableStream.from(chunks).pipeThrough(inputLines())) {
    lines.push(...some.map((line) => typeof line === "string" ? line : line.code));
  }
  return lines;
}

const encoder = new TextEncoder();

Deno.test("an input gives one line for each of its lines, empty and broken ones too", async () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ["", []],
    ["\n", [""]],
    ["a", ["a"]],
    ["a\n", ["a"]],
    ["a\r\n\r\n\nb", ["a", "", "", "b"]],
    ["a\n\r", ["a", ""]],
  ];
  for (const [text, expected] of cases) {
    assertEquals(await read([encoder.encode(text)]), expected, JSON.stringify(text));
  }
  assertEquals(await read([Uint8Array.of(0x61, 0x0a, 0xff, 0x0a, 0x62)]), [
    "a",
    "invalid_utf8",
    "b",
  ]);
});

Deno.test("a line over the limit is given as one error, and the rest as ever", async () => {
  const atLimit = "x".repeat(DEFAULT_MAX_REQUEST_LINE_BYTES);
  const text = `a\n${atLimit}\n${atLimit}x\nb\n${atLimit}${atLimit}${atLimit}`;
  const bytes = encoder.encode(text);
  const chunks = function* () {
    for (let at = 0; at < bytes.length; at += 65_536) yield bytes.slice(at, at + 65_536);
  };
  assertEquals(await read(chunks()), ["a", atLimit, "line_too_long", "b", "line_too_long"]);
});

Deno.test("any text cut anywhere is read as its lines", async () => {
  const line = fc.string({ unit: "grapheme", maxLength: 20 }).map((text) =>
    text.replace(/[\r\n]/g, "")
  );
  await fc.assert(
    fc.asyncProperty(fc.array(line), fc.integer({ min: 1, max: 30 }), async (lines, size) => {
      const bytes = encoder.encode(lines.map((text) => text + "\n").join(""));
      const chunks: Uint8Array<ArrayBuffer>[] = [];
      for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.slice(at, at + size));
      assertEquals(await read(chunks), lines);
    }),
  );
});
