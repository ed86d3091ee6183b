import { PROGRESS_INTERVAL_MS } from "../../limits.ts";
import type { Board } from "./board.ts";
import type { ClientChannel } from "./client_channel.ts";
import type { ClientJob } from "./client_job.ts";
import type { Job } from "./job.ts";

/** How much the last second counts in a rate. */
const NEWEST_SHARE = 0.5;

/** Who works for a job. */
export interface Workforce {
  readonly workers: number;
  readonly slots: number;
}

/** How many workers may be given chunks of a job, and how many they run at once. */
export function workforceOf(job: Job, board: Board): Workforce {
  let workers = 0;
  let slots = 0;
  for (const channel of board.channels) {
    if (!channel.isUsable || channel.slots === 0 || channel.refuses(job)) continue;
    workers++;
    slots += channel.slots;
  }
  return { workers, slots };
}

/** How many positions a job does in a second, looked at now and then. */
export class Rate {
  perSecond = 0;
  #done = 0;
  #lookedMs: number;

  /** Nothing has been done. */
  constructor(nowMs: number) {
    this.#lookedMs = nowMs;
  }

  /** So many positions are done by now. */
  look(done: number, nowMs: number): void {
    const ms = nowMs - this.#lookedMs;
    if (ms < PROGRESS_INTERVAL_MS) return;
    const newest = 1000 * (done - this.#done) / ms;
    this.perSecond = this.#done === 0
      ? newest
      : NEWEST_SHARE * newest + (1 - NEWEST_SHARE) * this.perSecond;
    this.#done = done;
    this.#lookedMs = nowMs;
  }
}

/** What is told of nobody. */
const NOBODY = "0 0";

/** Tells a client who works for its job, when that has changed, but not too often: the first who comes, at once. */
export function tellProgress(client: ClientJob, board: Board, nowMs: number): void {
  const { job, channel, number } = client;
  client.rate.look(job.tally.done, nowMs);
  const { workers, slots } = workforceOf(job, board);
  const text = `${workers} ${slots}`;
  if (text === client.told) return;
  const isFirst = client.told === NOBODY && !client.hasToldWorkers;
  if (!isFirst && nowMs < client.toldMs + PROGRESS_INTERVAL_MS) return;
  client.told = text;
  client.hasToldWorkers ||= workers > 0;
  client.toldMs = nowMs;
  channel.wire.send({ op: "progress", job: number, name: job.name, workers, slots });
}

/** Tells all clients, among which may be coordinators, how many slots there are, when that has changed. */
export function tellSlots(clients: Iterable<ClientChannel>, slots: number, nowMs: number): void {
  for (const client of clients) {
    if (client.toldSlots === slots || nowMs < client.toldMs + PROGRESS_INTERVAL_MS) continue;
    client.toldSlots = slots;
    client.toldMs = nowMs;
    client.wire.send({ op: "slots", slots });
  }
}
