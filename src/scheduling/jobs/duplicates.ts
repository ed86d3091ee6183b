import { CHUNK_MAX_MS, CHUNK_MIN_MS, DUPLICATE_MIN_MS, SLOW_CHUNK_FACTOR } from "../../limits.ts";
import type { Attempt } from "./attempt.ts";
import type { Job } from "./job.ts";
import type { WorkerChannel } from "./worker_channel.ts";

/** What a job has outstanding that somebody else could be asked for as well. */
export interface Slowest {
  readonly attempt: Attempt | undefined;
  /** When something more will be late, if nothing happens until then. */
  readonly nextMs: number;
}

/**
 * The attempt that most of all should be done a second time by a worker that has nothing else to do: what the client
 * waits for if that is late, else what has been late for longest.
 */
export function slowest(job: Job, channel: WorkerChannel, nowMs: number): Slowest {
  let best: Attempt | undefined;
  let bestMs = Infinity;
  let nextMs = Infinity;
  for (const attempt of job.attempts) {
    if (attempt.isDropped || attempt.channel === channel) continue;
    const { segment, left } = attempt;
    // Of what has been told of to its end only the word that it is done is missing.
    if (left === 0 || segment.isSuspect || segment.attempts.length > 1) continue;
    const dueMs = lateMs(attempt);
    if (dueMs > nowMs) nextMs = Math.min(nextMs, dueMs);
    else if (segment.isFront || dueMs < bestMs) {
      best = attempt;
      bestMs = segment.isFront ? -Infinity : dueMs;
    }
  }
  return { attempt: best, nextMs };
}

/** When an attempt is late: what waits at a worker while another is idle very soon, what runs when it is slow. */
export function lateMs({ job, channel, startedMs, givenMs, count }: Attempt): number {
  if (startedMs === undefined) return givenMs + CHUNK_MIN_MS;
  const { itemMs } = job.sizes.speedOf(channel);
  if (itemMs === undefined) return startedMs + CHUNK_MAX_MS;
  return startedMs + Math.max(DUPLICATE_MIN_MS, SLOW_CHUNK_FACTOR * itemMs * count);
}
