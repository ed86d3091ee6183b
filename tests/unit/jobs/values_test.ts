import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import fc from "fast-check";
import { parseExactly } from "../../../src/jobs/items.ts";
import { ValueError, valueText } from "../../../src/jobs/values.ts";
import { MAX_VALUE_BYTES } from "../../../src/limits.ts";

/** Values that JSON can say, bigints among them. */
const values = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    fc.bigInt(),
    fc.string({ unit: "binary" }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value")),
    fc.dictionary(fc.string(), tie("value")),
  ),
})).value;

Deno.test("valueText() is what JSON.stringify writes, with bigints as integers", () => {
  fc.assert(fc.property(values, (value) => {
    // deno-lint-ignore no-explicit-any -- TypeScript's library lacks rawJSON
    const { rawJSON } = JSON as any;
    const exactly = (_: string, one: unknown) =>
      typeof one === "bigint" ? rawJSON(String(one)) : one;
    assertEquals(valueText(value), JSON.stringify(value, exactly));
  }));
});

Deno.test("valueText() and parseExactly() keep every integer", () => {
  fc.assert(fc.property(fc.bigInt(), (value) => {
    const back = parseExactly(valueText([value]));
    const isSafe = BigInt.asIntN(53, value) === value || value === -(2n ** 53n) + 1n;
    assertEquals(BigInt((back as (number | bigint)[])[0]!), value);
    if (isSafe && value > -(2n ** 53n)) assertEquals(typeof (back as unknown[])[0], "number");
  }));
});

Deno.test("valueText() writes what toJSON gives, and null where it was meant", () => {
  assertEquals(valueText(new Date(0)), '"1970-01-01T00:00:00.000Z"');
  assertEquals(valueText(null), "null");
  assertEquals(valueText({ a: null, b: "null", c: undefined }), '{"a":null,"b":"null"}');
  assertEquals(valueText(-0), "0");
  assertEquals(valueText("\u2028\ud800"), '"\u2028\\ud800"');
});

Deno.test("valueText() refuses what JSON cannot say, wherever it stands", () => {
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  const refused = [
    ...[NaN, Infinity, -Infinity, undefined, () => 1, Symbol("s"), cycle],
    ...[[NaN], { a: [Infinity] }, [undefined], [() => 1], [1n, cycle], { toJSON: () => NaN }],
    { toJSON: () => undefined },
  ];
  for (const value of refused) assertThrows(() => valueText(value), ValueError);
});

Deno.test("valueText() names what JSON.stringify says nothing of, wherever it stands", () => {
  class Table extends Map {}
  const noData = [
    ...([[new Map([[1, 2]]), "a Map"], [new Table(), "a Map"], [new Set([1]), "a Set"]] as const),
    ...([[/x/, "a RegExp"], [new WeakMap(), "a WeakMap"], [new WeakSet(), "a WeakSet"]] as const),
    ...([[new Uint8Array(0), "a typed array"], [Float64Array.of(1), "a typed array"]] as const),
    ...([[BigInt64Array.of(1n), "a typed array"], [new ArrayBuffer(2), "an ArrayBuffer"]] as const),
    ...([[new RangeError("x"), "an Error"], [[1].values(), "an iterator"]] as const),
    ...([[Object.assign(new Error("x"), { code: 1 }), "an Error"]] as const),
    ...([[Promise.resolve(1), "a Promise"], [(async function* () {})(), "an async iter"]] as const),
  ] as const;
  for (const [value, name] of noData) {
    assertThrows(() => valueText(value), ValueError, `the value is ${name}`);
  }
  for (const [value, name] of noData.slice(0, 10)) {
    assertThrows(
      () => valueText({ a: [1, { b: value }] }),
      ValueError,
      `"b" in the value is ${name}`,
    );
  }
  assertThrows(() => valueText(new Map()), ValueError, "which is no data: return [...map]");
  assertThrows(() => valueText(undefined), ValueError, "no data (is a return missing?)");
  class Point {}
  const plain = { a: {}, 0: [{}], c: new Point(), d: Object.create(null), e: "{}null", f: null };
  assertEquals(valueText(plain), JSON.stringify(plain));
  assertEquals(valueText({ 0: 1, 1: 2 }), '{"0":1,"1":2}');
  const told = Object.assign(new Map([[1, 2]]), { toJSON: () => [[1, 2]] });
  assertEquals(valueText(told), "[[1,2]]");
});

Deno.test("valueText() says in one line why something cannot be written", () => {
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  const { message } = assertThrows(() => valueText(cycle), ValueError);
  assertMatch(message, /circular structure to JSON --> starting at .* --- property 'self'/);
});

Deno.test("valueText() refuses what is longer than a value may be", () => {
  const text = "x".repeat(MAX_VALUE_BYTES - 2);
  assertEquals(valueText(text).length, MAX_VALUE_BYTES);
  for (const value of [text + "x", [text], [1n, text]]) {
    assertThrows(() => valueText(value), ValueError, "longer than");
  }
});
