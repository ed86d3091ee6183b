import { MAX_INTEGER_DIGITS } from "../limits.ts";
import { type WireError, wireError } from "./errors.ts";

/**
 * A finite double as the wire writes it: the shortest digits that read back to the same value, always
 * with a `.` or an exponent, because many languages tell floats from integers by that.
 */
export function formatDouble(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`Cannot write ${value} on the wire`);
  if (Object.is(value, -0)) return "-0.0";
  const text = String(value);
  if (Number.isInteger(value) && !text.includes("e")) return text + ".0";
  return text;
}

/** Room for a sign, a point and an exponent beside the digits. */
const MAX_SOURCE_CHARS = MAX_INTEGER_DIGITS + 24;

/** The parts of a JSON number: sign, whole digits, fraction digits, exponent. */
const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/**
 * The exact value of a JSON number's own text, if it is a whole number >= 0 of at most 1,000 digits.
 * `9.0` and `9e0` are accepted as long as the value is a safe integer: whoever writes a larger one that
 * way has most likely rounded it through a double before we see it.
 */
export function parseExactInteger(source: string, name: string): bigint | WireError {
  // Longer than this it is too long whatever it means, and the search below would take its time.
  if (source.length > MAX_SOURCE_CHARS) return wireError("integer_too_long", `"${name}"`);
  const match = NUMBER.exec(source);
  if (match === null) return wireError("bad_integer", `"${name}"`);
  const [, sign, whole = "", fraction = "", exponentText = "0"] = match;
  if (fraction === "" && match[4] === undefined) return plainInteger(sign === "-", whole, name);
  const significant = (whole + fraction).replace(/^0+/, "");
  if (significant === "") return 0n;
  const trimmed = significant.replace(/0+$/, "");
  const exponent = Number(exponentText) - fraction.length + significant.length - trimmed.length;
  if (sign === "-" || exponent < 0) return wireError("bad_integer", `"${name}"`);
  // 16 digits hold every safe integer; the check comes before the power is ever computed.
  if (trimmed.length + exponent > 16) return wireError("inexact_integer", `"${name}"`);
  const value = BigInt(trimmed) * 10n ** BigInt(exponent);
  return value <= BigInt(Number.MAX_SAFE_INTEGER)
    ? value
    : wireError("inexact_integer", `"${name}"`);
}

function plainInteger(negative: boolean, digits: string, name: string): bigint | WireError {
  if (digits.length > MAX_INTEGER_DIGITS) return wireError("integer_too_long", `"${name}"`);
  const value = BigInt(digits);
  return negative && value !== 0n ? wireError("bad_integer", `"${name}"`) : value;
}
