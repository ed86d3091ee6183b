import type { Book } from "./book.ts";
import { Lane } from "./lane.ts";
import type { Tally } from "./tally.ts";

/** How a loop of single connections runs. */
export interface OneShotOptions {
  readonly connect: () => Promise<Deno.TcpConn>;
  readonly book: Book;
  readonly tally: Tally;
  /** Connections open at once. */
  readonly connections: number;
  /** When no more are opened. */
  readonly endMs: number;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
}

/** Asks each request over a connection of its own, as the original design does; connecting counts as waiting. */
export async function runOneShots(options: OneShotOptions): Promise<void> {
  const { endMs, now } = options;
  await Promise.all(Array.from({ length: options.connections }, async () => {
    while (now() < endMs) await askOnce(options);
  }));
}

async function askOnce({ connect, book, tally, now }: OneShotOptions): Promise<void> {
  const startedMs = now();
  using wire = await connect();
  const lane = new Lane({ wire, book, tally, now, window: 1 });
  lane.send(1, startedMs);
  while (lane.ledger.inFlight > 0 && lane.ended === undefined) await lane.receive();
  if (lane.ledger.inFlight > 0) tally.mistake(`no reply: ${lane.ended}`);
}
