import { CHUNK_MAX_MS, CHUNK_MIN_MS, DUPLICATE_MIN_MS, SLOW_CHUNK_FACTOR } from "../../limits.ts";
import type { Attempt } from "./attempt.ts";
import type { Job } from "./job.ts";
import type { WorkerChannel } from "./worker_channel.ts";

/** What a job has outstanding that is late. */
export interface Late {
  readonly attempts: readonly Attempt[];
  /** When something more will be late, if nothing happens until then. */
  readonly nextMs: number;
}

/** What of a job is late. */
export function lateOf(job: Job, nowMs: number): Late {
  const attempts: Attempt[] = [];
  let nextMs = Infinity;
  for (const attempt of job.attempts) {
    if (!mayBeDoubled(attempt)) continue;
    const dueMs = lateMs(attempt);
    if (dueMs > nowMs) nextMs = Math.min(nextMs, dueMs);
    else attempts.push(attempt);
  }
  return { attempts, nextMs };
}

/** Whether nobody else is asked for it, and somebody else may be. */
function mayBeDoubled({ isDropped, left, segment }: Attempt): boolean {
  // Of what has been told of to its end only the word that it is done is missing.
  return !isDropped && left > 0 && !segment.isSuspect && segment.attempts.length === 1;
}

/**
 * The attempt that most of all should be done a second time by a worker that has nothing else to do: what the client
 * waits for if that is late, else what has been late for longest.
 */
export function slowest({ attempts }: Late, channel: WorkerChannel): Attempt | undefined {
  let best: Attempt | undefined;
  let bestMs = Infinity;
  for (const attempt of attempts) {
    // Since it was found to be late, somebody else may have been asked.
    if (attempt.channel === channel || !mayBeDoubled(attempt)) continue;
    const dueMs = attempt.segment.isFront ? -Infinity : lateMs(attempt);
    if (best === undefined || dueMs < bestMs) {
      best = attempt;
      bestMs = dueMs;
    }
  }
  return best;
}

/** When an attempt is late: what waits at a worker while another is idle very soon, what runs when it is slow. */
export function lateMs({ job, channel, startedMs, givenMs, count }: Attempt): number {
  if (startedMs === undefined) return givenMs + CHUNK_MIN_MS;
  const { itemMs } = job.sizes.speedOf(channel);
  if (itemMs === undefined) return startedMs + CHUNK_MAX_MS;
  return startedMs + Math.max(DUPLICATE_MIN_MS, SLOW_CHUNK_FACTOR * itemMs * count);
}
