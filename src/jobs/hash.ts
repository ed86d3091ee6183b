/**
 * A 64-bit hash of bytes: two lanes of MurmurHash3 (Austin Appleby) with different seeds and constants. It finds
 * what changed by accident, and keeps nobody out who wants to deceive.
 *
 * @module
 */

/** Where the two halves of a hash are put. */
export interface Hash {
  high: number;
  low: number;
}

/** Hashes `bytes[start..end)`, beginning from another hash. */
export function hashInto(hash: Hash, bytes: Uint8Array, start: number, end: number): void {
  let a = hash.high ^ (end - start);
  let b = hash.low ^ 0x9747b28c;
  let index = start;
  for (const stop = end - 3; index < stop; index += 4) {
    const word = bytes[index]! | bytes[index + 1]! << 8 | bytes[index + 2]! << 16 |
      bytes[index + 3]! << 24;
    a = lane(a, word, 0xcc9e2d51, 0x1b873593);
    b = lane(b, word, 0x239b961b, 0xab0e9789);
  }
  let tail = 0;
  for (let shift = 0; index < end; index++, shift += 8) tail |= bytes[index]! << shift;
  a = lane(a, tail, 0xcc9e2d51, 0x1b873593);
  b = lane(b, tail, 0x239b961b, 0xab0e9789);
  // Each half depends on both lanes.
  hash.high = mix(a ^ Math.imul(b, 5));
  hash.low = mix(b ^ Math.imul(hash.high, 0x85ebca6b) ^ (end - start));
}

/** A hash of nothing. */
export function emptyHash(): Hash {
  return { high: 0, low: 0 };
}

/** The 16 hexadecimal digits of a hash. */
export function hashText({ high, low }: Hash): string {
  return digits(high) + digits(low);
}

function digits(half: number): string {
  return (half >>> 0).toString(16).padStart(8, "0");
}

function lane(state: number, word: number, one: number, other: number): number {
  let k = Math.imul(word, one);
  k = k << 15 | k >>> 17;
  const mixed = state ^ Math.imul(k, other);
  return Math.imul(mixed << 13 | mixed >>> 19, 5) + 0xe6546b64 | 0;
}

function mix(state: number): number {
  let mixed = Math.imul(state ^ state >>> 16, 0x85ebca6b);
  mixed = Math.imul(mixed ^ mixed >>> 13, 0xc2b2ae35);
  return mixed ^ mixed >>> 16;
}
