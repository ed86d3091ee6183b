import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import fc from "fast-check";
import { formatDouble } from "../../../src/protocol/numbers.ts";

/** What every double on the wire looks like: a JSON number that no language takes for an integer. */
const LOOKS_LIKE_A_FLOAT = /^-?(?:0|[1-9]\d*)(?:\.\d+(?:e[+-]\d+)?|e[+-]\d+)$/;

Deno.test("formatDouble() always writes a point or an exponent", () => {
  const cases: readonly (readonly [number, string])[] = [
    [15, "15.0"],
    [0, "0.0"],
    [-0, "-0.0"],
    [-1, "-1.0"],
    [0.1, "0.1"],
    [1e300, "1e+300"],
    [1e20, "100000000000000000000.0"],
    [1e21, "1e+21"],
    [1.5e21, "1.5e+21"],
    [2 ** 53, "9007199254740992.0"],
    [1e-6, "0.000001"],
    [1e-7, "1e-7"],
    [5e-324, "5e-324"],
    [-Number.MAX_VALUE, "-1.7976931348623157e+308"],
    [1 / 3, "0.3333333333333333"],
  ];
  for (const [value, expected] of cases) assertEquals(formatDouble(value), expected);
});

Deno.test("formatDouble() refuses what no JSON number is", () => {
  for (const value of [NaN, Infinity, -Infinity]) {
    assertThrows(() => formatDouble(value), RangeError);
  }
});

function assertReadBack(value: number): void {
  const text = formatDouble(value);
  assertMatch(text, LOOKS_LIKE_A_FLOAT);
  assert(Object.is(JSON.parse(text), value), `${text} is read back as ${JSON.parse(text)}`);
}

Deno.test("formatDouble() is read back equal, for every double", () => {
  fc.assert(fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), assertReadBack));
  const bits = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  fc.assert(
    fc.property(bits, (pattern) => {
      const value = new Float64Array(BigUint64Array.of(pattern).buffer)[0]!;
      if (Number.isFinite(value)) assertReadBack(value);
    }),
    { numRuns: 2000 },
  );
  for (let exponent = -1074; exponent < 1024; exponent++) assertReadBack(2 ** exponent);
});
