import { Random } from "../../src/scheduling/random.ts";

/** The one source of chance in a run. */
export class Dice {
  readonly #random: Random;

  /** The same seed throws the same. */
  constructor(seed: number) {
    this.#random = new Random(seed);
  }

  /** A number in [0, 1). */
  next(): number {
    return this.#random.next();
  }

  /** Whether something of the given probability happens. */
  chance(probability: number): boolean {
    return this.#random.next() < probability;
  }

  /** A whole number in [0, count). */
  below(count: number): number {
    return Math.floor(this.#random.next() * count);
  }

  /** A whole number between two, both included. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  /** One of several. */
  pick<T>(choices: readonly T[]): T {
    const choice = choices[this.below(choices.length)];
    if (choice === undefined) throw new Error("Invariant: nothing cannot be picked from");
    return choice;
  }

  /** One of several, each as often as its weight says. */
  weighted<T>(choices: readonly (readonly [weight: number, choice: T])[]): T {
    let rest = this.#random.next() * choices.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, choice] of choices) if ((rest -= weight) < 0) return choice;
    return choices.at(-1)![1];
  }
}
