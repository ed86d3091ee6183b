/**
 * What a program gives for a job, checked by the rules that servers and workers have: what passes here is refused
 * nowhere for its form.
 *
 * @module
 */

import { isArgs } from "../../jobs/args.ts";
import { BUILT_IN_REDUCES } from "../../jobs/module.ts";
import { shown } from "../../jobs/shown.ts";
import {
  MAX_ARGS_CHARS,
  MAX_INTEGER_DIGITS,
  MAX_RANGE_ITEMS,
  MAX_SEED,
  MAX_TIMEOUT_MS,
} from "../../limits.ts";
import { checkNames } from "../../protocol/checks.ts";
import { textOf } from "./item_pieces.ts";
import type { JobRange } from "./job.ts";
import type { MapItems, MapOptions, MapReduceOptions } from "./map_options.ts";

/** The items of a job that are numbers. */
type RangeItems = Extract<MapItems, { from: unknown }>;

/** The options that every job has; TypeScript sees to it that none is left out here. */
const MAP_OPTIONS = Object.keys(
  {
    args: 0,
    seed: 0,
    keepGoing: 0,
    onFailure: 0,
    onPrint: 0,
    itemTimeoutMs: 0,
    signal: 0,
  } satisfies Record<keyof MapOptions, 0>,
);

/**
 * Checks the options of a job: all that there are, or those of a `map`, which has no reduce.
 *
 * @throws {TypeError} If one is of the wrong type, or not among them.
 * @throws {RangeError} If one is out of its bounds.
 */
export function checkOptions(options: MapReduceOptions, which: "all" | "map"): void {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`Cannot use options ${kindOf(options)}: an object is expected`);
  }
  if (which === "map" && "reduce" in options) {
    throw new TypeError('Cannot use the option "reduce": mapReduce() takes it');
  }
  checkNames(options, which === "map" ? MAP_OPTIONS : [...MAP_OPTIONS, "reduce"]);
  const { seed, itemTimeoutMs, keepGoing, onFailure, onPrint, signal, reduce } = options;
  checkWhole("seed", seed, 0, MAX_SEED);
  checkWhole("itemTimeoutMs", itemTimeoutMs, 1, MAX_TIMEOUT_MS);
  checkType("keepGoing", keepGoing, "boolean");
  checkType("onFailure", onFailure, "function");
  checkType("onPrint", onPrint, "function");
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new TypeError(`Cannot use signal ${kindOf(signal)}: an AbortSignal is expected`);
  }
  if (reduce !== undefined && !BUILT_IN_REDUCES.includes(reduce)) {
    const names = BUILT_IN_REDUCES.join(", ");
    throw new RangeError(`Cannot reduce by ${shown(reduce)}: expected ${names}`);
  }
}

/**
 * The arguments of a job as JSON; nothing if there are none.
 *
 * @throws {TypeError} If JSON cannot say them.
 * @throws {RangeError} If they are too long.
 */
export function argsText({ args }: MapOptions): { args?: string } {
  if (args === undefined) return {};
  const text = textOf("Cannot use args", args);
  if (isArgs(text)) return { args: text };
  throw new RangeError(
    `Cannot use args: they are longer than ${MAX_ARGS_CHARS} characters as JSON`,
  );
}

/**
 * Whether items are numbers of a range; otherwise they can be iterated.
 *
 * @throws {TypeError} If they are neither.
 */
export function isRange(items: MapItems): items is RangeItems {
  const isObject = (typeof items === "object" || typeof items === "function") && items !== null;
  if (isObject && "from" in items && "to" in items) return true;
  if (isObject && (Symbol.iterator in items || Symbol.asyncIterator in items)) return false;
  // A text could be iterated, but hardly anybody means its characters.
  throw new TypeError(`Cannot map ${kindOf(items)}: give an iterable, or { from, to }`);
}

/**
 * The numbers of a range.
 *
 * @throws {TypeError} If an end is no number.
 * @throws {RangeError} If an end is not whole or too large, or there are too many between them.
 */
export function rangeOf({ from, to }: RangeItems): JobRange {
  const [first, last] = [endOf("from", from), endOf("to", to)];
  const count = last - first + 1n;
  if (count < 0n || count > BigInt(MAX_RANGE_ITEMS)) {
    throw new RangeError(`Cannot map ${from} to ${to}: there are no such numbers, or too many`);
  }
  return { first, count: Number(count) };
}

function endOf(name: string, value: unknown): bigint {
  if (typeof value !== "bigint" && typeof value !== "number") {
    throw new TypeError(`Cannot map ${name} ${shown(value)}: a number or bigint is expected`);
  }
  if (typeof value === "number" && !Number.isInteger(value)) {
    throw new RangeError(`Cannot map ${name} ${value}: it must be a whole number`);
  }
  const end = BigInt(value);
  const most = 10n ** BigInt(MAX_INTEGER_DIGITS);
  if (-most < end && end < most) return end;
  throw new RangeError(`Cannot map ${name} a number of more than ${MAX_INTEGER_DIGITS} digits`);
}

function checkWhole(name: string, value: unknown, min: number, max: number): void {
  if (value === undefined) return;
  const text = `Cannot use ${name} ${
    shown(value)
  }: it must be a whole number from ${min} to ${max}`;
  if (typeof value !== "number") throw new TypeError(text);
  if (!Number.isSafeInteger(value) || value < min || value > max) throw new RangeError(text);
}

function checkType(name: string, value: unknown, type: "boolean" | "function"): void {
  if (value === undefined || typeof value === type) return;
  throw new TypeError(`Cannot use ${name} ${kindOf(value)}: a ${type} is expected`);
}

/** What a value is, in an error. */
function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "object") return Array.isArray(value) ? "an array" : "an object";
  return `a ${typeof value}`;
}
