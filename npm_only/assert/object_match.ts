import { assertEquals } from "./equals.ts";

/** An object of which only the keys count. */
type Loose = Record<PropertyKey, unknown>;

/**
 * Throws unless `actual` has everything that `expected` has, in depth. What it has beside that is
 * not looked at, neither in objects nor after the end of an array.
 */
export function assertObjectMatch(
  // deno-lint-ignore no-explicit-any -- the signature of the package that this stands for
  actual: Record<PropertyKey, any>,
  expected: Record<PropertyKey, unknown>,
  msg?: string,
): void {
  assertEquals(part(actual, expected), part(expected, expected), msg);
}

/** What is left of `value` when everything that `pattern` does not name is taken away. */
function part(value: unknown, pattern: unknown): unknown {
  if (Array.isArray(value) && Array.isArray(pattern)) {
    return value.slice(0, pattern.length).map((item, index) => part(item, pattern[index]));
  }
  if (!isRecord(value) || !isRecord(pattern)) return value;
  const kept: Loose = {};
  for (const key of Reflect.ownKeys(pattern)) {
    if (!Object.hasOwn(value, key)) continue;
    Object.defineProperty(kept, key, {
      value: part(value[key], pattern[key]),
      enumerable: true,
    });
  }
  return kept;
}

/** Objects that are compared by their keys; the others (dates, patterns, maps, …) count as a whole. */
function isRecord(value: unknown): value is Loose {
  if (typeof value !== "object" || value === null) return false;
  return Object.prototype.toString.call(value) === "[object Object]";
}
