import { AssertionError, suffix } from "./assertion_error.ts";

/** Throws unless `expr` is truthy, with `msg` as it stands. */
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg);
}

/** Throws always: for a place that a test must not reach. */
export function fail(msg?: string): never {
  throw new AssertionError(`Failed assertion${suffix(msg)}`);
}

/** Throws always: for a branch that the types or the logic rule out. */
export function unreachable(msg?: string): never {
  throw new AssertionError(`Unreachable${suffix(msg)}`);
}

/** Throws if `actual` is `null` or `undefined`. */
export function assertExists<T>(actual: T, msg?: string): asserts actual is NonNullable<T> {
  if (actual !== undefined && actual !== null) return;
  throw new AssertionError(`Expected a value, found "${actual}"${suffix(msg)}`);
}

/** A class that can stand on the right of `instanceof`, abstract ones included. */
// deno-lint-ignore no-explicit-any -- only `any[]` accepts the parameters of every class
export type AnyClass<T = any> = abstract new (...args: any[]) => T;

/** Throws unless `actual instanceof expectedType`. */
export function assertInstanceOf<T extends AnyClass>(
  actual: unknown,
  expectedType: T,
  msg = "",
): asserts actual is InstanceType<T> {
  if (actual instanceof expectedType) return;
  throw new AssertionError(
    `Expected an instance of "${expectedType.name}", found "${kindOf(actual)}"${suffix(msg)}`,
  );
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (typeof value !== "object") return typeof value;
  return value.constructor?.name ?? "Object";
}
