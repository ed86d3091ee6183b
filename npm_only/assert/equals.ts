import nodeAssert from "node:assert/strict";
import { inspect, isDeepStrictEqual } from "node:util";
import { AssertionError, suffix } from "./assertion_error.ts";
import { withoutSignsOfZero } from "./signed_zero.ts";

/** Throws unless the two are equal in depth; `0` and `-0` count as equal, and so does `NaN` with itself. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  if (equal(actual, expected)) return;
  throw new AssertionError(
    `Values are not equal${suffix(msg)}\n${difference(actual, expected)}`,
  );
}

/** Throws if the two are equal in depth. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  if (!equal(actual, expected)) return;
  throw new AssertionError(
    `Expected actual: ${inspect(actual)} not to be: ${inspect(expected)}${suffix(msg)}`,
  );
}

/** Throws unless the two are the same value (`Object.is`, which tells `0` from `-0`). */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is T {
  if (Object.is(actual, expected)) return;
  throw new AssertionError(
    `Values are not strictly equal${suffix(msg)}\n${difference(actual, expected)}`,
  );
}

function equal(actual: unknown, expected: unknown): boolean {
  // Most comparisons succeed at once, so the copies are made only where the strict one fails.
  return isDeepStrictEqual(actual, expected) ||
    isDeepStrictEqual(withoutSignsOfZero(actual), withoutSignsOfZero(expected));
}

/** Node's own account of how two values differ, line by line. */
function difference(actual: unknown, expected: unknown): string {
  try {
    nodeAssert.deepEqual(actual, expected);
  } catch (error) {
    if (error instanceof Error) return error.message;
  }
  return `${inspect(actual)} and ${inspect(expected)} are two objects with the same content`;
}
