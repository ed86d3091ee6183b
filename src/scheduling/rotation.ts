/**
 * Round robin: each pick begins after the last one, so that n picks over k candidates reach each of them
 * n / k times, give or take one, whoever asks.
 */
export class Rotation {
  #next = 0;

  /** The next of `all` that is eligible, or `undefined` if none is. */
  pick<T>(all: readonly T[], isEligible: (candidate: T) => boolean): T | undefined {
    for (let step = 0; step < all.length; step++) {
      const index = (this.#next + step) % all.length;
      const candidate = all[index]!;
      if (!isEligible(candidate)) continue;
      this.#next = index + 1;
      return candidate;
    }
    return undefined;
  }
}
