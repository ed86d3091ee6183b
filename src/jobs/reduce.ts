/**
 * The built-in reduces. A slot adds values and hands on one line for all of them; whoever collects merges such
 * lines in the order of the input. Neither the result nor its last digit depends on where the input was cut.
 *
 * This runs beside the user's function: see primordials.ts.
 *
 * @module
 */

import { type Accumulator, nameOf, NoResultError } from "./accumulator.ts";
import { parseExactly } from "./items.ts";
import type { BuiltInReduce } from "./module.ts";
import { isArray, isLonger, isSafeInteger, parse, sliceText } from "./primordials.ts";
import { MAX_VALUE_BYTES } from "../limits.ts";
import { Sum } from "./sum.ts";
import { AS_JSON, type NumberForm, TOLD_APART, ValueError, valueText } from "./values.ts";

/** An accumulator of nothing; what it keeps as JSON has numbers of this form. */
export function accumulatorOf(reduce: BuiltInReduce, form: NumberForm = AS_JSON): Accumulator {
  switch (reduce) {
    case "sum":
      return new Sum();
    case "count":
      return new Count();
    case "min":
    case "max":
      return new Extreme(reduce);
    case "concat":
      return new Concat(form);
  }
}

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
    // It comes back as what it is, number or bigint.
    return this.#best === undefined ? "{}" : `{"v":${valueText(this.#best, TOLD_APART)}}`;
  }

  value(form?: NumberForm): string {
    if (this.#best === undefined) {
      throw new NoResultError(`there is no ${this.#which} of nothing`);
    }
    return valueText(this.#best, form);
  }
}

/** One array of all values; a value that is an array itself gives its elements. */
class Concat implements Accumulator {
  /** The elements as JSON, with commas between them. */
  #elements = "";
  readonly #form: NumberForm;

  constructor(form: NumberForm) {
    this.#form = form;
  }

  add(value: unknown, maxLength = Infinity): boolean {
    const text = valueText(value, this.#form);
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
