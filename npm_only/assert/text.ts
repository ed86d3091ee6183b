import { AssertionError, suffix } from "./assertion_error.ts";

/** Throws unless `expected` matches `actual`. */
export function assertMatch(actual: string, expected: RegExp, msg?: string): void {
  if (expected.test(actual)) return;
  throw new AssertionError(`Expected "${actual}" to match ${expected}${suffix(msg)}`);
}

/** Throws unless `actual` has `expected` in it. */
export function assertStringIncludes(actual: string, expected: string, msg?: string): void {
  if (actual.includes(expected)) return;
  throw new AssertionError(`Expected "${actual}" to contain "${expected}"${suffix(msg)}`);
}
