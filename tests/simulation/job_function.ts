/**
 * The function that simulated workers apply: what it takes and gives follows from the item alone, so that whoever
 * reads the results can say whether they are right.
 */
export interface JobFunction {
  /** Time for one item, in milliseconds. */
  readonly itemMs: (item: bigint) => number;
  /** Bytes by which the value of an item is longer than its digits. */
  readonly padding: (item: bigint) => number;
  /** Whether it throws for an item. */
  readonly throws: (item: bigint) => boolean;
  /** Whether an item kills the process that it runs in, worker and all. */
  readonly kills: (item: bigint) => boolean;
  /** Whether values become one for a stretch: here the sum, with the first item and how many. */
  readonly reduces: boolean;
}

/** A function without surprises. */
export const PLAIN_FUNCTION: JobFunction = {
  itemMs: () => 1,
  padding: () => 0,
  throws: () => false,
  kills: () => false,
  reduces: false,
};

/** The value of an item, as its line. */
export function valueLine(item: bigint, work: JobFunction): string {
  return `"${item * item}${"x".repeat(work.padding(item))}"\n`;
}

/** What is known of some items in a row: their first, how many, and the sum of those that did not throw. */
export function accumulatorLine(first: bigint, count: number, sum: bigint): string {
  return `["${first}",${count},"${sum}"]\n`;
}
