/**
 * What all built-in reduces have in common.
 *
 * This runs beside the user's function: see primordials.ts.
 *
 * @module
 */

import { isArray } from "./primordials.ts";
import type { NumberForm } from "./values.ts";

/** Values that become one. */
export interface Accumulator {
  /**
   * Adds a value of the function's.
   *
   * @param maxLength How long {@linkcode line} may become by it, in characters; by default it may be any length.
   * @returns Whether it was added: `false` if the line would be longer.
   * @throws {ValueError} If this reduce cannot take it; nothing has changed then.
   */
  add(value: unknown, maxLength?: number): boolean;
  /**
   * Adds what another one gave by {@linkcode line}.
   *
   * @throws {SyntaxError | ValueError} If it is no such line.
   */
  merge(line: string): void;
  /** All that was added, as one line of JSON without its newline. */
  line(): string;
  /**
   * The reduced value, as JSON whose numbers have this form.
   *
   * @throws {NoResultError} For `min` and `max` of nothing, and a sum that is too large for a double.
   */
  value(form?: NumberForm): string;
}

/** Thrown where there is no value: `min` and `max` of nothing, or a sum that is too large for a double. */
export class NoResultError extends Error {
  /** The error's class name. */
  override name = "NoResultError";
}

/** What a value is, for an error. */
export function nameOf(value: unknown): string {
  if (value === null) return "null";
  if (isArray(value)) return "an array";
  return typeof value === "object"
    ? "an object"
    : typeof value === "undefined"
    ? "undefined"
    : `a ${typeof value}`;
}
