/** One contiguous range of whole numbers, both ends included. */
export interface Range {
  readonly a: bigint;
  readonly b: bigint;
}

/**
 * Cuts 1..n into at most `parts` contiguous ranges, in order, whose sizes differ by at most one, the larger
 * first: 10 over 3 gives 1-4, 5-7, 8-10. If n is smaller than `parts` there are n ranges, and none for n = 0.
 *
 * @throws {RangeError} If n is negative or `parts` is not a whole number above 0.
 */
export function splitRange(n: bigint, parts: number): Range[] {
  if (n < 0n) throw new RangeError(`Cannot split 1..${n}`);
  if (!Number.isInteger(parts) || parts < 1) throw new RangeError(`Cannot split into ${parts}`);
  const count = n < BigInt(parts) ? Number(n) : parts;
  if (count === 0) return [];
  const size = n / BigInt(count);
  const larger = Number(n % BigInt(count));
  const ranges: Range[] = [];
  let a = 1n;
  for (let index = 0; index < count; index++) {
    const b = a + size - (index < larger ? 0n : 1n);
    ranges.push({ a, b });
    a = b + 1n;
  }
  return ranges;
}
