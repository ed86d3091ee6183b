/**
 * A small seeded source of random numbers in [0, 1), for jitter: a pure machine may not ask the system for
 * them, and a simulation must be able to repeat them. The generator is mulberry32, whose 32 bits of state are
 * plenty for spreading pauses and useless for secrets.
 */
export class Random {
  #state: number;

  /** The same seed gives the same numbers. */
  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** The next number in [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}
