import type { BuiltInReduce } from "../../jobs/module.ts";
import type { MapError } from "../errors.ts";

/** What a function is called with: values that JSON can say, or the whole numbers of a range. */
export type MapItems = Iterable<unknown> | AsyncIterable<unknown> | {
  /** The first number. */
  readonly from: number | bigint;
  /** The last number, included. */
  readonly to: number | bigint;
};

/** What a function printed. */
export interface MapPrint {
  /** The text, which may have several lines. */
  readonly text: string;
  /** The place of the item during which it did, counted from 1; 0 before the first one. */
  readonly position: number;
  /** The worker that it happened on. */
  readonly worker: string;
}

/** How a function is run over many items. */
export interface MapOptions {
  /** What the function finds in `context.args`: a value that JSON can say. */
  args?: unknown;
  /**
   * Seeds `context.random`, together with the item's position: a whole number from 0 to 2^53 - 1.
   *
   * @default {0}
   */
  seed?: number;
  /**
   * Whether the job goes on after an item that has no value.
   *
   * @default {false}
   */
  keepGoing?: boolean;
  /** Is told of the items that have no value, in their order, where the job goes on; a promise is waited for. */
  onFailure?: (failure: MapError) => unknown;
  /** Is told what the function prints by `console.log`. */
  onPrint?: (print: MapPrint) => void;
  /** How long one item may take, in milliseconds; without it, as long as it likes. */
  itemTimeoutMs?: number;
  /** Ends the job on all machines. */
  signal?: AbortSignal;
}

/** How a function is run over many items, whose values become one. */
export interface MapReduceOptions extends MapOptions {
  /**
   * What becomes of all values.
   *
   * @default {the module's own `reduce` and `initial`}
   */
  reduce?: BuiltInReduce;
}
