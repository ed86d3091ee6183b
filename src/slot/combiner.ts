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
import { ACCUMULATOR_ROUNDING, LONG_ACCUMULATOR_CHARS, LONG_ACCUMULATOR_TRIES } from "../limits.ts";
import { INDEX } from "./shared.ts";
import { messageOf, oneLine, stackOf } from "./trouble.ts";
import { BrokenJobError, type UserModule } from "./user_module.ts";

const COMBINE_ADVICE = "export combine(a, b), which makes one accumulator of two";
const MAX_SHOWN_CHARS = 60;
/** Values that are needed to cut them in two ways, and as many as are taken. */
const MIN_CUT_VALUES = 3;
const MAX_CUT_VALUES = 6;

/** Combines accumulators, and sees whether the module's functions can. */
export class Combiner {
  readonly #module: UserModule;
  /** What messages call the module. */
  readonly #name: string;
  /** The words that both threads look at. */
  readonly #state: Int32Array;
  /** Long accumulators that were tried out. */
  #longTries = 0;
  /** Texts of values that a cut is tried on. None is added to it: what is not there, a prototype would be asked. */
  readonly #values = ["", "", "", "", "", ""];
  #valueCount = 0;
  /** Whether a cut is still to be tried. */
  #isCutWanted: boolean;

  /** Nothing has been tried out. */
  constructor(module: UserModule, name: string, state: Int32Array) {
    this.#module = module;
    this.#name = name;
    this.#state = state;
    this.#isCutWanted = this.#isReduce;
  }

  /**
   * One accumulator of two.
   *
   * @throws {BrokenJobError} If there is none, which is no single item's fault.
   */
  combine(
    one: unknown,
    other: unknown,
    call = this.#isReduce ? "reduce of accumulators" : "combine",
  ): unknown {
    const { combine } = this.#module;
    try {
      return settled(combine(one, other), "combine");
    } catch (error) {
      if (ValueError.is(error)) throw brokenJob(oneLine(error.message));
      const text = `${call} failed: ${messageOf(error, this.#name)}`;
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
    if (text.length > LONG_ACCUMULATOR_CHARS && this.#longTries++ >= LONG_ACCUMULATOR_TRIES) return;
    const { initial } = this.#module;
    const call = `${this.#isReduce ? "reduce" : "combine"}(${shown(initial)}, ${shown(text)})`;
    const index = this.#state[INDEX]!;
    // No item is to blame for the time that it takes.
    this.#state[INDEX] = -1;
    const made = accumulatorText(this.combine(parseMarked(initial), parseMarked(text), call));
    this.#state[INDEX] = index;
    if (made === text || isSame(made, text)) return;
    const advice = this.#isReduce ? COMBINE_ADVICE : "let initial be what changes no other";
    throw brokenJob(`${call} gives ${shown(made)}, not the accumulator again: ${advice}`);
  }

  /** The text of a value that a cut may be tried on, before reduce can change it; `undefined` if none is wanted. */
  sampled(value: unknown): string | undefined {
    if (!this.#isCutWanted || this.#valueCount === MAX_CUT_VALUES) return undefined;
    try {
      return markedText(value);
    } catch (error) {
      if (!ValueError.is(error)) throw error;
      // There is no copy of it.
      this.#isCutWanted = false;
      return undefined;
    }
  }

  /** The next value, or accumulator to merge, that a cut is tried on. */
  keep(text: string): void {
    if (!this.#isCutWanted || this.#valueCount === MAX_CUT_VALUES) return;
    if (text.length > LONG_ACCUMULATOR_CHARS) this.#isCutWanted = false;
    else this.#values[this.#valueCount++] = text;
  }

  /**
   * Reduces what was kept in one go, and cut in two: that `initial` changes no accumulator does not say that the
   * cuts change nothing, as `(a + v) / 2` shows, which takes the first value as it is. Once is enough.
   *
   * @throws {BrokenJobError} If it is not the same.
   */
  tryCut(): void {
    const count = this.#valueCount;
    this.#valueCount = 0;
    if (!this.#isCutWanted || count < MIN_CUT_VALUES) return;
    this.#isCutWanted = false;
    const index = this.#state[INDEX]!;
    // No item is to blame for the time that it takes.
    this.#state[INDEX] = -1;
    const middle = count >>> 1;
    const { initial } = this.#module;
    const one = this.#reduced(initial, 0, middle);
    const other = one === undefined ? one : this.#reduced(initial, middle, count);
    const whole = other === undefined ? other : this.#reduced(one!, middle, count);
    if (whole !== undefined) this.#compareCut(one!, other!, whole, count);
    this.#state[INDEX] = index;
  }

  /** Reduces copies of kept values; `undefined` if that throws, which is for the values themselves to say. */
  #reduced(from: string, start: number, end: number): string | undefined {
    const { reduce } = this.#module;
    try {
      let accumulator = parseMarked(from);
      for (let index = start; index < end; index++) {
        accumulator = reduce(accumulator, parseMarked(this.#values[index]!));
      }
      return markedText(accumulator);
    } catch {
      return undefined;
    }
  }

  #compareCut(one: string, other: string, whole: string, count: number): void {
    const made = accumulatorText(this.combine(parseMarked(one), parseMarked(other)));
    if (made === whole) return;
    // Large ones may have gone against each other, and what was rounded away of them is in the result.
    let largest = largestOf(parseMarked(one)) + largestOf(parseMarked(other));
    for (let index = 0; index < count; index++) {
      largest += largestOf(parseMarked(this.#values[index]!));
    }
    if (isSame(made, whole, largest)) return;
    const call = `reduce(${shown(one)}, ${shown(other)}) of two accumulators`;
    throw brokenJob(
      `${call} gives ${shown(made)}, and their values in one go ${shown(whole)}: ${COMBINE_ADVICE}`,
    );
  }

  /** Whether the module has nothing but its reduce for it. */
  get #isReduce(): boolean {
    return this.#module.combine === this.#module.reduce;
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

/**
 * Whether two texts are of the same accumulator, but for the order of members and for rounding, of numbers as large
 * as theirs or as `largest`.
 */
function isSame(one: string, other: string, largest = 0): boolean {
  const a = parseMarked(one);
  const b = parseMarked(other);
  // What is rounded away of a large number may stand beside it as a small one.
  return isNear(a, b, ACCUMULATOR_ROUNDING * (largest + largestOf(a) + largestOf(b)));
}

function isNear(one: unknown, other: unknown, most: number): boolean {
  if (typeof one === "number" && typeof other === "number") {
    return one === other || absolute(one - other) <= most;
  }
  if (typeof one === "number" || typeof one === "bigint") return one == other;
  if (!isObject(one) || !isObject(other) || isArray(one) !== isArray(other)) return one === other;
  const keys = keysOf(one);
  if (keys.length !== keysOf(other).length) return false;
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index]!;
    if (!isNear(one[key], other[key], most)) return false;
  }
  return true;
}

/** The largest finite number in a value, whatever its sign. */
function largestOf(value: unknown): number {
  if (typeof value === "number") return value - value === 0 ? absolute(value) : 0;
  if (!isObject(value)) return 0;
  let largest = 0;
  const keys = keysOf(value);
  for (let index = 0; index < keys.length; index++) {
    const inner = largestOf(value[keys[index]!]);
    if (inner > largest) largest = inner;
  }
  return largest;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
