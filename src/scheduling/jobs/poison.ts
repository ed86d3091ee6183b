import { CRASHED } from "../../jobs/crashed.ts";
import type { FailedMessage } from "../../jobs/messages.ts";
import { POISON_DEATHS } from "../../limits.ts";
import { Losses } from "./losses.ts";
import type { Segment } from "./segment.ts";

/** What becomes of a segment whose worker has died. */
export interface PoisonPort {
  /** Whether it must stay whole. */
  readonly isWhole: boolean;
  /** Whether the worker that was lost with it had nothing else. */
  readonly wasAlone: boolean;
  /** Cuts a segment behind so many positions; gives the rest. */
  cut(segment: Segment, count: number): Segment;
  /** It waits for another worker. */
  wait(segment: Segment): void;
  /** Nobody is to be asked for it again. */
  fail(segment: Segment, failure: FailedMessage): void;
}

/**
 * A segment on which too many workers have died while it ran is taken apart until the one item is found that does
 * it; before that it just waits again. What lies before the item that the last one was at has been survived.
 *
 * Invariant: an item is blamed only if a worker was lost while it ran that one item, and nothing else.
 */
export function takeApart(segment: Segment, at: number, port: PoisonPort): void {
  if (segment.losses.deaths < POISON_DEATHS) return port.wait(segment);
  const { position, count } = segment.stretch;
  if (count === 1 || port.isWhole) {
    // Two that were asked for the same may have been lost for another reason.
    if (!port.wasAlone) {
      segment.losses = segment.losses.ofSuspect();
      return port.wait(segment);
    }
    return port.fail(segment, {
      op: "failed",
      job: 0,
      chunk: 0,
      position,
      cause: "crash",
      error: CRASHED,
    });
  }
  const losses = segment.losses.ofSuspect();
  let suspect = segment;
  if (at > position) {
    suspect = port.cut(segment, at - position);
    segment.losses = Losses.NONE;
    port.wait(segment);
  }
  const half = suspect.stretch.count >> 1;
  if (half > 0) {
    const other = port.cut(suspect, half);
    other.losses = losses;
    port.wait(other);
  }
  suspect.losses = losses;
  port.wait(suspect);
}
