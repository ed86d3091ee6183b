/**
 * What a function returned, as the JSON that goes over the wire. Integers are exact at any size; what JSON
 * cannot say is refused rather than written as `null`.
 *
 * This runs beside the user's function: see primordials.ts.
 *
 * @module
 */

import { MAX_VALUE_BYTES } from "../limits.ts";
import {
  execPattern,
  includes,
  indexOfText,
  isArray,
  isLonger,
  isPrototypeOf,
  PlainTypeError,
  prototypeOf,
  rawJson,
  sliceText,
  stringify,
  toExponential,
} from "./primordials.ts";

/** Thrown for a value that JSON cannot say, or that is too long. */
export class ValueError extends PlainTypeError {
  /** The error's class name. */
  override name = "ValueError";
  readonly #isOurs = true;

  /** Whether a value is one: `instanceof` would ask what a function can replace. */
  static is(value: unknown): value is ValueError {
    return typeof value === "object" && value !== null && #isOurs in value;
  }
}

/** A number that is too large for a double. */
export const BEYOND = "1E999";
/** How numbers are written. */
export interface NumberForm {
  /** What stands behind the digits of a bigint; where something does, numbers may be infinite. */
  readonly bigMark: string;
  /** Whether numbers beyond the safe ones have an exponent: digits alone are a bigint then. */
  readonly hasExponents: boolean;
}

/** As `JSON.stringify` writes them, and bigints as the integers that they are. */
export const AS_JSON: NumberForm = { bigMark: "", hasExponents: false };
/** So that `parseExactly` gives numbers as numbers. */
export const TOLD_APART: NumberForm = { bigMark: "", hasExponents: true };

const MAX_SAFE = 2 ** 53 - 1;
/** From here on `JSON.stringify` writes an exponent itself. */
const MIN_EXPONENT = 1e21;
/** What a number must have to be beyond the safe ones and without exponent. */
const MANY_DIGITS = /\d{16}/;
const PLAIN = Object.prototype;
const LIST = Array.prototype;
const ERROR = Error.prototype;
const ASYNC_ITERATOR = Symbol.asyncIterator;
/** What JSON.stringify says `{}` of, or an object of its indexes: prototype, name, and what to return instead. */
const NO_DATA: readonly { kind: unknown; name: string; hint: string }[] = [
  { kind: Map.prototype, name: "a Map", hint: ": return [...map]" },
  { kind: Set.prototype, name: "a Set", hint: ": return [...set]" },
  { kind: prototypeOf(Uint8Array.prototype), name: "a typed array", hint: ": return [...array]" },
  { kind: ERROR, name: "an Error", hint: ": throw it, or return its message" },
  { kind: Promise.prototype, name: "a Promise", hint: ": await it" },
  { kind: RegExp.prototype, name: "a RegExp", hint: ": return its source" },
  { kind: Iterator.prototype, name: "an iterator", hint: ": return [...iterator]" },
  {
    kind: ArrayBuffer.prototype,
    name: "an ArrayBuffer",
    hint: ": return [...new Uint8Array(buffer)]",
  },
  { kind: SharedArrayBuffer.prototype, name: "a SharedArrayBuffer", hint: "" },
  { kind: DataView.prototype, name: "a DataView", hint: "" },
  { kind: WeakMap.prototype, name: "a WeakMap", hint: "" },
  { kind: WeakSet.prototype, name: "a WeakSet", hint: "" },
];

/**
 * The JSON of a value: as `JSON.stringify` writes it, and bigints as the integers that they are, wherever they
 * stand.
 *
 * @throws {ValueError} If there is none: it is or holds a number that is not finite, it has or leaves a place
 *   in an array for what is no data (`undefined`, a function, a symbol), it is or holds what JSON.stringify
 *   would say nothing of (a Map, a typed array), it refers to itself, it is too long.
 */
export function valueText(value: unknown, form: NumberForm = AS_JSON): string {
  const { bigMark } = form;
  if (typeof value === "number") {
    if (value - value === 0) {
      if (form.hasExponents && isBeyond(value)) return toExponential(value);
      return value === 0 ? "0" : `${value}`;
    }
    if (bigMark !== "" && value === value) return infinityText(value);
    throw new ValueError(`the value is ${value}, which JSON cannot say`);
  }
  if (typeof value === "bigint") return checkedLength(`${value}${bigMark}`);
  let text: string | undefined;
  try {
    text = stringify(value);
  } catch {
    // A bigint within it, or something that it cannot say: the slower way knows which.
    return checkedLength(exactText(value, form));
  }
  if (text === undefined) throw noData(value);
  checkedLength(text);
  // Only a text with one of these in it may have lost something.
  const isSuspicious = includes(text, "null") || includes(text, "{}") || includes(text, '{"0":') ||
    (form.hasExponents && execPattern(MANY_DIGITS, text) !== null) || isPrototypeOf(ERROR, value);
  return isSuspicious && value !== null ? checkedLength(exactText(value, form)) : text;
}

/** Whether a number is an integer that is not safe, and has no exponent in JSON. */
export function isBeyond(value: number): boolean {
  return (value > MAX_SAFE || value < -MAX_SAFE) && value < MIN_EXPONENT && value > -MIN_EXPONENT;
}

function exactText(value: unknown, { bigMark, hasExponents }: NumberForm): string {
  let text: string | undefined;
  try {
    text = stringify(value, function (this: unknown, key: string, part: unknown): unknown {
      if (typeof part === "bigint") return rawJson(`${part}${bigMark}`);
      if (typeof part === "number" && part === part) {
        if (bigMark !== "" && part - part !== 0) return rawJson(infinityText(part));
        if (hasExponents && isBeyond(part)) return rawJson(toExponential(part));
      }
      return checked(this, key, part);
    });
  } catch (error) {
    if (ValueError.is(error)) throw error;
    throw new ValueError(`the value cannot be written as JSON: ${messageOf(error)}`);
  }
  if (text === undefined) throw noData(value);
  return text;
}

/** JSON whose value is infinite: no double is as large. */
function infinityText(value: number): string {
  return value > 0 ? BEYOND : `-${BEYOND}`;
}

/** A part of a value as it is; what would become `null`, or nothing, is refused. */
function checked(owner: unknown, key: string, value: unknown): unknown {
  switch (typeof value) {
    case "number":
      if (value - value === 0) return value;
      throw new ValueError(`${placeOf(key)} is ${value}, which JSON cannot say`);
    case "undefined":
    case "function":
    case "symbol":
      if (isArray(owner)) {
        throw new ValueError(`${placeOf(key)} is ${kindOf(value)}, which is no data`);
      }
      break;
    case "object":
      refuseNoData(key, value);
  }
  return value;
}

function refuseNoData(key: string, value: unknown): void {
  if (value === null) return;
  const prototype = prototypeOf(value);
  if (prototype === PLAIN || prototype === LIST) return;
  for (let index = 0; index < NO_DATA.length; index++) {
    const { kind, name, hint } = NO_DATA[index]!;
    if (!isPrototypeOf(kind, value)) continue;
    throw new ValueError(`${placeOf(key)} is ${name}, which is no data${hint}`);
  }
  if (ASYNC_ITERATOR in (value as object)) {
    throw new ValueError(placeOf(key) + " is an async iterator, which is no data");
  }
}

/** Where in a value something is; the value itself has an empty key. */
function placeOf(key: string): string {
  return key === "" ? "the value" : `"${key}" in the value`;
}

function checkedLength(text: string): string {
  if (!isLonger(text, MAX_VALUE_BYTES)) return text;
  throw new ValueError(`the value is longer than ${MAX_VALUE_BYTES} bytes`);
}

function noData(value: unknown): ValueError {
  const hint = value === undefined ? " (is a return missing?)" : "";
  return new ValueError(`the value is ${kindOf(value)}, which is no data${hint}`);
}

function kindOf(value: unknown): string {
  const kind = typeof value;
  if (kind === "undefined") return "undefined";
  return kind === "object" ? "an object without JSON" : `a ${kind}`;
}

/** The message of what was thrown, which may be anything, in one line. */
function messageOf(error: unknown): string {
  try {
    return oneLine(`${(error as { message: unknown }).message}`);
  } catch {
    return "it throws";
  }
}

/** A text whose line ends, and the spaces that follow them, are one space each. */
function oneLine(text: string): string {
  let line = "";
  let start = 0;
  for (let end = indexOfText(text, "\n"); end >= 0; end = indexOfText(text, "\n", start)) {
    line += sliceText(text, start, end) + " ";
    start = end + 1;
    while (text[start] === " ") start++;
  }
  return line + sliceText(text, start);
}
