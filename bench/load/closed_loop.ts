import type { Lane } from "./lane.ts";

/** Keeps `window` requests in flight on a lane until the end; then waits for the replies that are due. */
export async function runClosedLoop(
  lane: Lane,
  window: number,
  endMs: number,
  now: () => number,
): Promise<void> {
  lane.send(window, now());
  while (lane.ledger.inFlight > 0 && lane.ended === undefined) {
    await lane.receive();
    const nowMs = now();
    if (nowMs < endMs) lane.send(window - lane.ledger.inFlight, nowMs);
  }
}
