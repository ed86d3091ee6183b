import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { type InputLine, inputLines } from "../../../src/client/input_lines.ts";
import { DEFAULT_MAX_REQUEST_LINE_BYTES } from "../../../src/limits.ts";
import { isWireError } from "../../../src/protocol/decode_request.ts";
import { requestBody } from "../../../src/protocol/encode.ts";

/** A line as a text: the code of an error, the body of a calculation that was read at once. */
function textOf(line: InputLine): string {
  if (typeof line === "string") return line;
  if (isWireError(line)) return line.code;
  return line.op === "bare" ? `bare: ${line.body}` : `read: ${requestBody(line)}`;
}

async function read(chunks: Iterable<Uint8Array<ArrayBuffer>>): Promise<string[]> {
  const lines: string[] = [];
  for await (const some of ReadableStream.from(chunks).pipeThrough(inputLines())) {
    lines.push(...some.map(textOf));
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

Deno.test("a calculation in its usual form is read at once, and nothing else is", async () => {
  const slow = ['{"op":"ping"}', '{"op":"pow","a":1,"b":2}', '{"op":"div","a":1,"b":1e5}'];
  const text = [
    '{"op":"add","a":10,"b":-0}\r',
    ...slow,
    '{"op": "sum_squares", "n": 9}',
    '{"id":7,"op":"sub","a":1,"b":2.50}',
    '{"id":7,"op":"sum_squares","a":1,"b":2}',
  ];
  const expected = [
    'bare: "op":"add","a":10,"b":-0}',
    ...slow,
    'bare: "op": "sum_squares", "n": 9}',
    'read: "op":"sub","a":1.0,"b":2.5}',
    'read: "op":"sum_squares","a":1,"b":2}',
  ];
  assertEquals(await read([encoder.encode(text.join("\n"))]), expected);
  const bytes = Array.from(encoder.encode(text.join("\n")), (byte) => Uint8Array.of(byte));
  assertEquals(await read(bytes), expected, "a byte at a time");
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
