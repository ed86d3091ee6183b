import { Book } from "./book.ts";
import { runClosedLoop } from "./closed_loop.ts";
import type { Job, JobResult } from "./job.ts";
import { Lane } from "./lane.ts";
import { runOneShots } from "./one_shot.ts";
import { runOpenLoop } from "./open_loop.ts";
import { Tally } from "./tally.ts";

/** Connects under way at once. */
const CONNECTS_AT_ONCE = 64;
/** How long after the end replies may still come. */
const GRACE_MS = 10_000;

const books = new Map<string, Book>();

/** Runs a job to its end. */
export async function runJob(job: Job): Promise<JobResult> {
  const { shape, warmUpMs, durationMs } = job;
  const book = bookFor(job);
  const conns = shape.kind === "one_shot" ? [] : await connectAll(job.port, shape.connections);
  await Promise.all(conns.map((wire) => askFirst(wire, book)));
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
  // In an open loop somebody still reads; nowhere else does anybody.
  if (shape.kind === "closed") await Promise.race([Promise.all(conns.map(end)), rest(GRACE_MS)]);
  for (const conn of conns) conn.close();
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

/**
 * Waits for one reply, which counts for nothing: a connection that our system has made may still be waiting for
 * the server to take it, and with thousands of them that takes longer than warming up does.
 */
async function askFirst(wire: Deno.TcpConn, book: Book): Promise<void> {
  const tally = new Tally({ startMs: 0, endMs: 0, countBy: "reply" });
  const lane = new Lane({ wire, book, tally, now, window: 1 });
  lane.send(1, now());
  while (lane.ledger.inFlight > 0 && lane.ended === undefined) await lane.receive();
}

/** Waits until the server has ended a connection, too: else thousands would still be open in the next job. */
async function end(conn: Deno.TcpConn): Promise<void> {
  try {
    await conn.closeWrite();
    const buffer = new Uint8Array(1024);
    while (await conn.read(buffer) !== null);
  } catch {
    // Gone before: the lane has said so.
  }
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

async function connectAll(port: number, count: number): Promise<Deno.TcpConn[]> {
  const conns: Deno.TcpConn[] = [];
  while (conns.length < count) {
    const group = Math.min(CONNECTS_AT_ONCE, count - conns.length);
    conns.push(...await Promise.all(Array.from({ length: group }, () => connectTo(port))));
  }
  return conns;
}

async function connectTo(port: number): Promise<Deno.TcpConn> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  conn.setNoDelay(true);
  return conn;
}

function now(): number {
  return performance.now();
}

function rest(ms: number): Promise<void> {
  return new Promise((resolve) => Deno.unrefTimer(setTimeout(resolve, ms)));
}
