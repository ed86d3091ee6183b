import type { Book } from "./book.ts";
import type { Shape } from "./job.ts";
import { Lane } from "./lane.ts";
import { Tally } from "./tally.ts";

/** Connects under way at once. */
const CONNECTS_AT_ONCE = 64;

/** Connections that wait for the next load to the same port. */
const kept = new Map<number, Deno.TcpConn[]>();

/** The connections that a load begins with: those that were kept, or new ones on which a reply has come. */
export async function openConnections(
  port: number,
  shape: Shape,
  book: Book,
  now: () => number,
): Promise<Deno.TcpConn[]> {
  if (shape.kind === "one_shot") return [];
  const conns = kept.get(port) ?? [];
  kept.delete(port);
  while (conns.length < shape.connections) {
    const group = Math.min(CONNECTS_AT_ONCE, shape.connections - conns.length);
    const connecting = Array.from({ length: group }, () => connectTo(port));
    conns.push(...await Promise.all(connecting));
  }
  await Promise.all(conns.map((wire) => askFirst(wire, book, now)));
  return conns;
}

/** Ends connections, or keeps them if they are to be kept and nothing is due on any. */
export async function releaseConnections(
  port: number,
  shape: Shape,
  conns: Deno.TcpConn[],
  isQuiet: boolean,
): Promise<void> {
  if (shape.kind === "closed") {
    if (shape.areKept && isQuiet) {
      kept.set(port, conns);
      return;
    }
    // In an open loop somebody still reads; nowhere else does anybody.
    await Promise.race([Promise.all(conns.map(end)), rest(GRACE_MS)]);
  }
  for (const conn of conns) conn.close();
}

/** A connection on which nothing waits for more to send. */
export async function connectTo(port: number): Promise<Deno.TcpConn> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  conn.setNoDelay(true);
  return conn;
}

/** How long after the end of a load replies, or the end of a connection, may still come. */
export const GRACE_MS = 10_000;

/** Waits, and keeps nothing alive. */
export function rest(ms: number): Promise<void> {
  return new Promise((resolve) => Deno.unrefTimer(setTimeout(resolve, ms)));
}

/**
 * Waits for one reply, which counts for nothing: a connection that our system has made may still be waiting for
 * the server to take it, and with thousands of them that takes longer than warming up does.
 */
async function askFirst(wire: Deno.TcpConn, book: Book, now: () => number): Promise<void> {
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
