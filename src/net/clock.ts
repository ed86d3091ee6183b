/** Milliseconds of a clock that never goes back: the one that every machine is given its time from. */
export function nowMs(): number {
  return performance.now();
}
