import { Queue } from "../protocol/queue.ts";

/** Who waits, with what. */
interface Lane<K, T> {
  readonly key: K;
  readonly items: Queue<T>;
}

/** A queue in which owners take turns: whoever queues a thousand things does not make others wait for them all. */
export class FairQueue<K, T> {
  readonly #lanes = new Map<K, Lane<K, T>>();
  readonly #turns = new Queue<Lane<K, T>>();
  #size = 0;

  /** How many are waiting. */
  get size(): number {
    return this.#size;
  }

  /** The one whose turn it is. */
  get first(): T | undefined {
    return this.#turns.first?.items.first;
  }

  /** Adds one at the end of its owner's lane. */
  push(key: K, item: T): void {
    this.#size++;
    let lane = this.#lanes.get(key);
    if (lane === undefined) {
      lane = { key, items: new Queue() };
      this.#lanes.set(key, lane);
      this.#turns.push(lane);
    }
    lane.items.push(item);
  }

  /** Takes out the one whose turn it is. */
  shift(): T | undefined {
    const lane = this.#turns.shift();
    if (lane === undefined) return undefined;
    this.#size--;
    const item = lane.items.shift();
    if (lane.items.size > 0) this.#turns.push(lane);
    else this.#lanes.delete(lane.key);
    return item;
  }
}
