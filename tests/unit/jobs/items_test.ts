import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { InputError, ItemReader, parseExactly } from "../../../src/jobs/items.ts";

const encoder = new TextEncoder();

/** All items of some lines; `null` in the place of those that are no JSON. */
function read(lines: readonly string[], end = "\n"): unknown[] {
  const reader = new ItemReader();
  reader.begin(encoder.encode(lines.join("\n") + end));
  return lines.map(() => {
    try {
      return [reader.next()];
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      return null;
    }
  });
}

/** What {@linkcode read} should give. */
function expected(lines: readonly string[]): unknown[] {
  return lines.map((line) => {
    try {
      return [parseExactly(line)];
    } catch {
      return null;
    }
  });
}

/** Numbers as people write them, of all lengths, and some that are none. */
const numberLines = fc.oneof(
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.bigInt().map(String),
  fc.stringMatching(/^-?[0-9]{0,20}(\.[0-9]{0,20})?$/),
);
const lines = fc.array(fc.oneof(
  { weight: 3, arbitrary: numberLines },
  { weight: 1, arbitrary: fc.json() },
  { weight: 1, arbitrary: fc.string().map((text) => text.replaceAll("\n", " ")) },
));

Deno.test("ItemReader gives what parseExactly() gives for each line", () => {
  fc.assert(
    fc.property(lines, (all) => {
      if (all.length === 0) return;
      assertEquals(read(all), expected(all));
      assertEquals(read(all, ""), expected(all));
    }),
    { numRuns: 500 },
  );
});

Deno.test("ItemReader reads decimals to the nearest double", () => {
  fc.assert(fc.property(fc.stringMatching(/^-?[1-9][0-9]{0,9}\.[0-9]{1,8}$/), (line) => {
    assertEquals(read([line]), [[Number(line)]]);
  }));
});

Deno.test("ItemReader gives integers beyond the safe ones as bigints, and only those", () => {
  const all = [
    "9007199254740991",
    "9007199254740992",
    "-9007199254740993",
    '[{"a":1e20}]',
    "1e400",
  ];
  assertEquals(read(all).slice(0, 4), [
    [9007199254740991],
    [9007199254740992n],
    [-9007199254740993n],
    [[{ a: 1e20 }]],
  ]);
  assertEquals(read(["0.1234567890123456789", '"12345678901234567890"']), [
    [0.1234567890123456789],
    ["12345678901234567890"],
  ]);
  assertEquals(Object.is((read(["-0"])[0] as number[])[0], -0), true);
});

Deno.test("ItemReader fails a line with a number that no double holds, and reads the others", () => {
  const large = ["1e400", "-1e400", "1E+309", '{"a":[1,1e999]}', "123456789012345e300"];
  const others = ["7", "1e308", '"1e400"', "1e-400"];
  for (const lines of [large, [...others.slice(0, 4), ...large], [...large, "9".repeat(400)]]) {
    const reader = new ItemReader();
    reader.begin(new TextEncoder().encode(lines.join("\n") + "\n"));
    for (const line of lines) {
      if (!large.includes(line)) assertEquals(reader.next(), parseExactly(line));
      else assertThrows(() => reader.next(), InputError, "no double holds ");
    }
  }
  assertThrows(() => parseExactly("9".repeat(400) + ".5"), InputError, "no double holds 99999");
});

Deno.test("ItemReader fails a line that is not UTF-8, and reads the others", () => {
  const reader = new ItemReader();
  reader.begin(
    Uint8Array.of(0x31, 0x0a, 0x22, 0xc3, 0x22, 0x0a, 0x22, 0xc3, 0xb1, 0x22, 0x0a, 0x37),
  );
  assertEquals(reader.next(), 1);
  assertThrows(() => reader.next(), InputError, "not UTF-8");
  assertEquals(reader.lineText(10), "");
  assertEquals([reader.next(), reader.next()], ["ñ", 7]);
  assertEquals(reader.lineText(10), "7");
});

Deno.test("ItemReader knows the line that it read last, cut to what is wanted", () => {
  const reader = new ItemReader();
  reader.begin(encoder.encode('12\n"abcdef"\n{oops}\n'));
  reader.next();
  assertEquals(reader.lineText(10), "12");
  reader.next();
  assertEquals(reader.lineText(4), '"abc');
  assertThrows(() => reader.next(), InputError, "the line is no JSON");
  assertEquals(reader.lineText(100), "{oops}");
});
