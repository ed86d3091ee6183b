import { inspect } from "node:util";
import { AssertionError, suffix } from "./assertion_error.ts";

/** Throws unless `actual > expected`. `msg` takes the place of the whole message. */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual > expected)) throwOrder(actual, ">", expected, msg);
}

/** Throws unless `actual >= expected`. `msg` takes the place of the whole message. */
export function assertGreaterOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual >= expected)) throwOrder(actual, ">=", expected, msg);
}

/** Throws unless `actual < expected`. `msg` takes the place of the whole message. */
export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual < expected)) throwOrder(actual, "<", expected, msg);
}

/** Throws unless `actual <= expected`. `msg` takes the place of the whole message. */
export function assertLessOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual <= expected)) throwOrder(actual, "<=", expected, msg);
}

function throwOrder(actual: unknown, sign: string, expected: unknown, msg?: string): never {
  throw new AssertionError(msg ?? `Expect ${inspect(actual)} ${sign} ${inspect(expected)}`);
}

/** How far apart two numbers may be when the caller does not say: one part in ten million. */
const RELATIVE_TOLERANCE = 1e-7;

/**
 * Throws if two numbers are further apart than `tolerance`.
 *
 * @param tolerance The greatest difference allowed. By default a ten-millionth of `expected`.
 */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance: number = Number.isFinite(expected)
    ? Math.abs(expected) * RELATIVE_TOLERANCE
    : RELATIVE_TOLERANCE,
  msg?: string,
): void {
  if (Object.is(actual, expected)) return;
  const distance = Math.abs(expected - actual);
  if (distance <= tolerance) return;
  throw new AssertionError(
    `Expected ${actual} to be close to ${expected}: ` +
      `the distance ${distance} is greater than ${tolerance}${suffix(msg)}`,
  );
}
