import type { ResultBudget } from "./result_budget.ts";
import { type Entry, entryBytes, type Segment } from "./segment.ts";
import { Stretch } from "./stretch.ts";

/** How far a job has come, and how much is held for it. */
export class Tally {
  /** Positions of the input of which the outcome is known, those that failed included. */
  done = 0;
  failed = 0;
  /** Bytes of lines that are kept because they may have to be given again. */
  inputBytes = 0;
  /** Bytes of accumulators that are kept for the same reason. */
  mergeBytes = 0;
  readonly #budget: ResultBudget;

  /** Nothing is known, and nothing held. */
  constructor(budget: ResultBudget) {
    this.#budget = budget;
  }

  /** Lines are kept from now on. */
  keep({ bytes }: Stretch, isMerge: boolean): void {
    if (isMerge) this.mergeBytes += bytes;
    else this.inputBytes += bytes;
  }

  /** The outcome of some positions is known. */
  count({ order }: Segment, { count, failure }: Entry): void {
    if (order.isMerge) return;
    this.done += count;
    if (failure !== undefined) this.failed++;
  }

  /** What is known of the last of a segment. */
  conclude(segment: Segment, entry: Entry): void {
    this.#budget.held += entryBytes(entry);
    segment.entries.push(entry);
    this.markDone(segment);
  }

  /** All of a segment is known: its lines are not needed any more. */
  markDone(segment: Segment): void {
    const { position, count, first, bytes } = segment.stretch;
    if (segment.order.isMerge) this.mergeBytes -= bytes;
    else this.inputBytes -= bytes;
    segment.stretch = new Stretch(position, count, first);
    segment.isDone = true;
  }

  /** Nobody is told of what was held. */
  release(entries: readonly Entry[]): void {
    for (const entry of entries) this.#budget.held -= entryBytes(entry);
  }
}
