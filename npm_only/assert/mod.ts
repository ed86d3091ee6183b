/**
 * The assertions of `@std/assert` that this project uses, over Node's own comparisons.
 *
 * Signatures and verdicts are those of the real package; the texts of failures are not.
 *
 * @module
 */
export { AssertionError } from "./assertion_error.ts";
export { assert, assertExists, assertInstanceOf, fail, unreachable } from "./basic.ts";
export { assertEquals, assertNotEquals, assertStrictEquals } from "./equals.ts";
export { assertObjectMatch } from "./object_match.ts";
export {
  assertAlmostEquals,
  assertGreater,
  assertGreaterOrEqual,
  assertLess,
  assertLessOrEqual,
} from "./order.ts";
export { assertMatch, assertStringIncludes } from "./text.ts";
export { assertRejects, assertThrows } from "./throws.ts";
