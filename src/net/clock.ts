// Bound: a slot's function may replace `performance.now`, and not the one that we use.
const now = performance.now.bind(performance);

/** Milliseconds of a clock that never goes back: the one that every machine is given its time from. */
export function nowMs(): number {
  return now();
}
