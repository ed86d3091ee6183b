import type { Context } from "../scenarios/scenario.ts";
import type { Measures } from "../measure/rounds.ts";

/** Something that a user would pick instead of us. */
export interface Peer {
  /** The subject's name in figures. */
  readonly name: string;
  /** What it is, with its version where it says so. */
  readonly title: string;
  /**
   * Starts it, measures it, ends it. Gives `p50` and `p99` of one addition in flight in milliseconds, and
   * `per_second`, additions a second by plain calls at the best of a few settings.
   */
  measure(context: Context): Promise<Measures>;
}

/** A peer, or why there is none. */
export type Found = { readonly peer: Peer } | { readonly missing: string };
