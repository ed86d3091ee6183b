const NO_BYTES = new Uint8Array(0);

/** Puts together what comes in several messages, of which only the last ends it. */
export class LongValue {
  #parts: Uint8Array[] = [];
  #length = 0;

  /** Adds a part; gives the whole once its last part is there. */
  add(part: Uint8Array, isLast: boolean): Uint8Array | undefined {
    if (isLast && this.#parts.length === 0) return part;
    this.#parts.push(part);
    this.#length += part.length;
    if (!isLast) return undefined;
    const whole = this.#length === 0 ? NO_BYTES : new Uint8Array(this.#length);
    let at = 0;
    for (const one of this.#parts) {
      whole.set(one, at);
      at += one.length;
    }
    this.#parts = [];
    this.#length = 0;
    return whole;
  }
}
