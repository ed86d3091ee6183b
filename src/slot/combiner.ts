/**
 * Makes one accumulator of two, by what the user's module has for it.
 *
 * This runs beside the user's function: see ../jobs/primordials.ts.
 *
 * @module
 */

import { markedText, parseMarked } from "../jobs/marked_json.ts";
import { absolute, isArray, keysOf, sliceText } from "../jobs/primordials.ts";
import { ValueError } from "../jobs/values.ts";
import {
  ACCUMULATOR_ROUNDING,
  ACCUMULATOR_TRIES,
  LONG_ACCUMULATOR_CHARS,
  LONG_ACCUMULATOR_TRIES,
} from "../limits.ts";
import { messageOf, oneLine, stackOf } from "./trouble.ts";
import { BrokenJobError, type UserModule } from "./user_module.ts";

const MAX_SHOWN_CHARS = 60;

/** Combines accumulators, and sees whether the module's functions can. */
export class Combiner {
  readonly #module: UserModule;
  /** What messages call the module. */
  readonly #name: string;
  #tries = 0;

  /** Nothing has been tried out. */
  constructor(module: UserModule, name: string) {
    this.#module = module;
    this.#name = name;
  }

  /**
   * One accumulator of two.
   *
   * @throws {BrokenJobError} If there is none, which is no single item's fault.
   */
  combine(one: unknown, other: unknown): unknown {
    const { combine, reduce } = this.#module;
    try {
      return settled(combine(one, other), "combine");
    } catch (error) {
      if (ValueError.is(error)) throw brokenJob(oneLine(error.message));
      const what = combine === reduce ? "reduce of accumulators" : "combine";
      const text = `${what} failed: ${messageOf(error, this.#name)}`;
      throw brokenJob(text, stackOf(error, this.#name));
    }
  }

  /**
   * Tries an accumulator out: combined with that of nothing it must stay what it is. If it does not, the result
   * depends on where the input was cut, which nobody would see.
   *
   * @throws {BrokenJobError} If it does not.
   */
  tryOut(text: string): void {
    const tries = text.length > LONG_ACCUMULATOR_CHARS ? LONG_ACCUMULATOR_TRIES : ACCUMULATOR_TRIES;
    if (this.#tries >= tries) return;
    this.#tries++;
    const { combine, reduce, initial } = this.#module;
    const made = this.combine(parseMarked(initial), parseMarked(text));
    const madeText = accumulatorText(made);
    if (madeText === text || isSame(parseMarked(madeText), parseMarked(text))) return;
    const isReduce = combine === reduce;
    const call = `${isReduce ? "reduce" : "combine"}(${shown(initial)}, ${shown(text)})`;
    const advice = isReduce
      ? "export combine(a, b), which makes one accumulator of two"
      : "let initial be what changes no other";
    throw brokenJob(
      `${call} gives ${shown(madeText)}, not the accumulator again: ${advice}`,
    );
  }
}

/**
 * What a reduce gave.
 *
 * @throws {ValueError} If it has to be waited for, which the next call could not do.
 */
export function settled(accumulator: unknown, name: string): unknown {
  if (!isObject(accumulator) || typeof accumulator.then !== "function") return accumulator;
  throw new ValueError(`${name} must not be async`);
}

/**
 * An accumulator as it travels.
 *
 * @throws {BrokenJobError} If it cannot, which is no single item's fault.
 */
export function accumulatorText(accumulator: unknown): string {
  try {
    return markedText(accumulator);
  } catch (error) {
    if (!ValueError.is(error)) throw error;
    throw brokenJob(`the accumulator of reduce cannot be handed on: ${error.message}`);
  }
}

function brokenJob(error: string, stack = ""): BrokenJobError {
  return new BrokenJobError({ cause: "bad_job", error, stack, item: "" });
}

function shown(text: string): string {
  return text.length <= MAX_SHOWN_CHARS ? text : sliceText(text, 0, MAX_SHOWN_CHARS - 1) + "…";
}

/** Whether two values of JSON are the same, but for rounding and the order of members. */
function isSame(one: unknown, other: unknown): boolean {
  if (typeof one === "number" && typeof other === "number") {
    const most = absolute(one) > absolute(other) ? absolute(one) : absolute(other);
    return one === other || absolute(one - other) <= ACCUMULATOR_ROUNDING * most;
  }
  if (typeof one === "number" || typeof one === "bigint") return one == other;
  if (!isObject(one) || !isObject(other) || isArray(one) !== isArray(other)) return one === other;
  const keys = keysOf(one);
  if (keys.length !== keysOf(other).length) return false;
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index]!;
    if (!isSame(one[key], other[key])) return false;
  }
  return true;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
