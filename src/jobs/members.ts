/**
 * What members of messages can be, whoever reads them.
 *
 * @module
 */

import { MAX_TEXT_CHARS } from "../limits.ts";
import type { FailureCause } from "./messages.ts";

const CAUSES: readonly unknown[] = ["error", "value", "input", "memory", "time", "crash"];

/** Whether a value is a whole number from `min` to `max`. */
export function isWhole(
  value: unknown,
  min = 0,
  max: number = Number.MAX_SAFE_INTEGER,
): value is number {
  return Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;
}

/** Whether a value says why an item has no value. */
export function isCause(value: unknown): value is FailureCause {
  return CAUSES.includes(value);
}

/** A text, cut to what is passed on; what is no text is nothing. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value.slice(0, MAX_TEXT_CHARS) : undefined;
}
