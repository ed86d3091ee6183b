/**
 * The built-in reduces. A slot adds values and hands on one line for all of them; whoever collects merges such
 * lines in the order of the input. Neither the result nor its last digit depends on where the input was cut,
 * except that a sum of doubles which on its way becomes too large for one fails: where it does depends on the cuts.
 *
 * This runs beside the user's function: see primordials.ts.
 *
 * @module
 */

import {
  absolute,
  isArray,
  isLonger,
  isSafeInteger,
  parse,
  PlainError,
  sliceText,
  toBigInt,
  toNumber,
} from "./primordials.ts";
import { parseExactly } from "./items.ts";
import type { JobReduce } from "./messages.ts";
import { MAX_VALUE_BYTES } from "../limits.ts";
import { ValueError, valueText } from "./values.ts";

/** The reduces that need no code of the user's. */
export type BuiltInReduce = Exclude<JobReduce, "own" | null>;

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
   * The reduced value, as JSON.
   *
   * @throws {EmptyReduceError} For `min` and `max` of nothing.
   */
  value(): string;
}

/** Thrown where nothing has no value: `min` and `max` of no items. */
export class EmptyReduceError extends PlainError {
  /** The error's class name. */
  override name = "EmptyReduceError";
}

/** An accumulator of nothing. */
export function accumulatorOf(reduce: BuiltInReduce): Accumulator {
  switch (reduce) {
    case "sum":
      return new Sum();
    case "count":
      return new Count();
    case "min":
    case "max":
      return new Extreme(reduce);
    case "concat":
      return new Concat();
  }
}

/** A partial sum as it travels: the integers, and beside them doubles whose exact sum is meant. */
interface SumLine {
  readonly i: string;
  readonly f?: readonly number[];
}

/**
 * A sum without any rounding on its way. Integers are added as such. Of the other numbers all that rounding
 * takes away is kept as further doubles, none overlapping another: Shewchuk, "Adaptive Precision
 * Floating-Point Arithmetic" (1997), as in Python's `math.fsum`.
 */
class Sum implements Accumulator {
  /** The integers: what is safe in a double, and what was carried out of it. */
  #small = 0;
  #large = 0n;
  /** Doubles of growing size; those from {@linkcode Sum.#count} on are free. */
  readonly #parts = new Float64Array(MAX_PARTS);
  #count = 0;
  #hasParts = false;

  add(value: unknown): boolean {
    if (typeof value === "number") {
      if (isSafeInteger(value)) {
        const sum = this.#small + value;
        if (absolute(sum) <= MAX_SAFE) this.#small = sum;
        else {
          this.#large += toBigInt(this.#small);
          this.#small = value;
        }
      } else if (value - value === 0) this.#addDouble(value);
      else throw new ValueError(`the value is ${value}, which has no sum`);
    } else if (typeof value === "bigint") this.#large += value;
    else throw new ValueError(`sum takes numbers, and the value is ${nameOf(value)}`);
    return true;
  }

  merge(line: string): void {
    const { i, f } = parse(line) as Partial<SumLine>;
    if (typeof i !== "string") throw new ValueError("this is no partial sum");
    this.#large += toBigInt(i);
    if (f === undefined) return;
    this.#hasParts = true;
    for (let index = 0; index < f.length; index++) this.#addDouble(f[index]!);
  }

  line(): string {
    const i = `${this.#integer()}`;
    if (!this.#hasParts) return `{"i":"${i}"}`;
    let parts = "";
    for (let index = 0; index < this.#count; index++) {
      parts += (index === 0 ? "" : ",") + this.#parts[index]!;
    }
    return `{"i":"${i}","f":[${parts}]}`;
  }

  value(): string {
    if (!this.#hasParts) return `${this.#integer()}`;
    // The integer goes in as doubles, too: each takes its first 53 bits.
    let rest = this.#integer();
    while (rest !== 0n) {
      const part = toNumber(rest);
      if (part - part !== 0) throw new ValueError("the sum is too large for a double");
      this.#addDouble(part);
      rest -= toBigInt(part);
    }
    this.#small = 0;
    this.#large = 0n;
    return valueText(this.#rounded());
  }

  #integer(): bigint {
    return this.#large + toBigInt(this.#small);
  }

  #addDouble(value: number): void {
    const parts = this.#parts;
    const whole = value + (this.#count > 0 ? parts[this.#count - 1]! : 0);
    if (whole - whole !== 0) throw new ValueError("the sum is too large for a double");
    this.#hasParts = true;
    let sum = value;
    let kept = 0;
    for (let index = 0; index < this.#count; index++) {
      const part = parts[index]!;
      const high = sum + part;
      const low = absolute(sum) < absolute(part) ? sum - (high - part) : part - (high - sum);
      if (low !== 0) parts[kept++] = low;
      sum = high;
    }
    if (sum !== 0) parts[kept++] = sum;
    this.#count = kept;
  }

  /** The double that is nearest to the exact sum of the parts. */
  #rounded(): number {
    const parts = this.#parts;
    let index = this.#count - 1;
    if (index < 0) return 0;
    let sum = parts[index--]!;
    let low = 0;
    while (index >= 0) {
      const before = sum;
      const part = parts[index--]!;
      sum = before + part;
      low = part - (sum - before);
      if (low !== 0) break;
    }
    // Half way between two doubles, what comes after decides.
    if (index >= 0 && ((low < 0 && parts[index]! < 0) || (low > 0 && parts[index]! > 0))) {
      const twice = low * 2;
      const further = sum + twice;
      if (further - sum === twice) sum = further;
    }
    return sum;
  }
}

/** Parts that do not overlap: 2098 bits of a double's range, 53 in each, and one that is being added. */
const MAX_PARTS = 64;
const MAX_SAFE = 2 ** 53 - 1;

class Count implements Accumulator {
  #count = 0;

  add(): boolean {
    this.#count++;
    return true;
  }

  merge(line: string): void {
    const count = parse(line);
    if (!isSafeInteger(count)) throw new ValueError("this is no partial count");
    this.#count += count;
  }

  line(): string {
    return `${this.#count}`;
  }

  value(): string {
    return `${this.#count}`;
  }
}

class Extreme implements Accumulator {
  readonly #which: "min" | "max";
  #best: number | bigint | undefined;

  constructor(which: "min" | "max") {
    this.#which = which;
  }

  add(value: unknown): boolean {
    // Not even one that would not be the result: whether it is depends on where the input was cut.
    const isNumber = typeof value === "bigint" ||
      (typeof value === "number" && value - value === 0);
    if (!isNumber) {
      const name = typeof value === "number" ? `${value}` : nameOf(value);
      throw new ValueError(`${this.#which} takes finite numbers, and the value is ${name}`);
    }
    const best = this.#best;
    if (best === undefined || (this.#which === "min" ? value < best : value > best)) {
      this.#best = value;
    }
    return true;
  }

  merge(line: string): void {
    const partial = parseExactly(line) as { v?: unknown } | null;
    if (typeof partial !== "object" || partial === null) {
      throw new ValueError(`this is no partial ${this.#which}`);
    }
    if (partial.v !== undefined) this.add(partial.v);
  }

  line(): string {
    return this.#best === undefined ? "{}" : `{"v":${valueText(this.#best)}}`;
  }

  value(): string {
    if (this.#best === undefined) {
      throw new EmptyReduceError(`there is no ${this.#which} of nothing`);
    }
    return valueText(this.#best);
  }
}

/** One array of all values; a value that is an array itself gives its elements. */
class Concat implements Accumulator {
  /** The elements as JSON, with commas between them. */
  #elements = "";

  add(value: unknown, maxLength = Infinity): boolean {
    const text = valueText(value);
    const elements = isArray(value) ? sliceText(text, 1, -1) : text;
    if (isLonger(elements, MAX_VALUE_BYTES - 2)) {
      throw new ValueError(`the value is longer than ${MAX_VALUE_BYTES} bytes`);
    }
    // A comma, and two brackets.
    if (this.#elements.length + elements.length + 3 > maxLength) return false;
    this.#append(elements);
    return true;
  }

  merge(line: string): void {
    if (line[0] !== "[" || line[line.length - 1] !== "]") {
      throw new ValueError("this is no partial concat");
    }
    this.#append(sliceText(line, 1, -1));
  }

  line(): string {
    return `[${this.#elements}]`;
  }

  value(): string {
    return this.line();
  }

  #append(elements: string): void {
    if (elements === "") return;
    this.#elements += this.#elements === "" ? elements : "," + elements;
  }
}

/** What a value is, for an error. */
function nameOf(value: unknown): string {
  if (value === null) return "null";
  if (isArray(value)) return "an array";
  return typeof value === "object"
    ? "an object"
    : typeof value === "undefined"
    ? "undefined"
    : `a ${typeof value}`;
}
