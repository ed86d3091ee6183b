import { BLOCKED_FOR_MERGE_MS, CHUNK_AIM_MS, MAX_PIECE_BYTES } from "../../limits.ts";
import type { Attempt } from "./attempt.ts";
import { lateMs } from "./duplicates.ts";
import type { Job } from "./job.ts";
import type { WorkerChannel } from "./worker_channel.ts";

/** Finds what a job's workers should let go of for one reason. */
type Need = (job: Job, nowMs: number) => Attempt[];

/** The reasons for which a job takes something back from itself, the most urgent first. */
const NEEDS: readonly Need[] = [forFront, forMerge, forWaiting, forFull];

/**
 * What a job should take back so that something of its own that is needed sooner can be done; what has been told is
 * kept. Nothing while somebody still lets go of something: where that was, there is a place soon.
 */
export function spare(job: Job, nowMs: number): Attempt[] {
  if (isLettingGo(job)) return [];
  for (const need of NEEDS) {
    const found = need(job, nowMs);
    if (found.length > 0) return found;
  }
  return [];
}

/**
 * What should be taken back so that jobs that are {@linkcode isHungry} need not wait for what brings nobody further:
 * of the others' attempts the last that was given of those that are second ones, and no further than the first, that
 * wait behind others while their job has some that run, or that are blocked, as their client does not read.
 */
export function spareForOthers(
  jobs: Iterable<Job>,
  hungry: readonly Job[],
  nowMs: number,
): Attempt | undefined {
  const all = [...jobs];
  if (hungry.length === 0 || all.some(isLettingGo)) return undefined;
  const others = all.filter((job) => !hungry.includes(job)).flatMap((job) => [...job.attempts]);
  const running = new Set(
    others.flatMap(({ job, startedMs }) => startedMs === undefined ? [] : [job]),
  );
  return last(others, "givenMs", (attempt) => {
    const isNoFurther = attempt.isSecond && attempt.next <= attempt.segment.attempts[0]!.next;
    // What has a slot is about to begin; a suspect would be the first to be given there again, for ever.
    const isNext = attempt.isBehind && running.has(attempt.job);
    return isNoFurther || isNext || attempt.isBlocked(nowMs);
  });
}

/**
 * Whether a job has something that could be done, and nobody to do it: all places have been taken, or what it was given
 * has waited behind others for longer than an idle worker would take.
 */
export function isHungry(job: Job, channels: readonly WorkerChannel[], nowMs: number): boolean {
  if (job.code === undefined || channels.every((channel) => channel.refuses(job))) return false;
  for (const attempt of job.attempts) {
    // Where a slot is free for it, its module is being loaded or set up.
    if (!attempt.isBehind || lateMs(attempt) > nowMs) return false;
  }
  return job.attempts.size + job.input.count + job.waiting.length > 0;
}

function isLettingGo(job: Job): boolean {
  for (const attempt of job.attempts) if (attempt.isDropped) return true;
  return false;
}

/** Of those that may go the one that has come furthest, or was given last. */
function last(
  attempts: Iterable<Attempt>,
  by: "next" | "givenMs",
  mayGo: (attempt: Attempt) => boolean,
): Attempt | undefined {
  let found: Attempt | undefined;
  for (const attempt of attempts) {
    if ((found === undefined || attempt[by] > found[by]) && mayGo(attempt)) found = attempt;
  }
  return found;
}

function listOf(attempt: Attempt | undefined): Attempt[] {
  return attempt === undefined ? [] : [attempt];
}

/**
 * So that what the client waits for, which was lost with its worker, need not wait for a place, or at the worker that
 * has it behind what comes later: the last that runs, and what waits behind that at the same worker. A suspect stays:
 * it would be the first to be given again. So does what has long items, which would be ended in the middle of one, and
 * what a worker does that is given nothing new.
 */
function forFront(job: Job): Attempt[] {
  const { first } = job.order;
  if (first === undefined || first.isSuspect || !first.isLost) return [];
  const [only, second] = first.attempts;
  const stuck = second === undefined && only?.isBehind ? only : undefined;
  if (stuck === undefined && !job.waiting.includes(first)) return [];
  const running = last(
    job.attempts,
    "next",
    (one) =>
      one.startedMs !== undefined && one.isInput && !one.segment.isSuspect &&
      one.channel.isUsable && (job.sizes.speedOf(one.channel).itemMs ?? Infinity) <= CHUNK_AIM_MS &&
      (stuck === undefined || one.channel === stuck.channel),
  );
  if (running === undefined) return [];
  const behind = [...job.attempts].filter((one) =>
    one.channel === running.channel && one.startedMs === undefined && one.isInput && one !== stuck
  );
  return [...behind, running];
}

/**
 * So that accumulators can be combined, on which the client may wait before it takes any more results: the last attempt
 * at the input that is blocked by that, where the merge waits if it has been given.
 */
function forMerge(job: Job, nowMs: number): Attempt[] {
  if (job.orders.mergeCount === 0) return [];
  const stuck = [...job.attempts].filter((one) => !one.isInput && one.isBehind);
  const full = new Set(stuck.map((one) => one.channel));
  if (full.size === 0 && !job.waiting.some(({ order }) => order.isMerge)) return [];
  return listOf(
    last(job.attempts, "next", (one) =>
      one.isInput && one.isBlocked(nowMs, BLOCKED_FOR_MERGE_MS) &&
      (full.size === 0 || full.has(one.channel))),
  );
}

/**
 * So that what waits behind others at its worker can be done where it was given: the last second attempt at what is not
 * late. Both were asked for what one had not begun yet, and then began.
 */
function forWaiting(job: Job, nowMs: number): Attempt[] {
  const isLate = (one: Attempt) => lateMs(one) <= nowMs;
  const isWaiting = [...job.attempts].some((one) =>
    one.isBehind && one.segment.attempts.length === 1 && isLate(one)
  );
  if (!isWaiting) return [];
  return listOf(last(job.attempts, "givenMs", (one) => {
    const [first] = one.segment.attempts;
    return one.isSecond && first!.startedMs !== undefined && !isLate(first!);
  }));
}

/**
 * So that the results that can be held are not all behind something that nobody does: the last of those that wait until
 * they may send more. Otherwise those wait for it, and it for a place where they are.
 */
function forFull(job: Job, nowMs: number): Attempt[] {
  const { first } = job.order;
  if (!job.isFull || first === undefined || first.isDone) return [];
  const isStuck = first.attempts.every((one) =>
    one.startedMs === undefined && lateMs(one) <= nowMs
  );
  if (!isStuck) return [];
  return listOf(
    last(
      job.attempts,
      "next",
      (one) =>
        one.startedMs !== undefined && one.credit < MAX_PIECE_BYTES &&
        one.isInput && !one.segment.isFront,
    ),
  );
}
