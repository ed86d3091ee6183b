import type { Lane } from "./lane.ts";
import { Schedule } from "./schedule.ts";

/** How an open loop runs. */
export interface OpenLoopOptions {
  /** Requests a second, over all lanes together. */
  readonly perSecond: number;
  /** When the first is sent. */
  readonly startMs: number;
  /** When the last is sent. */
  readonly endMs: number;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** Is told how late each group of requests went out. */
  readonly late: (byMs: number) => void;
}

/**
 * Sends requests at a fixed rate, whether or not those before have been answered, and reads the replies. Gives,
 * in the end, how many requests there was no room in the book for.
 */
export async function runOpenLoop(
  lanes: readonly Lane[],
  options: OpenLoopOptions,
): Promise<number> {
  const { perSecond, startMs, endMs, now } = options;
  const stepMs = 1000 * lanes.length / perSecond;
  const rows = lanes.map((lane, index) => {
    // The lanes take turns: each is a little later than the one before.
    return { lane, schedule: new Schedule(startMs + index * 1000 / perSecond, stepMs), sent: 0 };
  });
  let isOver = false;
  const reading = lanes.map(async (lane) => {
    while (lane.ended === undefined && !(isOver && lane.ledger.inFlight === 0)) {
      await lane.receive();
    }
  });
  const sendDue = (nowMs: number) => {
    for (const row of rows) {
      const due = row.schedule.dueAt(nowMs) - row.sent;
      if (due <= 0) continue;
      const intendedMs = row.schedule.intendedMs(row.sent);
      options.late(nowMs - intendedMs);
      row.sent += row.lane.send(due, intendedMs, stepMs);
    }
  };
  for (let nowMs = now(); nowMs < endMs; nowMs = now()) {
    sendDue(nowMs);
    const nextMs = Math.min(...rows.map((row) => row.schedule.intendedMs(row.sent)));
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, nextMs - now())));
  }
  sendDue(endMs);
  isOver = true;
  // A lane that waits for nothing any more would read for ever.
  const busy = reading.filter((_, index) => lanes[index]!.ledger.inFlight > 0);
  await Promise.all(busy);
  return rows.reduce((sum, { schedule, sent }) => sum + schedule.dueAt(endMs) - sent, 0);
}
