/** The middle of numbers, and the quarter points beside it. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/**
 * The value below which a share of the numbers lies, between two of them where it must be.
 *
 * @throws {RangeError} If there are no numbers.
 */
export function quantile(numbers: readonly number[], share: number): number {
  if (numbers.length === 0) throw new RangeError("Cannot take a quantile of no numbers");
  const sorted = numbers.toSorted((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)]!;
  const above = sorted[Math.ceil(place)]!;
  // Between infinities, or equal ones, there is nothing to divide.
  return below === above ? below : below + (above - below) * (place - Math.floor(place));
}

/** Median and quartiles. */
export function spreadOf(numbers: readonly number[]): Spread {
  return {
    median: quantile(numbers, 0.5),
    low: quantile(numbers, 0.25),
    high: quantile(numbers, 0.75),
  };
}

/**
 * The median of the ratios of numbers that were measured one right after the other. It stands even where the
 * machine itself was twice as fast in one minute as in the next.
 *
 * @throws {RangeError} If they are not as many.
 */
export function pairedRatio(numbers: readonly number[], bases: readonly number[]): number {
  if (numbers.length !== bases.length) {
    throw new RangeError(`Cannot pair ${numbers.length} numbers with ${bases.length}`);
  }
  return quantile(numbers.map((number, index) => number / bases[index]!), 0.5);
}
