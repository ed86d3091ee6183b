/** How much of what is printed is passed on. */
export interface PrintRateOptions {
  /** Bytes a second. */
  readonly mostBytes: number;
  /** What a text costs beside its characters: however short it is, its message is not. */
  readonly costBytes: number;
  /** Whose texts they are, for who reads that some were dropped; empty or with a space before it. */
  readonly whose?: string;
}

/** Passes on so much a second of what is printed, and says how many texts were not. */
export class PrintRate {
  readonly #options: PrintRateOptions;
  #secondMs = -Infinity;
  #bytes = 0;
  #dropped = 0;

  /** Nothing is printed yet. */
  constructor(options: PrintRateOptions) {
    this.#options = options;
  }

  /** What is to be said for a text: itself, if it is not too much, and before it how many were. */
  take(text: string, nowMs: number): string[] {
    const { mostBytes, costBytes, whose = "" } = this.#options;
    const texts: string[] = [];
    if (nowMs - this.#secondMs >= 1000) {
      this.#secondMs = nowMs;
      this.#bytes = 0;
      if (this.#dropped > 0) texts.push(droppedText(this.#dropped, "too much", whose));
      this.#dropped = 0;
    }
    this.#bytes += costBytes + text.length;
    if (this.#bytes <= mostBytes) texts.push(text);
    else this.#dropped++;
    return texts;
  }
}

/** Says that so many printed texts were not passed on, and why. */
export function droppedText(count: number, why: string, whose = ""): string {
  const were = count === 1 ? `text${whose} was` : `texts${whose} were`;
  return `(${count} printed ${were} ${why}, and dropped)`;
}
