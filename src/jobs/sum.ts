/**
 * A sum that is exact, whatever is added in whatever order.
 *
 * This runs beside the user's function: see primordials.ts.
 *
 * @module
 */

import { type Accumulator, nameOf, NoResultError } from "./accumulator.ts";
import { absolute, floor, isSafeInteger, parse, toBigInt, toNumber } from "./primordials.ts";
import { type NumberForm, ValueError, valueText } from "./values.ts";

const Doubles = Float64Array;
/** Parts that do not overlap: 2098 bits of a double's range, 53 in each, and one that is being added. */
const MAX_PARTS = 64;
const MAX_SAFE = 2 ** 53 - 1;
/** Parts below this do not overflow when they are added. */
const HUGE = 2 ** 1000;
/** Every double is a whole number of the smallest one, 2^-1074. */
const SCALE = 1074;
/** Beyond this no double can bring an integer back: what is kept of those is less than twice HUGE. */
const MAX_INTEGER = 2n ** 1025n;
/** Integers below this have a double that is nearest. */
const MAX_ROUNDED = 2n ** 600n;
/** Bits that are cut off one that is not below it. */
const CUT = 500;

/** A partial sum as it travels: integers, and beside them doubles whose exact sum is meant. */
interface SumLine {
  readonly i: string;
  readonly f?: readonly number[];
}

/**
 * A sum without any rounding before its end. Integers are added as such. Of the other numbers all that rounding
 * takes away is kept as further doubles, none overlapping another: Shewchuk, "Adaptive Precision
 * Floating-Point Arithmetic" (1997), as in Python's `math.fsum`. What could become too large for a double on the
 * way is an integer, and is added to those: only the sum itself must not be.
 */
export class Sum implements Accumulator {
  /** The integers: what is safe in a double, and what was carried out of it. */
  #small = 0;
  #large = 0n;
  /** Doubles of growing size; those from {@linkcode Sum.#count} on are free. Invariant: all are below HUGE. */
  readonly #parts = new Doubles(MAX_PARTS);
  #count = 0;
  /** Whether there was anything but integers: the sum is a double then. */
  #isDouble = false;

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
    this.#isDouble = true;
    for (let index = 0; index < f.length; index++) {
      const part = f[index]!;
      if (typeof part !== "number" || part - part !== 0) {
        throw new ValueError("this is no partial sum");
      }
      this.#addDouble(part);
    }
  }

  line(): string {
    const i = `${this.#integer}`;
    if (!this.#isDouble) return `{"i":"${i}"}`;
    let parts = "";
    for (let index = 0; index < this.#count; index++) {
      parts += (index === 0 ? "" : ",") + this.#parts[index]!;
    }
    return `{"i":"${i}","f":[${parts}]}`;
  }

  value(form?: NumberForm): string {
    if (!this.#isDouble) return `${this.#integer}`;
    const integer = this.#integer;
    // At once: rounding takes a time that is quadratic in the length of an integer.
    const isTooLarge = integer >= MAX_INTEGER || integer <= -MAX_INTEGER;
    const sum = isTooLarge ? Infinity : nearestDouble(this.#exact());
    if (sum - sum !== 0) throw new NoResultError("the sum is too large for a double");
    return valueText(sum, form);
  }

  get #integer(): bigint {
    return this.#large + toBigInt(this.#small);
  }

  #addDouble(value: number): void {
    this.#isDouble = true;
    if (absolute(value) >= HUGE) {
      this.#large += toBigInt(value);
      return;
    }
    const parts = this.#parts;
    let sum = value;
    let kept = 0;
    for (let index = 0; index < this.#count; index++) {
      const part = parts[index]!;
      const high = sum + part;
      const low = absolute(sum) < absolute(part) ? sum - (high - part) : part - (high - sum);
      if (low !== 0) parts[kept++] = low;
      sum = high;
    }
    if (absolute(sum) >= HUGE) this.#large += toBigInt(sum);
    else if (sum !== 0) parts[kept++] = sum;
    this.#count = kept;
  }

  /** The sum, times 2^{@linkcode SCALE}. */
  #exact(): bigint {
    let exact = this.#integer << toBigInt(SCALE);
    for (let index = 0; index < this.#count; index++) {
      let part = this.#parts[index]!;
      let shift = SCALE;
      // What is no integer is small: this is exact, and after two times it is one.
      while (floor(part) !== part) {
        part *= 2 ** (SCALE / 2);
        shift -= SCALE / 2;
      }
      exact += toBigInt(part) << toBigInt(shift);
    }
    return exact;
  }
}

/** The double that is nearest to `sum` / 2^{@linkcode SCALE}, of two the even one; infinite if it is too large. */
function nearestDouble(sum: bigint): number {
  let rest = sum;
  let exponent = -SCALE;
  while (rest >= MAX_ROUNDED || rest <= -MAX_ROUNDED) {
    const high = rest >> toBigInt(CUT);
    // Half way between two doubles, whether anything was cut off decides: this is one more bit.
    const isCut = high << toBigInt(CUT) !== rest;
    rest = high * 2n + (isCut ? 1n : 0n);
    exponent += CUT - 1;
  }
  // Rounded here, for what follows is exact: where the result is so small that it has fewer bits, so has `rest`.
  return toNumber(rest) * 2 ** exponent;
}
