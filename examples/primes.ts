/**
 * How many primes are there up to ten million? Among all machines of the room:
 *
 * ```sh
 * client map examples/primes.ts --range 1..10000000 --reduce sum
 * ```
 *
 * @module
 */

/** 1 for a prime and 0 for another number, so their sum is how many primes there are. */
export function map(n: number): number {
  checkSafe(n);
  if (n < 2) return 0;
  for (let divisor = 2; divisor * divisor <= n; divisor++) {
    if (n % divisor === 0) return 0;
  }
  return 1;
}

/**
 * The same for all numbers from `first` to `last` at once. A module need not have it; where there is one, and the
 * reduce allows it, it is called in the place of `map`. Many numbers at once can be done faster: this is the sieve
 * of Eratosthenes, block by block.
 */
export function mapRange(first: number, last: number): number {
  checkSafe(first);
  checkSafe(last);
  let primes = 0;
  for (let start = first; start <= last; start += BLOCK) {
    primes += primesIn(start, Math.min(start + BLOCK - 1, last));
  }
  return primes;
}

/** Integers beyond 2^53 - 1 come as bigints, which do not mix with numbers. */
function checkSafe(n: number): void {
  if (!Number.isSafeInteger(n)) {
    throw new RangeError(`primes.ts takes integers up to 2^53 - 1, not ${n}`);
  }
}

/** Numbers that are looked at together: what fits into a processor's cache. */
const BLOCK = 1_000_000;

function primesIn(first: number, last: number): number {
  const isCrossedOut = new Uint8Array(last - first + 1);
  for (let divisor = 2; divisor * divisor <= last; divisor++) {
    // Smaller multiples than its square have a smaller divisor, too.
    const multiple = Math.max(divisor * divisor, Math.ceil(first / divisor) * divisor);
    for (let n = multiple; n <= last; n += divisor) isCrossedOut[n - first] = 1;
  }
  let primes = 0;
  for (let n = Math.max(first, 2); n <= last; n++) {
    if (isCrossedOut[n - first] === 0) primes++;
  }
  return primes;
}
