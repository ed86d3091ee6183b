/**
 * Durations and sizes as people type them: `2`, `250ms`, `5m`; `1048576`, `64kB`, `1MiB`. In the code they
 * are whole milliseconds and whole bytes.
 *
 * @module
 */

import type { Conversion, Kind } from "./flags.ts";

/** Milliseconds in each unit; a bare number is seconds. */
const DURATION_UNITS: ReadonlyMap<string, bigint> = new Map([
  ["", 1000n],
  ["ms", 1n],
  ["s", 1000n],
  ["m", 60_000n],
  ["h", 3_600_000n],
]);

/** Bytes in each unit; a bare number is bytes. */
const SIZE_UNITS: ReadonlyMap<string, bigint> = new Map([
  ["", 1n],
  ["B", 1n],
  ["kB", 1000n],
  ["KB", 1000n],
  ["MB", 1_000_000n],
  ["GB", 1_000_000_000n],
  ["KiB", 1024n],
  ["kiB", 1024n],
  ["MiB", 1024n ** 2n],
  ["GiB", 1024n ** 3n],
]);

/** Whole digits, fraction digits, unit. */
const QUANTITY = /^(\d{1,20})?(?:\.(\d{1,20}))?([A-Za-z]*)$/;

/** What a quantity must lie between. */
export interface QuantityBounds {
  /** The smallest value accepted, in milliseconds or bytes. */
  readonly min: number;
  /** The largest value accepted, in milliseconds or bytes. */
  readonly max: number;
}

/** A duration in whole milliseconds. */
export function duration(bounds: QuantityBounds): Kind<number> {
  return {
    arity: "one",
    valueName: "TIME",
    valueHelp: "Seconds, or a number with its unit: 0.5, 250ms, 2s, 5m, 1h",
    expectedInConfig: 'a number of seconds or a text with a unit, such as "250ms"',
    readText: (text) =>
      readQuantity(text, DURATION_UNITS, bounds, {
        what: "a duration",
        examples: "2, 0.5, 250ms, 2s, 5m or 1h",
        smallestUnit: "ms",
      }),
    configToText: numberOrText,
  };
}

/** A size in whole bytes. */
export function size(bounds: QuantityBounds): Kind<number> {
  return {
    arity: "one",
    valueName: "SIZE",
    valueHelp: "Bytes, or a number with its unit: 1048576, 64kB, 64MB, 1MiB, 1GiB",
    expectedInConfig: 'a number of bytes or a text with a unit, such as "1MiB"',
    readText: (text) =>
      readQuantity(text, SIZE_UNITS, bounds, {
        what: "a size",
        examples: "1048576, 64kB, 64MB or 1MiB",
        smallestUnit: "bytes",
      }),
    configToText: numberOrText,
  };
}

/** How messages speak of a quantity. */
interface QuantityWords {
  readonly what: string;
  readonly examples: string;
  readonly smallestUnit: string;
}

function readQuantity(
  text: string,
  units: ReadonlyMap<string, bigint>,
  bounds: QuantityBounds,
  words: QuantityWords,
): Conversion<number> {
  const [, whole = "", fraction = "", unitName = ""] = QUANTITY.exec(text) ?? [];
  const unit = units.get(unitName);
  if (unit === undefined || whole + fraction === "") {
    return { problem: `is not ${words.what}: expected one such as ${words.examples}` };
  }
  // In integers, because 1.001 seconds would not be whole milliseconds in doubles.
  const scaled = BigInt(whole + fraction) * unit;
  const divisor = 10n ** BigInt(fraction.length);
  if (scaled % divisor !== 0n) {
    return { problem: `is not a whole number of ${words.smallestUnit}` };
  }
  const amount = scaled / divisor;
  if (amount < BigInt(bounds.min) || amount > BigInt(bounds.max)) {
    const { min, max } = bounds;
    const unitWord = words.smallestUnit;
    return { problem: `is out of range: expected from ${min} to ${max} ${unitWord}` };
  }
  return { value: Number(amount) };
}

function numberOrText(value: unknown): string | undefined {
  return typeof value === "number" || typeof value === "string" ? String(value) : undefined;
}
