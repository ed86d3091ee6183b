import { JOB_REFUSED_MS, JOB_STALL_MS, JOB_WATCH_MS } from "../../limits.ts";
import type { Crowd } from "./chunk_sizes.ts";
import { type Late, lateOf, slowest } from "./duplicates.ts";
import type { Job } from "./job.ts";
import { isHungry, spare, spareForOthers } from "./spare.ts";
import type { WorkerChannel } from "./worker_channel.ts";

/** How many chunks a worker may have for each slot: one that runs, and one that waits. */
const CHUNKS_PER_SLOT = 2;

/** What the board needs of its surroundings. */
export interface BoardPort {
  wakeBy(atMs: number): void;
  /** A job has had work and nobody to do it for too long. */
  stalled(job: Job): void;
}

/** All jobs and all channels to workers: who is given what next. */
export class Board {
  /** By the names by which people know them, in the order in which they came. */
  readonly jobs: Map<string, Job> = new Map();
  readonly channels: Set<WorkerChannel> = new Set();
  readonly #port: BoardPort;
  #crowd: Crowd = { slots: 0, places: 0 };
  #isChanged = false;
  #isStopping = false;

  /** No jobs and no channels. */
  constructor(port: BoardPort) {
    this.#port = port;
  }

  /** There may be something to give, or somebody to give it to. */
  changed(): void {
    this.#isChanged = true;
  }

  /** A worker can be given something. */
  add(channel: WorkerChannel): void {
    this.channels.add(channel);
    for (const job of this.jobs.values()) job.cameBack(channel.instance);
    this.changed();
  }

  /** Nothing is given to anybody any more. */
  stop(): void {
    this.#isStopping = true;
  }

  /** A job is over: nobody does anything for it any more. */
  remove(job: Job): void {
    this.jobs.delete(job.name);
    for (const channel of this.channels) channel.close(job);
    this.changed();
  }

  /** Gives out what can be given. */
  handOut(nowMs: number): void {
    if (!this.#isChanged || this.#isStopping) return;
    this.#isChanged = false;
    if (this.jobs.size === 0) return;
    const channels = this.#usable();
    const slots = channels.reduce((sum, channel) => sum + channel.slots, 0);
    this.#crowd = { slots: Math.max(1, slots), places: CHUNKS_PER_SLOT * Math.max(1, slots) };
    this.#freeReserved(channels, nowMs);
    this.#giveSuspects(channels, nowMs);
    // Nobody gets a second chunk for a slot while somebody else has none.
    for (let perSlot = 1; perSlot <= CHUNKS_PER_SLOT; perSlot++) {
      this.#giveRounds(channels, perSlot, nowMs);
    }
    for (const job of this.jobs.values()) {
      for (const one of spare(job, nowMs)) job.recall(one);
    }
    const hungry = [...this.jobs.values()].filter((job) => isHungry(job, channels, nowMs));
    const given = spareForOthers(this.jobs.values(), hungry, nowMs);
    if (given?.isBlocked(nowMs)) this.#setUnread(given.job);
    given?.job.recall(given);
    const idle = channels.filter((channel) => channel.hasRoom(1, nowMs));
    if (idle.length > 0) this.#giveAgain(idle, hungry, nowMs);
  }

  /** Time has passed: what is late is asked of others, and what cannot go on is told. */
  tick(nowMs: number): void {
    if (this.jobs.size === 0) return;
    this.#port.wakeBy(nowMs + JOB_WATCH_MS);
    for (const job of [...this.jobs.values()]) {
      for (const attempt of job.attempts) attempt.look(nowMs);
      if (!job.hasWork || this.#hasSlotFor(job)) job.stalledSinceMs = undefined;
      else job.stalledSinceMs ??= nowMs;
      const { stalledSinceMs = Infinity } = job;
      const mostMs = job.refusal === undefined ? JOB_STALL_MS : JOB_REFUSED_MS;
      if (nowMs - stalledSinceMs >= mostMs) this.#port.stalled(job);
    }
    this.changed();
  }

  /** A job's client does not read, and others have no slot: what waits would only be in their way, too. */
  #setUnread(job: Job): void {
    job.isUnread = true;
    for (const attempt of [...job.attempts]) {
      const isWaiting = attempt.startedMs === undefined && !attempt.isDropped;
      if (isWaiting && attempt.isInput) job.recall(attempt);
    }
  }

  /** Whether somebody can do a job. Who is drained may be wanted again; where others refuse that is not waited for. */
  #hasSlotFor(job: Job): boolean {
    const channels = job.refusal === undefined ? this.channels : this.#usable();
    return [...channels].some((one) => !one.isLeaving && one.slots > 0 && !one.refuses(job));
  }

  /** Those who are trusted; where there is none, those who are not trusted much. */
  #usable(): WorkerChannel[] {
    const all = [...this.channels].filter((channel) => !channel.isLeaving);
    const usable = all.filter((channel) => channel.isUsable);
    if (usable.length > 0) return usable;
    return all.filter((channel) => channel.worker.health.state === "suspect");
  }

  #giveRounds(channels: readonly WorkerChannel[], perSlot: number, nowMs: number): void {
    let open = channels;
    while (open.length > 0) {
      open = open.filter((channel) =>
        channel.hasRoom(perSlot, nowMs) && this.#giveOne(channel, nowMs)
      );
    }
  }

  /** Gives a worker a chunk of the job that has the fewest. */
  #giveOne(channel: WorkerChannel, nowMs: number): boolean {
    for (const job of this.#byTurn()) {
      if (job.code === undefined || !channel.mayBeAsked(job, nowMs)) continue;
      if (job.next(channel, this.#crowd, nowMs) !== undefined) return true;
    }
    return false;
  }

  #byTurn(): Iterable<Job> {
    if (this.jobs.size === 1) return this.jobs.values();
    return [...this.jobs.values()].sort((one, other) => one.attempts.size - other.attempts.size);
  }

  /** Those that have nothing to do do once more what others are late with: first what nobody has begun. */
  #giveAgain(idle: readonly WorkerChannel[], hungry: readonly Job[], nowMs: number): void {
    const others = [...this.#byTurn()].filter((job) => !hungry.includes(job));
    // Once for all who are idle: there may be thousands of them, and of chunks.
    const late = [...hungry, ...others].map((job) => ({ job, ...lateOf(job, nowMs) }));
    for (const { nextMs } of late) this.#port.wakeBy(nextMs);
    for (const channel of idle) {
      for (const one of late) if (!this.#giveAgainTo(channel, one, nowMs)) break;
    }
  }

  /** Gives an idle worker what of a job is late; gives whether it has room for more. */
  #giveAgainTo(channel: WorkerChannel, late: Late & { readonly job: Job }, nowMs: number): boolean {
    const { job } = late;
    while (channel.mayBeAsked(job, nowMs)) {
      const attempt = slowest(late, channel);
      if (attempt === undefined) return true;
      job.giveAgain(attempt, channel, this.#crowd.places, nowMs);
      if (!channel.hasRoom(1, nowMs)) return false;
    }
    return true;
  }

  /** Nobody is kept free for what does not wait any more, or cannot be given to him. */
  #freeReserved(channels: readonly WorkerChannel[], nowMs: number): void {
    for (const channel of this.channels) {
      const { reservedFor } = channel;
      if (reservedFor === undefined) continue;
      const isRight = channels.includes(channel) &&
        [...this.jobs.values()].some((job) =>
          channel.mayBeAsked(job, nowMs) && reservedFor.isSuspect && !isMerging(job) &&
          job.waiting.includes(reservedFor)
        );
      if (!isRight) channel.reservedFor = undefined;
    }
  }

  /** What may be the death of its worker runs where it runs alone. */
  #giveSuspects(channels: readonly WorkerChannel[], nowMs: number): void {
    for (const job of this.jobs.values()) {
      if (isMerging(job)) continue;
      for (const segment of job.waiting.filter((one) => one.isSuspect)) {
        const reserved = channels.find((one) => one.reservedFor === segment);
        const least = leastBusy(
          channels.filter((one) => one.mayBeAsked(job, nowMs) && one.hasRested(nowMs)),
        );
        // Another may have become idle first.
        const isMoved = reserved === undefined || (reserved.inHand > 0 && least?.inHand === 0);
        const channel = isMoved ? least : reserved;
        if (channel === undefined) continue;
        if (isMoved && reserved !== undefined) reserved.reservedFor = undefined;
        channel.reservedFor = segment;
        if (channel.inHand > 0) continue;
        channel.reservedFor = undefined;
        job.waiting.splice(job.waiting.indexOf(segment), 1);
        channel.suspect = job.give(segment, channel, this.#crowd.places, nowMs);
        channel.suspect.isAlone = true;
      }
    }
  }
}

/** Whether accumulators wait for a slot, on which a job's client may wait before it reads on. */
function isMerging({ waiting }: Job): boolean {
  return waiting.some(({ order, isSuspect }) => order.isMerge && !isSuspect);
}

/** Of those that are not reserved the one with the least to do. */
function leastBusy(channels: readonly WorkerChannel[]): WorkerChannel | undefined {
  let best: WorkerChannel | undefined;
  for (const channel of channels) {
    if (channel.reservedFor !== undefined || channel.suspect !== undefined) continue;
    if (channel.slots > 0 && (best === undefined || channel.inHand < best.inHand)) best = channel;
  }
  return best;
}
