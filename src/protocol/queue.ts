/** First in, first out, both in constant time: an array whose head moves, cut when half of it is behind. */
export class Queue<T> {
  #items: (T | undefined)[] = [];
  #head = 0;

  /** How many are waiting. */
  get size(): number {
    return this.#items.length - this.#head;
  }

  /** The one that has waited longest. */
  get first(): T | undefined {
    return this.#items[this.#head];
  }

  /** Adds one at the end. */
  push(item: T): void {
    this.#items.push(item);
  }

  /** Takes out the one that has waited longest. */
  shift(): T | undefined {
    const item = this.#items[this.#head];
    if (this.#head < this.#items.length) {
      this.#items[this.#head++] = undefined;
      if (this.#head === this.#items.length) {
        this.#items = [];
        this.#head = 0;
      } else if (this.#head >= 1024 && this.#head * 2 >= this.#items.length) {
        this.#items = this.#items.slice(this.#head);
        this.#head = 0;
      }
    }
    return item;
  }

  /** Takes all out. */
  clear(): void {
    this.#items = [];
    this.#head = 0;
  }

  /** All that are waiting, in order. */
  *[Symbol.iterator](): IterableIterator<T> {
    for (let index = this.#head; index < this.#items.length; index++) yield this.#items[index]!;
  }
}
