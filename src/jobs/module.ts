/**
 * What a user's module must export, and how it is called then.
 *
 * @module
 */

import type { JobCall, JobInput, JobReduce } from "./messages.ts";

/** The name of a reduce that needs no code of the user's. */
export type BuiltInReduce = "sum" | "count" | "min" | "max" | "concat";

/** The reduces that need no code of the user's. */
export const BUILT_IN_REDUCES: readonly BuiltInReduce[] = ["sum", "count", "min", "max", "concat"];

/** What a module is wanted for. */
export interface ModuleWish {
  /** What it is given. */
  readonly input: JobInput;
  /**
   * The reduce that was asked for by name, or `null` for every value by itself; without either, the module's own
   * is used if it has one.
   */
  readonly reduce?: BuiltInReduce | null | undefined;
}

/** How a module is called. */
export interface ModuleUse {
  /** Which of its functions. */
  readonly call: JobCall;
  /** What becomes of its values. */
  readonly reduce: JobReduce;
}

/** Why a module cannot be used; completes a sentence that begins with its name. */
export interface ModuleProblem {
  readonly problem: string;
}

/** How a module with these exports is called, or why it cannot be. */
export function useOf(exports: readonly string[], wish: ModuleWish): ModuleUse | ModuleProblem {
  const has = (name: string) => exports.includes(name);
  if (wish.reduce === undefined && has("reduce") && !has("initial")) {
    return {
      problem: 'it exports "reduce" but not "initial": add the value that reduce begins with, ' +
        "for example: export const initial = 0",
    };
  }
  if (wish.reduce === undefined && has("combine") && !has("reduce")) {
    return { problem: 'it exports "combine" but not "reduce", which combine would belong to' };
  }
  const own = has("reduce") ? "own" : null;
  const reduce = wish.reduce === undefined ? own : wish.reduce;
  // Only where one value may stand for a whole stretch of the range.
  const isStretch = reduce !== null && reduce !== "count" && reduce !== "concat";
  if (wish.input === "range" && isStretch && has("mapRange")) return { call: "mapRange", reduce };
  if (has("map")) return { call: "map", reduce };
  return { problem: has("mapRange") ? onlyStretches(wish, reduce) : withoutMap(exports) };
}

function onlyStretches({ input }: ModuleWish, reduce: JobReduce): string {
  if (input === "items") {
    return 'it exports "mapRange" but not "map", which items need: mapRange is for --range';
  }
  const why = reduce === null ? "there is no reduce" : `the reduce is ${reduce}`;
  return `it exports "mapRange" but not "map", and ${why}: one value for a whole stretch needs ` +
    "sum, min, max or a reduce of its own";
}

/** What helps a module without the function that is called for each item. */
export const ADD_MAP = "add export function map(item, context) { ... }";

function withoutMap(exports: readonly string[]): string {
  const instead = exports.includes("default")
    ? ' (its function is the default export: give it the name "map")'
    : "";
  return `it does not export "map"${instead}: ${ADD_MAP}`;
}
