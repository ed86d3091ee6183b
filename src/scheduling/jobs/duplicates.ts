import {
  BLOCKED_FOR_MERGE_MS,
  CHUNK_MAX_MS,
  CHUNK_MIN_MS,
  DUPLICATE_MIN_MS,
  MAX_PIECE_BYTES,
  SLOW_CHUNK_FACTOR,
} from "../../limits.ts";
import type { Attempt } from "./attempt.ts";
import type { Job } from "./job.ts";
import type { Segment } from "./segment.ts";
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

/**
 * What should be taken back, if the results that can be held are all behind something that nobody does: the last of
 * those who wait until they may send more. Otherwise those wait for it, and it for a place where they are.
 */
export function recallable(job: Job, nowMs: number): Attempt | undefined {
  const { first } = job.order;
  if (!job.isFull || first === undefined || first.isDone) return undefined;
  const isStuck = first.attempts.every((attempt) =>
    attempt.startedMs === undefined && lateMs(attempt) <= nowMs
  );
  if (!isStuck) return undefined;
  let last: Attempt | undefined;
  for (const attempt of job.attempts) {
    // One at a time: where it was, there is a place soon.
    if (attempt.isDropped) return undefined;
    const isBlocked = attempt.startedMs !== undefined && attempt.credit < MAX_PIECE_BYTES;
    if (!isBlocked || attempt.segment.isFront || attempt.segment.order !== job.order) continue;
    if (last === undefined || attempt.next > last.next) last = attempt;
  }
  return last;
}

/**
 * What should be taken back so that jobs that are {@linkcode isHungry} need not wait for what brings nobody further:
 * of others' attempts the last that was given of those that are second ones, and no further than the first, or that
 * are blocked, as their client does not read.
 */
export function superfluous(
  jobs: Iterable<Job>,
  hungry: readonly Job[],
  nowMs: number,
): Attempt | undefined {
  let last: Attempt | undefined;
  for (const job of jobs) {
    for (const attempt of job.attempts) {
      // One at a time: where it was, there is a place soon.
      if (attempt.isDropped) return undefined;
      const [first, second] = attempt.segment.attempts;
      const isSecond = attempt === second && attempt.next <= first!.next;
      if (hungry.includes(job) || !(isSecond || attempt.isBlocked(nowMs))) continue;
      if (last === undefined || attempt.givenMs > last.givenMs) last = attempt;
    }
  }
  return last;
}

/**
 * What should be taken back so that what waits behind others at its worker can be done where it was given: the last
 * second attempt at what is not late. Both were asked for what one had not begun yet, and then began.
 */
export function needless(job: Job, nowMs: number): Attempt | undefined {
  let last: Attempt | undefined;
  let isWaiting = false;
  for (const attempt of job.attempts) {
    // One at a time: where it was, there is a place soon.
    if (attempt.isDropped) return undefined;
    const { startedMs, channel, segment } = attempt;
    const [first, second] = segment.attempts;
    if (startedMs === undefined && second === undefined) {
      isWaiting ||= channel.running >= channel.slots && lateMs(attempt) <= nowMs;
    }
    if (attempt !== second || first!.startedMs === undefined || lateMs(first!) <= nowMs) continue;
    if (last === undefined || attempt.givenMs > last.givenMs) last = attempt;
  }
  return isWaiting ? last : undefined;
}

/**
 * What should be taken back so that accumulators can be combined, on which its client may wait before it takes any more
 * results: the last attempt at the input that is blocked by that, where the merge waits if it has been given.
 */
export function inTheWay(job: Job, nowMs: number): Attempt | undefined {
  let isWaiting = job.waiting.some(({ order }) => order !== job.order);
  let last: Attempt | undefined;
  const full = new Set<WorkerChannel>();
  for (const { isDropped, segment, startedMs, channel } of job.attempts) {
    // One at a time: where it was, there is a place soon.
    if (isDropped) return undefined;
    const isStuck = startedMs === undefined && channel.running >= channel.slots;
    if (segment.order !== job.order && isStuck) full.add(channel);
  }
  isWaiting &&= full.size === 0;
  if (!isWaiting && full.size === 0) return undefined;
  for (const attempt of job.attempts) {
    const isBlocked = attempt.segment.order === job.order &&
      attempt.isBlocked(nowMs, BLOCKED_FOR_MERGE_MS);
    if (!isBlocked || !(isWaiting || full.has(attempt.channel))) continue;
    if (last === undefined || attempt.next > last.next) last = attempt;
  }
  return last;
}

/**
 * Whether a job has something that could be done, and nobody to do it: all places have been taken, or what it was given
 * has waited behind others for longer than an idle worker would take.
 */
export function isHungry(job: Job, channels: readonly WorkerChannel[], nowMs: number): boolean {
  if (job.code === undefined || channels.every((channel) => channel.refuses(job))) return false;
  for (const attempt of job.attempts) {
    const { startedMs, channel } = attempt;
    // Where a slot is free for it, its module is being loaded or set up.
    const waits = startedMs === undefined && channel.running >= channel.slots;
    if (!waits || lateMs(attempt) > nowMs) return false;
  }
  const isGivable = job.input.count > 0 || job.waiting.some((segment) => !segment.isSuspect);
  return job.attempts.size > 0 || isGivable;
}

/**
 * What should be taken back so that what the client waits for, which was lost with its worker, need not wait for a
 * place, or at the worker that has it behind what comes later: the last that runs, and what waits behind that at the
 * same worker. What those have told is kept. A suspect stays: it would be the first to be given again.
 */
export function preempted(job: Job): Attempt[] {
  const { first } = job.order;
  if (first === undefined || first.isSuspect) return [];
  const stuck = stuckBehind(first);
  if (stuck === undefined && !job.waiting.includes(first)) return [];
  let last: Attempt | undefined;
  for (const attempt of job.attempts) {
    // One at a time: where it was, there is a place soon.
    if (attempt.isDropped) return [];
    const { segment } = attempt;
    const isOther = attempt.startedMs === undefined || segment.order !== job.order ||
      segment.isSuspect || (stuck !== undefined && attempt.channel !== stuck.channel);
    if (!isOther && (last === undefined || attempt.next > last.next)) last = attempt;
  }
  if (last === undefined) return [];
  const { channel } = last;
  const behind = [...job.attempts].filter((one) =>
    one.channel === channel && one.startedMs === undefined && one.segment.order === job.order &&
    one !== stuck
  );
  return [...behind, last];
}

/** The only attempt at a segment, if it waits at a worker all of whose slots do something else. */
function stuckBehind({ attempts }: Segment): Attempt | undefined {
  const [attempt] = attempts;
  if (attempt === undefined || attempts.length > 1 || attempt.startedMs !== undefined) return;
  const { channel } = attempt;
  return channel.running >= channel.slots ? attempt : undefined;
}
