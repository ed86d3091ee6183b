import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { decodeLine, LineFramer, LineTexts } from "../../../src/protocol/framing.ts";

const encoder = new TextEncoder();

/** Feeds chunks as a network does: one buffer that is overwritten after each settle(). */
function frame(chunks: readonly Uint8Array[], framer = new LineFramer(1000)): string[] {
  const lines: string[] = [];
  const buffer = new Uint8Array(Math.max(1, ...chunks.map(({ length }) => length)));
  for (const chunk of chunks) {
    buffer.set(chunk);
    framer.push(buffer.subarray(0, chunk.length));
    while (framer.next()) lines.push(lineOf(framer));
    framer.settle();
    buffer.fill(0x0a);
  }
  return lines;
}

function lineOf(framer: LineFramer): string {
  const text = decodeLine(framer.bytes, framer.start, framer.end)!;
  return framer.tooLong ? `too long${text}` : text;
}

function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) =>
    a - b
  );
  return [...ends, bytes.length].map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

const TEXT = '{"op":"add"}\n\r\n\n{"a":"ñ€😀"}\r\nlast\r\r\n\n';
const LINES = ['{"op":"add"}', "", "", '{"a":"ñ€😀"}', "last\r", ""];

Deno.test("lines are framed whole, a byte at a time, and cut at every place", () => {
  const bytes = encoder.encode(TEXT);
  assertEquals(frame([bytes]), LINES);
  assertEquals(frame(Array.from(bytes, (byte) => Uint8Array.of(byte))), LINES);
  for (let one = 0; one <= bytes.length; one++) {
    for (let other = one; other <= bytes.length; other++) {
      const chunks = [bytes.subarray(0, one), bytes.subarray(one, other), bytes.subarray(other)];
      assertEquals(frame(chunks), LINES, `cut at ${one} and ${other}`);
    }
  }
});

Deno.test("any lines cut anywhere are framed as they were, with LF and CRLF", () => {
  const line = fc.string({ unit: "grapheme", maxLength: 40 }).map((text) =>
    text.replace(/[\r\n]/g, "")
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(line, fc.constantFrom("\n", "\r\n"))),
      fc.array(fc.nat()),
      line,
      (ended, places, rest) => {
        const bytes = encoder.encode(ended.map(([text, end]) => text + end).join("") + rest);
        const framer = new LineFramer(1000);
        assertEquals(frame(cut(bytes, places), framer), ended.map(([text]) => text));
        assertEquals(framer.pendingBytes, encoder.encode(rest).length);
        assertEquals(framer.last(), rest !== "");
        if (rest !== "") assertEquals(lineOf(framer), rest);
        assert(!framer.last() && !framer.next());
      },
    ),
    { numRuns: 500 },
  );
});

Deno.test("lines that are left lying are given later, with what came meanwhile", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.string({ maxLength: 9 }), fc.nat({ max: 3 }))),
      (rounds) => {
        const framer = new LineFramer(1000);
        const expected: string[] = [];
        const lines: string[] = [];
        for (const [text, take] of rounds) {
          const line = text.replace(/[\r\n]/g, "");
          expected.push(line);
          const chunk = encoder.encode(line + "\n");
          framer.push(chunk);
          for (let count = 0; count < take && framer.next(); count++) lines.push(lineOf(framer));
          framer.settle();
          chunk.fill(0x0a);
        }
        while (framer.next()) lines.push(lineOf(framer));
        assertEquals(lines, expected);
        assertEquals(framer.pendingBytes, 0);
      },
    ),
    { numRuns: 500 },
  );
});

Deno.test("pieces of one long line are put together, many megabytes too", () => {
  const framer = new LineFramer(8 * 1024 * 1024);
  const pieces = Array.from(
    { length: 100 },
    (_, index) => new Uint8Array(65_536).fill(97 + index % 26),
  );
  assertEquals(frame(pieces, framer), []);
  assertEquals(framer.pendingBytes, 6_553_600);
  assertEquals(frame([Uint8Array.of(0x0a)], framer).map((line) => line.length), [6_553_600]);
  framer.settle();
  assertEquals(framer.bytes.length, 0, "large storage is let go");
});

Deno.test("a line of exactly the limit is taken, whatever ends it and however it comes", () => {
  for (const end of ["\n", "\r\n"]) {
    const bytes = encoder.encode("x".repeat(8) + end + "y\n");
    for (let place = 0; place <= bytes.length; place++) {
      const framer = new LineFramer(8);
      const lines = frame([bytes.subarray(0, place), bytes.subarray(place)], framer);
      assertEquals(
        [lines, framer.overflowed],
        [["xxxxxxxx", "y"], false],
        `${end.length} ${place}`,
      );
    }
  }
});

Deno.test("a line of one byte more than the limit overflows, and nothing follows", () => {
  for (const text of ["a\nxxxxxxxxx\ny\n", "a\nxxxxxxxxx\r\ny\n", "a\nxxxxxxxx\r\r\ny\n"]) {
    const bytes = encoder.encode(text);
    for (let place = 0; place <= bytes.length; place++) {
      const framer = new LineFramer(8);
      const lines = frame([bytes.subarray(0, place), bytes.subarray(place)], framer);
      assertEquals([lines, framer.overflowed], [["a"], true], `${JSON.stringify(text)} ${place}`);
      framer.push(encoder.encode("more\n"));
      assert(!framer.next() && !framer.last());
      assertEquals(framer.pendingBytes, 0);
    }
  }
});

Deno.test("a line without an end overflows one byte after a CR could still have saved it", () => {
  for (const [length, overflowed] of [[8, false], [9, false], [10, true], [11, true]] as const) {
    const framer = new LineFramer(8);
    frame([encoder.encode("x".repeat(length))], framer);
    assertEquals(framer.overflowed, overflowed, `${length} bytes`);
  }
});

Deno.test("the last line without a newline has the same limit", () => {
  const cases: readonly (readonly [string, string | undefined])[] = [
    ["", undefined],
    ["x", "x"],
    ["xxxxxxxx", "xxxxxxxx"],
    ["xxxxxxxx\r", "xxxxxxxx"],
    ["xxxxxxxxx", undefined],
    ["a\n", undefined],
    ["a\n\r", ""],
  ];
  for (const [text, expected] of cases) {
    const framer = new LineFramer(8);
    frame([encoder.encode(text)], framer);
    assertEquals(framer.last() ? lineOf(framer) : undefined, expected, JSON.stringify(text));
    assertEquals(framer.overflowed, text === "xxxxxxxxx");
  }
});

Deno.test("where long lines are skipped, each is given once as too long, and the next as ever", () => {
  const long = (length: number) => "x".repeat(length);
  const text = `a\n${long(8)}\n${long(9)}\n\n${long(10)}\r\n${long(200)}\nb\r\n${long(11)}\n${
    long(50)
  }\nc\n`;
  const expected = [
    "a",
    long(8),
    "too long",
    "",
    "too long",
    "too long",
    "b",
    "too long",
    "too long",
    "c",
  ];
  const bytes = encoder.encode(text);
  assertEquals(frame([bytes], new LineFramer(8, true)), expected);
  assertEquals(
    frame(Array.from(bytes, (byte) => Uint8Array.of(byte)), new LineFramer(8, true)),
    expected,
  );
  fc.assert(fc.property(fc.array(fc.nat()), (places) => {
    const framer = new LineFramer(8, true);
    assertEquals(frame(cut(bytes, places), framer), expected);
    assertEquals(framer.overflowed, false);
  }));
});

Deno.test("where long lines are skipped, the last one is given too, in constant memory", () => {
  const framer = new LineFramer(8, true);
  for (let count = 0; count < 1000; count++) {
    assertEquals(frame([new Uint8Array(1000).fill(120)], framer), []);
    assert(framer.pendingBytes <= 9 && framer.bytes.length <= 4096);
  }
  assert(framer.last() && framer.tooLong);
  assertEquals(framer.start, framer.end);
  assertEquals(framer.last(), false);
});

Deno.test("hasUnfinishedLine says whether the end of what is pending is still to come", () => {
  const framer = new LineFramer(100);
  const push = (text: string) => framer.push(encoder.encode(text));
  assertEquals(framer.hasUnfinishedLine, false, "nothing");
  push("ab");
  assertEquals(framer.hasUnfinishedLine, true, "the beginning of a line");
  framer.settle();
  assertEquals([framer.next(), framer.hasUnfinishedLine], [false, true], "read, and not ended");
  push("c\nde");
  assertEquals(framer.hasUnfinishedLine, false, "a line that can be read");
  assertEquals([framer.next(), framer.hasUnfinishedLine], [true, true], "the next one has begun");
  push("\n");
  assertEquals([framer.next(), framer.hasUnfinishedLine], [true, false], "all are read");
});

Deno.test("discard() forgets what is pending, and what comes later", () => {
  const framer = new LineFramer(100);
  framer.push(encoder.encode("a\nb"));
  assert(framer.next());
  framer.discard();
  assertEquals([framer.pendingBytes, framer.bytes.length, framer.next()], [0, 0, false]);
  framer.push(encoder.encode("c\n"));
  assertEquals([framer.pendingBytes, framer.next(), framer.last()], [0, false, false]);
});

Deno.test("decodeLine() gives undefined for anything that is not UTF-8", () => {
  const cases: readonly (readonly number[])[] = [
    [0x80],
    [0xc3],
    [0xc0, 0x80],
    [0xed, 0xa0, 0x80],
    [0xf4, 0x90, 0x80, 0x80],
    [0x61, 0xff, 0x62],
    [0xe2, 0x82],
  ];
  for (const bytes of cases) {
    assertEquals(decodeLine(Uint8Array.from(bytes), 0, bytes.length), undefined, `${bytes}`);
    // It is not left in a state that spoils the next line.
    assertEquals(decodeLine(encoder.encode("ñ"), 0, 2), "ñ");
  }
  assertEquals(decodeLine(encoder.encode("añb"), 1, 3), "ñ");
});

Deno.test("lines that are decoded together are those that are decoded alone, ASCII or not, or not UTF-8", () => {
  const line = fc.oneof(
    { weight: 3, arbitrary: fc.string({ maxLength: 20 }).map((text) => encoder.encode(text)) },
    fc.string({ unit: "grapheme", maxLength: 20 }).map((text) => encoder.encode(text)),
    fc.uint8Array({ maxLength: 4 }),
    fc.constant(Uint8Array.of(0xff)),
  );
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.nat()), (lines, places) => {
      const bytes = Uint8Array.from(lines.flatMap((one) => [...one, 0x0a]));
      const framer = new LineFramer(1000);
      const texts = new LineTexts();
      for (const chunk of cut(bytes, places)) {
        framer.push(chunk);
        texts.begin();
        while (framer.next()) {
          assertEquals(
            texts.current(framer),
            decodeLine(framer.bytes, framer.start, framer.end),
          );
        }
        framer.settle();
      }
    }),
    { numRuns: 1000 },
  );
});
