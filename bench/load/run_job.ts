import { Book } from "./book.ts";
import { runClosedLoop } from "./closed_loop.ts";
import { connectTo, GRACE_MS, openConnections, releaseConnections, rest } from "./connections.ts";
import type { Job, JobResult } from "./job.ts";
import { Lane } from "./lane.ts";
import { runOneShots } from "./one_shot.ts";
import { runOpenLoop } from "./open_loop.ts";
import { Tally } from "./tally.ts";

const books = new Map<string, Book>();

/** Runs a job to its end. */
export async function runJob(job: Job): Promise<JobResult> {
  const { shape, warmUpMs, durationMs } = job;
  const book = bookFor(job);
  const conns = await openConnections(job.port, shape, book, now);
  const beginMs = now();
  const startMs = beginMs + warmUpMs;
  const endMs = startMs + durationMs;
  const countBy = shape.kind === "open" ? "request" : "reply";
  const tally = new Tally({ startMs, endMs, countBy });
  const lateness = new Tally({ startMs: -Infinity, endMs: Infinity, countBy: "reply" });
  const window = shape.kind === "closed" ? shape.window : 64;
  const lanes = conns.map((wire) => new Lane({ wire, book, tally, now, window }));
  let unsent = 0;
  const running = async () => {
    if (shape.kind === "one_shot") {
      const connect = () => connectTo(job.port);
      await runOneShots({ connect, book, tally, connections: shape.connections, endMs, now });
    } else if (shape.kind === "open") {
      unsent = await runOpenLoop(lanes, {
        perSecond: shape.perSecond,
        startMs: beginMs,
        endMs,
        now,
        late: (byMs) => lateness.right(0, byMs, 1),
      });
    } else await Promise.all(lanes.map((lane) => runClosedLoop(lane, window, endMs, now)));
  };
  await Promise.race([running(), rest(warmUpMs + durationMs + GRACE_MS)]);
  const isQuiet = lanes.every(({ ended, ledger }) => ended === undefined && ledger.inFlight === 0);
  await releaseConnections(job.port, shape, conns, isQuiet);
  tally.close();
  for (const { ended, ledger } of lanes) {
    if (ended !== undefined) tally.mistake(`lost: ${ended}`);
    for (let left = ledger.inFlight; left > 0; left--) tally.mistake("no reply");
  }
  for (; unsent > 0; unsent--) tally.mistake("not sent in time");
  const { good, goodInAll, failed, wrong, examples, perSecond, latency, longestPauseMs } = tally;
  return {
    ...{ good, goodInAll, failed, wrong, examples, perSecond, latency, longestPauseMs },
    lateness: lateness.latency,
    sentBytes: lanes.reduce((sum, lane) => sum + lane.sentBytes, 0),
    receivedBytes: lanes.reduce((sum, lane) => sum + lane.receivedBytes, 0),
  };
}

function bookFor({ shape, exercises, bookSize }: Job): Book {
  const window = shape.kind === "closed" ? shape.window : shape.kind === "open" ? 1024 : 1;
  const size = bookSize ?? Math.min(Math.max(16 * window, 64), 65_536);
  const key = JSON.stringify([size, exercises]);
  let book = books.get(key);
  if (book === undefined) {
    // Only the last few are kept: a book of long lines is large.
    if (books.size >= 8) books.clear();
    books.set(key, book = new Book(size, exercises));
  }
  return book;
}

function now(): number {
  return performance.now();
}
