import { stripVTControlCharacters } from "node:util";
import { AssertionError, suffix } from "./assertion_error.ts";
import type { AnyClass } from "./basic.ts";

/** What a caller of `assertThrows` or `assertRejects` expects of the error. */
interface Expectation {
  readonly errorClass: AnyClass<Error> | undefined;
  readonly includes: string | undefined;
  readonly msg: string | undefined;
}

/** Throws unless `fn` throws. Gives back what it threw. */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/** Throws unless `fn` throws an `ErrorClass` whose message includes `msgIncludes`. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass: AnyClass<E>,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows(
  fn: () => unknown,
  classOrMsg?: AnyClass<Error> | string,
  includesOrMsg?: string,
  msg?: string,
): unknown {
  const expected = expectation(classOrMsg, includesOrMsg, msg);
  try {
    fn();
  } catch (error) {
    check(error, expected);
    return error;
  }
  throw new AssertionError(`Expected function to throw${suffix(expected.msg)}`);
}

/** Throws unless `fn` gives a promise that is rejected. Gives back the reason. */
export function assertRejects(fn: () => PromiseLike<unknown>, msg?: string): Promise<unknown>;
/** Throws unless `fn` gives a promise rejected with an `ErrorClass` that says `msgIncludes`. */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: AnyClass<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects(
  fn: () => PromiseLike<unknown>,
  classOrMsg?: AnyClass<Error> | string,
  includesOrMsg?: string,
  msg?: string,
): Promise<unknown> {
  const expected = expectation(classOrMsg, includesOrMsg, msg);
  const promise = startedBy(fn, expected);
  try {
    await promise;
  } catch (error) {
    check(error, expected);
    return error;
  }
  throw new AssertionError(`Expected function to reject${suffix(expected.msg)}`);
}

/** A function that throws before it gives a promise, or gives none, does not reject. */
function startedBy(fn: () => PromiseLike<unknown>, expected: Expectation): PromiseLike<unknown> {
  let promise: PromiseLike<unknown> | undefined;
  try {
    promise = fn();
  } catch (error) {
    throw new AssertionError(
      `Function throws when expected to reject${suffix(expected.msg)}`,
      { cause: error },
    );
  }
  if (typeof promise === "object" && typeof promise?.then === "function") return promise;
  throw new AssertionError(`Function throws when expected to reject${suffix(expected.msg)}`);
}

/** Sorts out the two ways of calling: with a message alone, or with a class in front. */
function expectation(
  classOrMsg: AnyClass<Error> | string | undefined,
  includesOrMsg: string | undefined,
  msg: string | undefined,
): Expectation {
  return typeof classOrMsg === "string"
    ? { errorClass: undefined, includes: undefined, msg: classOrMsg }
    : { errorClass: classOrMsg, includes: includesOrMsg, msg };
}

function check(error: unknown, { errorClass, includes, msg }: Expectation): void {
  if (errorClass === undefined) return;
  if (!(error instanceof Error)) {
    throw new AssertionError(`A non-Error object was thrown${suffix(msg)}`, { cause: error });
  }
  if (!(error instanceof errorClass)) {
    throw new AssertionError(
      `Expected error to be instance of "${errorClass.name}", ` +
        `but was "${nameOfClass(error)}"${suffix(msg)}`,
      { cause: error },
    );
  }
  if (includes === undefined) return;
  // Colours in a message say nothing about its text.
  const text = stripVTControlCharacters(error.message);
  if (text.includes(stripVTControlCharacters(includes))) return;
  throw new AssertionError(
    `Expected error message to include ${JSON.stringify(includes)}, ` +
      `but got ${JSON.stringify(error.message)}${suffix(msg)}`,
    { cause: error },
  );
}

function nameOfClass(error: object): string {
  return error.constructor.name;
}
