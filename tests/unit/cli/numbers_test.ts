import { assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { decimal, exactInteger } from "../../../src/cli/numbers.ts";
import { read } from "./support.ts";

Deno.test("decimal reads what JSON reads, and a leading plus or point", () => {
  const cases: readonly (readonly [string, number])[] = [
    ["10", 10],
    ["-3", -3],
    ["+3", 3],
    [".5", 0.5],
    ["-.5", -0.5],
    ["+.5e1", 5],
    ["1e9", 1e9],
    ["-1e9", -1e9],
    ["1E+9", 1e9],
    ["1e-400", 0],
    ["007", 7],
    ["0.1", 0.1],
    ["1.7976931348623157e308", Number.MAX_VALUE],
  ];
  for (const [text, expected] of cases) assertEquals(read(decimal, text), expected, text);
});

Deno.test("decimal keeps the sign of zero", () => {
  assertEquals(Object.is(read(decimal, "-0"), -0), true);
  assertEquals(Object.is(read(decimal, "0"), 0), true);
});

Deno.test("decimal refuses hexadecimal, words, spaces and what overflows", () => {
  const texts = [
    ...["", " ", "0x10", "0b1", "0o7", "Infinity", "-Infinity", "NaN", "1_000", "1,5", "1n"],
    ...["5.", ".", "e5", "1e", "1e+", "--3", "+-3", " 3", "3 ", "3\n", "٣"],
  ];
  for (const text of texts) {
    assertStringIncludes(String(read(decimal, text)), "is not a number", JSON.stringify(text));
  }
  for (const text of ["1e309", "-1e309", "9".repeat(400)]) {
    assertStringIncludes(String(read(decimal, text)), "is too large", text);
  }
});

Deno.test("decimal reads back every finite double", () => {
  fc.assert(fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
    const text = Object.is(value, -0) ? "-0" : String(value);
    assertEquals(Object.is(read(decimal, text), value), true, text);
  }));
});

Deno.test("exactInteger reads up to 1,000 digits without rounding", () => {
  const thousand = "9".repeat(1000);
  assertEquals(read(exactInteger, thousand), BigInt(thousand));
  assertEquals(read(exactInteger, "1000000000000000000000"), 10n ** 21n);
  for (const text of ["9", "+9", "9.0", "9e0", "0.9e1", "009"]) {
    assertEquals(read(exactInteger, text), 9n, text);
  }
  for (const text of ["0", "-0", "0.0"]) assertEquals(read(exactInteger, text), 0n, text);
});

Deno.test("exactInteger refuses what is negative, fractional, too long or rounded", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["-1", "at least 0"],
    ["1.5", "at least 0"],
    ["1e-1", "at least 0"],
    ["", "at least 0"],
    ["+", "at least 0"],
    ["+-1", "at least 0"],
    ["0x10", "at least 0"],
    ["9n", "at least 0"],
    ["1,000", "at least 0"],
    ["Infinity", "at least 0"],
    ["9".repeat(1001), "more than 1000 digits"],
    ["1e21", "digits alone"],
    ["9007199254740993.0", "digits alone"],
    ["1e999999999", "digits alone"],
  ];
  for (const [text, part] of cases) {
    assertStringIncludes(String(read(exactInteger, text)), part, text);
  }
});

Deno.test("in a config file, a large n is a text and not a rounded number", () => {
  assertEquals(exactInteger.configToText(9), "9");
  assertEquals(exactInteger.configToText(1.5), "1.5");
  assertEquals(exactInteger.configToText("1000000000000000000000"), "1000000000000000000000");
  assertEquals(exactInteger.configToText(1e21), undefined);
  assertEquals(exactInteger.configToText(2 ** 53), undefined);
  assertEquals(exactInteger.configToText(true), undefined);
  assertEquals(decimal.configToText("10"), undefined);
  assertEquals(decimal.configToText(-0.5), "-0.5");
});
