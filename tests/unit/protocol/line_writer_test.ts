import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { LARGE_WRITER_BYTES } from "../../../src/limits.ts";
import { linesText, LineWriter } from "../../../src/protocol/line_writer.ts";
import { formatDouble } from "../../../src/protocol/numbers.ts";

const encoder = new TextEncoder();
const NUM_RUNS = 20_000;

function doubleOf(value: number): string {
  const out = new LineWriter();
  out.reserve(32);
  out.double(value);
  return linesText(out.take());
}

Deno.test("a double is written as formatDouble() writes it", () => {
  const doubles = fc.double({ noNaN: true, noDefaultInfinity: true });
  const decimals = fc.tuple(fc.integer(), fc.integer({ min: 0, max: 20 }))
    .map(([digits, places]) => digits / 10 ** places);
  const long = fc.tuple(fc.maxSafeInteger(), fc.integer({ min: 0, max: 20 }))
    .map(([digits, places]) => digits / 10 ** places);
  const neighbours = fc.tuple(fc.integer({ min: -1e6, max: 1e6 }), fc.integer({ min: -4, max: 4 }))
    .map(([thousandths, ulps]) => {
      const value = thousandths / 1000;
      return value + ulps * Number.EPSILON * Math.abs(value) / 2;
    });
  fc.assert(
    fc.property(fc.oneof(doubles, decimals, long, neighbours, fc.integer()), (value) => {
      assertEquals(doubleOf(value), formatDouble(value));
    }),
    { numRuns: NUM_RUNS },
  );
});

Deno.test("doubles at the edges of what is written without the engine", () => {
  const edges = [
    0,
    -0,
    1,
    -1,
    0.5,
    0.1 + 0.2,
    1e-6,
    -1e-6,
    9e-7,
    1e-7,
    5e-324,
    0.000001234,
    123456.000001,
    999999999,
    1e9,
    1e9 + 1,
    999999999999999,
    1e15,
    1e15 - 0.5,
    99999999999999.9,
    999999999.999999,
    2 ** 53,
    1e21,
    1e300,
    Number.MAX_VALUE,
    1 / 3,
    100.01,
    4.35,
    1.005,
  ];
  for (const value of edges) assertEquals(doubleOf(value), formatDouble(value));
});

Deno.test("whole numbers are written with all their digits and no others", () => {
  const out = new LineWriter();
  const write = (value: number) => {
    out.reserve(16);
    out.wholeNumber(value);
    return linesText(out.take());
  };
  for (let power = 1; power < 1e16; power *= 10) {
    for (const value of [power - 1, power, power + 1]) assertEquals(write(value), `${value}`);
  }
  fc.assert(fc.property(fc.maxSafeNat(), (value) => assertEquals(write(value), `${value}`)));
});

Deno.test("what is written comes out once, whole and in order, whatever its length", () => {
  const texts = fc.array(fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.nat(2 * LARGE_WRITER_BYTES).map((length) => "é€😀".repeat(length / 4)),
  ));
  fc.assert(
    fc.property(texts, texts, (first, second) => {
      const out = new LineWriter();
      for (const batch of [first, second]) {
        for (const text of batch) out.text(text);
        const whole = batch.join("");
        assertEquals(out.length, encoder.encode(whole).length);
        assertEquals(linesText(out.take()), whole);
        assertEquals(out.length, 0);
      }
    }),
    { numRuns: 50 },
  );
});

Deno.test("writers that are filled in turns do not see each other's bytes", () => {
  const writers = [new LineWriter(), new LineWriter(), new LineWriter()];
  for (let round = 0; round < 3; round++) {
    writers.forEach((out, index) => out.text(`writer ${index} `));
    writers[round]!.clear();
    writers.forEach((out) => out.text(`round ${round}`));
    writers.forEach((out, index) => {
      assertEquals(
        linesText(out.take()),
        `${index === round ? "" : `writer ${index} `}round ${round}`,
      );
    });
  }
});

Deno.test("a byte order mark is text like any other", () => {
  const out = new LineWriter();
  out.text("\uFEFF{}");
  assertEquals(linesText(out.take()), "\uFEFF{}");
});
