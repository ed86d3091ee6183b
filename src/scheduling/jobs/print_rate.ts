import { HELD_MESSAGE_BYTES, MAX_JOB_PRINT_BYTES_PER_SECOND } from "../../limits.ts";

/** How much of what all slots of a job print is passed on: so much a second, and how many texts were not. */
export class PrintRate {
  #secondMs = -Infinity;
  #bytes = 0;
  #dropped = 0;

  /** What is to be said for a text: itself, if it is not too much, and before it how many were. */
  take(text: string, nowMs: number): string[] {
    const texts: string[] = [];
    if (nowMs - this.#secondMs >= 1000) {
      this.#secondMs = nowMs;
      this.#bytes = 0;
      if (this.#dropped > 0) {
        texts.push(`(${this.#dropped} printed texts of several slots were too much, and dropped)`);
      }
      this.#dropped = 0;
    }
    // However short a text is, its message is not.
    this.#bytes += HELD_MESSAGE_BYTES + text.length;
    if (this.#bytes <= MAX_JOB_PRINT_BYTES_PER_SECOND) texts.push(text);
    else this.#dropped++;
    return texts;
  }
}
