import type { Job } from "./job.ts";
import type { Pool } from "./pool.ts";
import type { Slot } from "./slot.ts";

/** A job that has something to run, and the slot that shall run it. */
export interface Match {
  readonly job: Job;
  readonly slot: Slot;
  /** An idle slot of another job that has to make room first. */
  readonly displaced?: Slot;
}

/**
 * Who is to run next, if anybody can: of the jobs that have something to run the one with the fewest running
 * chunks, among equals the one that has waited longest.
 */
export function nextMatch(jobs: Iterable<Job>, pool: Pool): Match | undefined {
  const hungry: { job: Job; running: number }[] = [];
  for (const job of jobs) {
    if (job.module === undefined || job.waiting.length === 0) continue;
    hungry.push({ job, running: job.running });
  }
  hungry.sort((one, other) => one.running - other.running || one.job.servedAt - other.job.servedAt);
  for (const { job } of hungry) {
    const match = slotFor(job, pool);
    if (match !== undefined) return match;
  }
}

/** A slot for a job: one of its own that is idle, or a fresh one if there is room or room can be made. */
function slotFor(job: Job, pool: Pool): Match | undefined {
  // A suspect waits for a fresh one, as long as there will be one.
  const mustBeFresh = job.waiting[0]!.plan.isAlone && !pool.isBroken;
  if (!mustBeFresh) { for (const slot of job.slots) if (!slot.isBusy) return { job, slot }; }
  const slot = pool.ready;
  if (slot === undefined) return undefined;
  if (pool.taken < pool.size) return { job, slot };
  for (const displaced of pool.all) {
    if (displaced.job !== undefined && !displaced.isBusy) return { job, slot, displaced };
  }
}
