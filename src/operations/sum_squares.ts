/**
 * The exact sum a² + (a+1)² + … + b², by the closed form n(n+1)(2n+1)/6 in big integers, so that the cost
 * does not grow with the range but only with its number of digits.
 *
 * @throws {RangeError} If a > b or a < 0.
 */
export function sumSquares(a: bigint, b: bigint): bigint {
  if (a < 0n || a > b) throw new RangeError(`Cannot sum the squares of ${a}..${b}`);
  return a <= 1n ? upTo(b) : upTo(b) - upTo(a - 1n);
}

function upTo(n: bigint): bigint {
  return n * (n + 1n) * (2n * n + 1n) / 6n;
}
