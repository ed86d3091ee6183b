import type { Clock } from "./clock.ts";

/**
 * A process's turns: what its system has for it is done one thing after the other, while it runs and has time.
 * Stopped or busy, it finds everything waiting when it goes on.
 */
export class Turns {
  readonly #clock: Clock;
  readonly #waiting: (() => void)[] = [];
  #isRunning = false;
  #isBusy = false;
  #isHung = false;

  /** A process that has nothing to do. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether it is stopped. */
  get isHung(): boolean {
    return this.#isHung;
  }

  /** Adds something to be done. What is added in a turn comes after it, not in the middle of it. */
  add(action: () => void): void {
    this.#waiting.push(action);
    this.#run();
  }

  /** The process does nothing for a while, and then this before all that waits. */
  busyFor(ms: number, then: () => void): void {
    this.#isBusy = true;
    this.#clock.after(ms, () => {
      this.#isBusy = false;
      this.#waiting.unshift(then);
      this.#run();
    });
  }

  /** Stops it where it is. */
  hang(): void {
    this.#isHung = true;
  }

  /** Lets it go on. */
  goOn(): void {
    this.#isHung = false;
    this.#run();
  }

  /** Forgets all that waits. */
  clear(): void {
    this.#waiting.length = 0;
  }

  #run(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    while (this.#waiting.length > 0 && !this.#isBusy && !this.#isHung) this.#waiting.shift()!();
    this.#isRunning = false;
  }
}
