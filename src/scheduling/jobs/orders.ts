import type { Requester } from "./requester.ts";
import type { ResultBudget } from "./result_budget.ts";
import { type ClientChunk, ResultOrder } from "./result_order.ts";

/** A client's chunk, and where its results have their place. */
interface Placed {
  readonly chunk: ClientChunk;
  readonly order: ResultOrder;
}

/** The orders of a job's results: one of the input, and one for each merge, which waits for nothing else. */
export class Orders {
  /** That of the input. */
  readonly input: ResultOrder;
  readonly #merges = new Set<ResultOrder>();
  /** The client's chunks by its numbers, as long as it may speak of them. */
  readonly #placed = new Map<number, Placed>();
  readonly #unwanted = new Set<ResultOrder>();
  readonly #requester: Requester;
  readonly #budget: ResultBudget;

  /** Nothing is given yet. */
  constructor(requester: Requester, budget: ResultBudget) {
    this.#requester = requester;
    this.#budget = budget;
    this.input = this.#newOrder(false);
  }

  /** How many chunks the client has not been told of to their ends. */
  get chunkCount(): number {
    return this.input.chunkCount + this.#merges.size;
  }

  /** How many of them are merges. */
  get mergeCount(): number {
    return this.#merges.size;
  }

  /** The client's chunks that it has not been told of to their ends. */
  get chunks(): ClientChunk[] {
    return [...this].flatMap((order) => [...order.chunks]);
  }

  /** All of them. */
  *[Symbol.iterator](): Generator<ResultOrder> {
    yield this.input;
    yield* this.#merges;
  }

  /** The client gives a chunk; gives the order in which its results are. */
  add(chunk: ClientChunk, isMerge: boolean): ResultOrder {
    const order = isMerge ? this.#newOrder(true) : this.input;
    if (isMerge) this.#merges.add(order);
    this.#placed.set(chunk.number, { chunk, order });
    order.addChunk(chunk);
    return order;
  }

  /** The client's chunk of a number, if it has not been told of that to its end. */
  find(number: number): Placed | undefined {
    return this.#placed.get(number);
  }

  /** The client does not want the rest of a chunk any more; it is told so. */
  drop(number: number): void {
    const placed = this.#placed.get(number);
    if (placed === undefined) return;
    const { chunk, order } = placed;
    this.#placed.delete(number);
    this.#requester.returned(chunk, "dropped");
    chunk.isDropped = true;
    this.#unwanted.add(order);
  }

  /** Where something has been dropped since this was asked last. */
  takeUnwanted(): ResultOrder[] {
    const orders = [...this.#unwanted];
    this.#unwanted.clear();
    return orders;
  }

  /** A merge of which the client has been told is not needed any more. */
  forget(order: ResultOrder): void {
    this.#merges.delete(order);
  }

  #newOrder(isMerge: boolean): ResultOrder {
    return new ResultOrder(
      isMerge,
      this.#requester,
      this.#budget,
      ({ number }) => this.#placed.delete(number),
    );
  }
}
