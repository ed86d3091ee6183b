import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { markedText, parseMarked, unmarkedText } from "../../../src/jobs/marked_json.ts";
import { parseExactly } from "../../../src/jobs/items.ts";
import { TOLD_APART, valueText } from "../../../src/jobs/values.ts";

const values = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    // JSON has no negative zero.
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0 || 0),
    fc.integer({ min: 2 ** 53, max: Number.MAX_SAFE_INTEGER + 2 ** 40 }),
    fc.bigInt(),
    fc.constantFrom("E0", '"', "\\", '5E0"', "\\E0"),
    fc.string({ unit: "binary" }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value")),
    fc.dictionary(fc.string(), tie("value"), { noNullPrototype: true }),
  ),
})).value;

Deno.test("marked JSON gives back numbers as numbers and bigints as bigints, and without marks it is JSON", () => {
  fc.assert(fc.property(values, (value) => {
    const text = markedText(value);
    assertEquals(parseMarked(text), value);
    assertEquals(unmarkedText(text), valueText(value));
  }));
});

/** What a program is given of a value: safe integers are numbers. */
function told(value: unknown): unknown {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (Array.isArray(value)) return value.map(told);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, told(part)]));
}

Deno.test("numbers that are told apart from bigints are numbers again, at any size", () => {
  fc.assert(fc.property(values, (value) => {
    assertEquals(parseExactly(valueText(value, TOLD_APART)), told(value));
  }));
  for (const value of [2 ** 53, -(2 ** 60), 123456789012345680000, 1e21, 1e300, 9007199254740991]) {
    assertEquals(parseExactly(valueText(value, TOLD_APART)), value);
    assertEquals(parseExactly(valueText({ a: [value] }, TOLD_APART)), { a: [value] });
    assertEquals(valueText([value]), JSON.stringify([value]));
  }
});

Deno.test("marked JSON says what is infinite, and JSON does not", () => {
  for (const value of [Infinity, [1n, -Infinity], { min: Infinity, max: [-Infinity, 3] }]) {
    const text = markedText(value);
    assertEquals(parseMarked(text), value);
    assertThrows(() => unmarkedText(text), TypeError, "infinite");
  }
  assertEquals(unmarkedText('["1E999",1]'), '["1E999",1]');
  for (const value of [NaN, [NaN]]) assertThrows(() => markedText(value), TypeError, "NaN");
});

Deno.test("what is no JSON comes out of unmarkedText() all the same", () => {
  for (const text of ['5E0"abc', '"\\', '5E0"\\']) {
    assertEquals(unmarkedText(text), text.replace(/^5E0/, "5"));
  }
});
