/**
 * The flags of `client map`, and the kinds of values that only they have.
 *
 * @module
 */

import { BUILT_IN_REDUCES } from "../jobs/module.ts";
import { parseJson } from "../protocol/json.ts";
import {
  MAX_ARGS_CHARS,
  MAX_INTEGER_DIGITS,
  MAX_RANGE_ITEMS,
  MAX_SEED,
  MAX_TIMEOUT_MS,
} from "../limits.ts";
import type { Conversion, FlagTable, Kind } from "./flags.ts";
import { choice, path, toggle, wholeNumber } from "./kinds.ts";
import { duration } from "./quantities.ts";

/** The whole numbers from `first` to `last`, both included. */
export interface RangeValue {
  readonly first: bigint;
  readonly count: number;
}

const END = `([+-]?\\d{1,${MAX_INTEGER_DIGITS}})`;
const RANGE = new RegExp(`^${END}\\.\\.${END}$`);

/** A range of whole numbers, both ends included. */
export const range: Kind<RangeValue> = {
  arity: "one",
  valueName: "A..B",
  expectedInConfig: 'a text such as "1..1000"',
  readText: readRange,
  configToText: (value) => typeof value === "string" ? value : undefined,
};

function readRange(text: string): Conversion<RangeValue> {
  const [, from = "", to = ""] = RANGE.exec(text) ?? [];
  if (from === "") return { problem: "is not a range: expected two whole numbers as in 1..1000" };
  const [first, last] = [from, to].map((digits) => BigInt(digits.replace(/^\+/, "")));
  if (first! > last!) return { problem: "is empty: its second number is smaller than its first" };
  const count = last! - first! + 1n;
  if (count > BigInt(MAX_RANGE_ITEMS)) {
    return { problem: `is too long: expected at most ${MAX_RANGE_ITEMS} numbers` };
  }
  return { value: { first: first!, count: Number(count) } };
}

/** Any JSON; the value is its text. */
export const json: Kind<string> = {
  arity: "one",
  valueName: "JSON",
  expectedInConfig: "any value",
  readText(text) {
    if (text.length > MAX_ARGS_CHARS) {
      return { problem: `is too long: expected at most ${MAX_ARGS_CHARS} characters` };
    }
    // A text that is no JSON gives undefined, which no JSON does.
    return parseJson(text) === undefined
      ? { problem: 'is not JSON: expected a value such as 3, "text" or \'{"scale":2}\'' }
      : { value: text.trim().replaceAll(/[\r\n]+/g, " ") };
  },
  configToText: (value) => JSON.stringify(value),
};

/** The flags of `client map`, beside `--input` and `--output`. */
export const MAP_ONLY_FLAGS = {
  "range": { kind: range, help: "Items of map: the whole numbers from A to B, both included" },
  "reduce": {
    kind: choice(BUILT_IN_REDUCES, "NAME"),
    help: "What map makes of all values: sum, count, min, max or concat",
  },
  "args": { kind: json, help: "What the function of map finds in context.args" },
  "seed": {
    kind: wholeNumber({ min: 0, max: MAX_SEED }),
    default: "0",
    help: "Seed of context.random in map",
  },
  "keep-going": {
    kind: toggle,
    default: "false",
    help: "Let map go on after an item that fails",
  },
  "errors": { kind: path, help: "Where map --keep-going writes what failed (default: stderr)" },
  "resume": {
    kind: path,
    help: "Log of a map that may be interrupted: the same command goes on from it",
  },
  "progress": {
    kind: toggle,
    default: "false",
    help: "Show how far map is even where stderr is no terminal",
  },
  "item-timeout": {
    kind: duration({ min: 1, max: MAX_TIMEOUT_MS }),
    help: "Time that one item of map may take (default: any)",
  },
  "here": {
    kind: toggle,
    default: "false",
    help: "Run map on this machine alone, without a server",
  },
} as const satisfies FlagTable;

/** The flags that belong to `map`. */
export const MAP_FLAGS: readonly string[] = ["input", "output", ...Object.keys(MAP_ONLY_FLAGS)];

/** What `--help` says of modules. */
export const MAP_NOTES: readonly string[] = [
  "FILE is one module, in JavaScript or TypeScript, that imports nothing:",
  "",
  "  export function map(item, context) { return item * item; }",
  "",
  "map may be async. context has args, position, signal and random(). If there is",
  "a function setup(context), it is called once in each slot. With --range and a",
  "reduce other than count and concat, mapRange(first, last, context) may take",
  "the place of map: one value for the numbers from first to last. There it is",
  "random(position), which is context.position for first.",
  "",
  "Instead of --reduce, the module may have one of its own: a function",
  "reduce(accumulator, value), and in initial what that begins with. Each machine",
  "reduces its share, then the accumulators are merged: by combine(a, b), or",
  "without it by reduce, which must then accept an accumulator as its value. One",
  "that is combined with initial must stay what it is. This reduce accepts none,",
  "so it needs combine:",
  "",
  "  export const initial = { count: 0, sum: 0 };",
  "  export function reduce({ count, sum }, value) {",
  "    return { count: count + 1, sum: sum + value };",
  "  }",
  "  export function combine(a, b) {",
  "    return { count: a.count + b.count, sum: a.sum + b.sum };",
  "  }",
];
