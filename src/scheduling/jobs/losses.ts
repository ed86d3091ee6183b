import { POISON_DEATHS, POISON_LOSSES } from "../../limits.ts";

/**
 * The workers that were lost while they ran a segment; never changes. Whether one of them has died is known only later:
 * a process that comes back has not, its machine slept, or the way to it was gone.
 */
export class Losses {
  /** None. */
  static readonly NONE: Losses = new Losses(0, [], 0);

  /** What the processes that are gone now lack, or are too many, to make a part that runs alone a suspect. */
  readonly #balance: number;
  /** The processes that have not come back. */
  readonly #gone: readonly string[];
  /** All losses. */
  readonly #count: number;

  private constructor(balance: number, gone: readonly string[], count: number) {
    this.#balance = balance;
    this.#gone = gone;
    this.#count = count;
  }

  /** How many of them have died, as far as is known. */
  get deaths(): number {
    return this.#balance + this.#gone.length;
  }

  /** A process was lost that ran the segment. */
  with(instance: string): Losses {
    return new Losses(this.#balance, [...this.#gone, instance], this.#count + 1);
  }

  /** A process is there again. What is lost again and again is not asked for without end. */
  without(instance: string): Losses {
    if (this.#count > POISON_LOSSES || !this.#gone.includes(instance)) return this;
    const gone = this.#gone.filter((one) => one !== instance);
    return new Losses(this.#balance, gone, this.#count);
  }

  /** Those of a part that is to run alone: one more death is its fault. */
  ofSuspect(): Losses {
    return new Losses(POISON_DEATHS - 1 - this.#gone.length, this.#gone, this.#count);
  }
}
