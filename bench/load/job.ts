import type { ExerciseOptions } from "./exercise.ts";
import type { Latency } from "./tally.ts";

/** How requests are sent. */
export type Shape =
  /** A window of requests in flight on each connection. */
  | {
    readonly kind: "closed";
    readonly connections: number;
    readonly window: number;
    /**
     * Whether the connections stay for the next load to the same port: thousands take seconds to open.
     * The generator is then the target's own, since it can hold no more.
     */
    readonly areKept?: boolean;
  }
  /** A fixed rate over all connections. */
  | { readonly kind: "open"; readonly connections: number; readonly perSecond: number }
  /** A connection for each request, so many at once. */
  | { readonly kind: "one_shot"; readonly connections: number };

/** What a load generator is told to do. */
export interface Job {
  readonly port: number;
  readonly shape: Shape;
  readonly exercises: ExerciseOptions;
  /** How long it runs before it counts, in milliseconds. */
  readonly warmUpMs: number;
  /** How long it counts, in milliseconds. */
  readonly durationMs: number;
  /**
   * Different requests; a reply that is late by so many others holds the generator up.
   *
   * @default {16 for each in the window, between 64 and 65,536}
   */
  readonly bookSize?: number;
}

/** What came of it. */
export interface JobResult {
  /** Right replies that counted. */
  readonly good: number;
  /** Right replies in all, warming up included. */
  readonly goodInAll: number;
  /** Replies that said `"ok": false`. */
  readonly failed: number;
  /** Replies that were not right, requests without a reply, and connections lost. */
  readonly wrong: number;
  /** Some of the lines that failed or were wrong. */
  readonly examples: readonly string[];
  readonly perSecond: number;
  readonly latency: Latency;
  /** The longest time without any reply. */
  readonly longestPauseMs: number;
  /** How late the generator itself sent, in an open loop; it is part of the latency. */
  readonly lateness: Latency;
  readonly sentBytes: number;
  readonly receivedBytes: number;
}
