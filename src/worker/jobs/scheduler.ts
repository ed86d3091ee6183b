import type { Chunk } from "./chunk.ts";
import type { Job } from "./job.ts";
import type { Pool } from "./pool.ts";
import type { Slot } from "./slot.ts";

/** A job that has something to run, and the slot that shall run it. */
export interface Match {
  readonly job: Job;
  /** Which of its chunks that wait. */
  readonly chunk: Chunk;
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

/** A slot for a job's first chunk, or for a later one where only the first has to wait. */
function slotFor(job: Job, pool: Pool): Match | undefined {
  const first = job.waiting[0]!;
  if (mustBeFresh(first, pool)) return freshFor(job, first, pool) ?? idleBehind(job, pool);
  const idle = idleSlot(job);
  return idle === undefined ? freshFor(job, first, pool) : { job, chunk: first, slot: idle };
}

/** Whether a chunk is a suspect, which waits for a fresh slot as long as there will be one. */
function mustBeFresh({ plan }: Chunk, pool: Pool): boolean {
  return plan.isAlone && !pool.isBroken;
}

function idleSlot({ slots }: Job): Slot | undefined {
  for (const slot of slots) if (!slot.isBusy) return slot;
  return undefined;
}

/** A fresh slot, if there is one, and room for it or room that can be made. */
function freshFor(job: Job, chunk: Chunk, pool: Pool): Match | undefined {
  const slot = pool.ready;
  if (slot === undefined) return undefined;
  if (pool.taken < pool.size) return { job, chunk, slot };
  for (const displaced of pool.all) {
    if (displaced.job !== undefined && !displaced.isBusy) return { job, chunk, slot, displaced };
  }
}

/** An idle slot does not stand still because the first chunk cannot have it. */
function idleBehind(job: Job, pool: Pool): Match | undefined {
  const slot = idleSlot(job);
  if (slot === undefined) return undefined;
  const chunk = job.waiting.find((one) => !mustBeFresh(one, pool));
  return chunk && { job, chunk, slot };
}
