/**
 * Operands as they are typed: doubles for the four basic operations, exact integers of up to 1,000 digits
 * for sums of squares.
 *
 * @module
 */

import { MAX_INTEGER_DIGITS } from "../limits.ts";
import { parseExactInteger } from "../protocol/numbers.ts";
import type { Conversion, Kind } from "./flags.ts";

/** A JSON number, or one with a leading `+` or a leading point: no hexadecimal, no `Infinity`. */
const DECIMAL = /^[+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?$/;

/** A finite double. */
export const decimal: Kind<number> = {
  arity: "one",
  valueName: "NUMBER",
  expectedInConfig: "a number",
  readText(text) {
    if (!DECIMAL.test(text)) {
      return { problem: "is not a number: expected one such as 10, -3, 0.5 or 1e9" };
    }
    const value = Number(text);
    return Number.isFinite(value)
      ? { value }
      : { problem: "is too large: expected a number between -1.8e308 and 1.8e308" };
  },
  configToText: (value) => typeof value === "number" ? String(value) : undefined,
};

/** An exact whole number of at least 0, with up to 1,000 digits. */
export const exactInteger: Kind<bigint> = {
  arity: "one",
  valueName: "INTEGER",
  expectedInConfig: "a whole number, or a text of digits if it is large",
  readText: readExactInteger,
  // A double beyond the safe integers has lost digits already; as a text it keeps them all.
  configToText(value) {
    if (typeof value === "string") return value;
    if (typeof value !== "number") return undefined;
    return Number.isInteger(value) && !Number.isSafeInteger(value) ? undefined : String(value);
  },
};

function readExactInteger(text: string): Conversion<bigint> {
  const outcome = parseExactInteger(text.replace(/^\+(?=\d)/, ""), "n");
  if (typeof outcome === "bigint") return { value: outcome };
  switch (outcome.code) {
    case "integer_too_long":
      return { problem: `has more than ${MAX_INTEGER_DIGITS} digits` };
    case "inexact_integer":
      return { problem: "is too large for a point or an exponent: expected its digits alone" };
    default:
      return { problem: "is not a whole number of at least 0" };
  }
}
