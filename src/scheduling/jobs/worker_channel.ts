import { ChannelFramer, type Framed } from "../../jobs/channel_framer.ts";
import { isWhole, textOf } from "../../jobs/members.ts";
import type { ChunkMessage, PrintMessage } from "../../jobs/messages.ts";
import { Pulse } from "../../jobs/pulse.ts";
import {
  HEARTBEATS_TO_DOWN,
  JOB_REFUSAL_REST_MS,
  MAX_CHANNEL_ITEM_BYTES,
  MAX_HELD_CHUNK_BYTES,
  MAX_TOLD_SLOTS,
} from "../../limits.ts";
import type { ConnectionId } from "../../protocol/machine.ts";
import type { Worker } from "../worker.ts";
import type { Attempt } from "./attempt.ts";
import { ChannelWire, failureOf, msOf, pieces, type WirePort } from "./channel_wire.ts";
import type { Fault, Job, Refusal } from "./job.ts";
import type { Segment } from "./segment.ts";

/** What a channel to a worker needs of its surroundings. */
export interface WorkerChannelPort extends WirePort {
  /** There may be something to give, or somebody to give it to. */
  changed(): void;
  /** A worker cannot do a job; what it had of it is back already. */
  refused(job: Job, channel: WorkerChannel, refusal: Refusal): void;
}

/** What a worker says of itself when its channel is made. */
export interface ChannelOffer {
  /** How many chunks it runs at once. */
  readonly slots: number;
  /** Names its process, if it says so. */
  readonly instance?: string | undefined;
}

/** What a worker has in hand of one job. */
interface Opened {
  readonly job: Job;
  readonly attempts: Map<number, Attempt>;
  /** Whether the worker has been sent the module. */
  hasCode: boolean;
}

/** The channel to one worker: which jobs are open on it, and which chunks the worker has. */
export class WorkerChannel {
  readonly worker: Worker;
  readonly connection: ConnectionId;
  /** Names its process: another one after a restart, and the same one where only the way to it was gone. */
  readonly instance: string;
  /** How many chunks it runs at once. */
  slots: number;
  /** Chunks that it has in hand, those included that nobody wants any more. */
  inHand = 0;
  /** Bytes of items of those chunks. */
  #itemBytes = 0;
  /** Chunks that it runs. */
  running = 0;
  /** Whether it has said that it goes: it gets nothing new. */
  isLeaving = false;
  /** When it may be given something again after it gave back what it was given. */
  restsUntilMs = -Infinity;
  /** What it will run alone as soon as it has nothing else in hand. */
  reservedFor: Segment | undefined;
  /** What runs alone on it. */
  suspect: Attempt | undefined;
  readonly #wire: ChannelWire;
  readonly #port: WorkerChannelPort;
  readonly #framer = new ChannelFramer(({ job }) => this.#opened.has(job as number));
  readonly #opened = new Map<number, Opened>();
  /** Jobs that it cannot do, as far as is known, and when it may be asked again. */
  readonly #refusals = new Map<Job, number>();
  #pulse: Pulse;

  /** A channel that stands. */
  constructor(
    worker: Worker,
    connection: ConnectionId,
    { slots, instance }: ChannelOffer,
    port: WorkerChannelPort,
    nowMs: number,
  ) {
    this.worker = worker;
    this.connection = connection;
    // Of who does not say it, every loss is a death.
    this.instance = instance ?? `#${connection}`;
    this.slots = Math.min(slots, MAX_TOLD_SLOTS);
    this.#port = port;
    this.#wire = new ChannelWire(connection, port);
    this.#pulse = new Pulse(HEARTBEATS_TO_DOWN, nowMs);
  }

  /** Whether it is trusted with something new. */
  get isUsable(): boolean {
    return !this.isLeaving && this.worker.health.usable;
  }

  /** Whether it goes, and says so, but has something in hand: that is waited for, while its worker has gone already. */
  get isFinishing(): boolean {
    return this.inHand > 0 && (this.isLeaving || this.slots === 0);
  }

  /** Whether so much waits for it to be read that it is given nothing more. */
  get isClogged(): boolean {
    return this.#wire.unread.isMuch;
  }

  /** Whether it may have the given number of chunks in hand for each slot, and has fewer. */
  hasRoom(chunksPerSlot: number, nowMs: number): boolean {
    if (this.reservedFor !== undefined || this.suspect !== undefined || this.isClogged) {
      return false;
    }
    // However long the next one is: a worker that is sent more than it holds closes the channel.
    const holdsMore = this.#itemBytes + MAX_HELD_CHUNK_BYTES <= MAX_CHANNEL_ITEM_BYTES;
    return holdsMore && this.inHand < this.slots * chunksPerSlot && this.hasRested(nowMs);
  }

  /** Whether it may be given something, as it has not just given back what it was given. */
  hasRested(nowMs: number): boolean {
    return nowMs >= this.restsUntilMs;
  }

  /** Whether it has said that it cannot do a job, and has done nothing of it since. */
  refuses(job: Job): boolean {
    return this.#refusals.has(job);
  }

  /** Whether it may be asked to do something of a job: what it could not do a while ago it may be able to. */
  mayBeAsked(job: Job, nowMs: number): boolean {
    return nowMs >= (this.#refusals.get(job) ?? -Infinity);
  }

  /** Tells the worker of a job, if it does not know it. */
  open(job: Job): Opened {
    let opened = this.#opened.get(job.number);
    if (opened !== undefined) return opened;
    opened = { job, attempts: new Map(), hasCode: false };
    this.#opened.set(job.number, opened);
    this.#wire.send(job.opening);
    return opened;
  }

  /** Gives the worker a chunk. */
  give(attempt: Attempt): void {
    const { job, number, segment, credit } = attempt;
    const { position, count, first, lines, bytes } = segment.stretch;
    this.open(job).attempts.set(number, attempt);
    this.inHand++;
    this.#itemBytes += attempt.itemBytes;
    const chunk: ChunkMessage = {
      op: "chunk",
      job: job.number,
      chunk: number,
      position,
      count,
      ...(first === undefined ? { item_bytes: bytes } : { first: String(first) }),
      ...(segment.order.isMerge ? { merge: true } : {}),
      credit,
    };
    const [piece, ...others] = pieces(lines);
    if (piece === undefined) return this.#wire.send(chunk);
    this.#wire.send({ ...chunk, bytes: piece.length }, piece);
    for (const other of others) {
      this.#wire.send(
        { op: "items", job: job.number, chunk: number, bytes: other.length },
        other,
      );
    }
  }

  /** Allows more bytes of results. */
  credit({ job, number }: Attempt, credit: number): void {
    this.#wire.send({ op: "credit", job: job.number, chunk: number, credit });
  }

  /** Takes a chunk back. */
  drop({ job, number }: Attempt): void {
    this.#wire.send({ op: "drop", job: job.number, chunk: number });
  }

  /** A job is over. */
  close(job: Job): void {
    this.#refusals.delete(job);
    const opened = this.#opened.get(job.number);
    if (opened === undefined) return;
    this.#opened.delete(job.number);
    for (const attempt of opened.attempts.values()) this.#remove(attempt);
    this.#wire.send({ op: "close", job: job.number });
  }

  /** Everything that was sent has gone; gives whether there was so much that it has been given nothing more. */
  drained(): boolean {
    const wasClogged = this.#wire.unread.drained();
    if (wasClogged) this.#port.changed();
    return wasClogged;
  }

  /** Bytes came; gives what is wrong with them. */
  received(bytes: Uint8Array, nowMs: number): Fault {
    this.#pulse.heard(nowMs);
    const framer = this.#framer;
    framer.push(bytes);
    for (let framed = framer.next(); framed !== undefined; framed = framer.next()) {
      const fault = this.#take(framed, nowMs) ?? this.#wire.unread.fault;
      if (fault !== undefined) return fault;
    }
    return framer.fault;
  }

  /** The worker, or the way to it, is gone: everything that it had goes to others. */
  lost(): void {
    this.#wire.isClosed = true;
    for (const { job, attempts } of this.#opened.values()) {
      const all = [...attempts.values()];
      for (const attempt of all) this.#remove(attempt);
      for (const attempt of all) job.returned(attempt, 0, "lost");
      job.sizes.forget(this);
    }
    this.#opened.clear();
    this.#port.changed();
  }

  /** Asks whether the worker lives, if that is due; gives whether it is gone. */
  tick(nowMs: number): boolean {
    if (this.#opened.size === 0) {
      this.#pulse.heard(nowMs);
      return false;
    }
    const pulse = this.#pulse.tick(nowMs);
    if (pulse === "ask") this.#wire.send({ op: "ping" });
    return pulse === "gone";
  }

  #take({ members, payload }: Framed, nowMs: number): Fault {
    switch (members.op) {
      case "ping":
        return this.#wire.send({ op: "pong" }) as undefined;
      case "pong":
        return undefined;
      case "slots":
        if (isWhole(members.slots)) this.slots = Math.min(members.slots, MAX_TOLD_SLOTS);
        // Who had no slots for a while may have given chunks back as if it went.
        if (this.slots > 0) this.isLeaving = false;
        return this.#port.changed() as undefined;
    }
    const opened = this.#opened.get(members.job as number);
    // What was under way when a job was closed.
    if (opened === undefined) return undefined;
    const attempt = opened.attempts.get(members.chunk as number);
    if (attempt === undefined) return this.#takeOfJob(opened, members, nowMs);
    return this.#takeOfChunk(attempt, { members, payload }, nowMs);
  }

  #takeOfJob(opened: Opened, members: Framed["members"], nowMs: number): Fault {
    const { job } = opened;
    switch (members.op) {
      case "need": {
        if (opened.hasCode) return "asked for a module twice";
        opened.hasCode = true;
        for (const piece of pieces(job.code ?? [])) {
          this.#wire.send({ op: "code", job: job.number, bytes: piece.length }, piece);
        }
        return undefined;
      }
      case "print":
        return job.requester.print(
          {
            op: "print",
            job: 0,
            position: isWhole(members.position) ? members.position : 0,
            worker: textOf(members.worker) ?? this.worker.name,
            text: textOf(members.text) ?? "",
          } satisfies PrintMessage,
          nowMs,
        ) as undefined;
      case "job_failed":
        return this.#refuse(job, members, nowMs) as undefined;
    }
  }

  #takeOfChunk(attempt: Attempt, { members, payload }: Framed, nowMs: number): Fault {
    const { job } = attempt;
    const { position, count } = members;
    switch (members.op) {
      case "started":
        if (attempt.startedMs === undefined) this.running++;
        this.#refusals.delete(job);
        return job.started(attempt, nowMs) as undefined;
      case "at":
        if (isWhole(position)) attempt.movedTo(position);
        return undefined;
      case "result":
        if (!isWhole(position) || !isWhole(count)) return "sent a result without its place";
        return job.told(attempt, { position, count, payload, failure: undefined });
      case "failed": {
        const failure = failureOf(members, this.worker.name);
        if (failure === undefined) return "sent a failure that is none";
        const { position } = failure;
        return job.told(attempt, { position, count: 1, payload: undefined, failure });
      }
      case "done": {
        this.#remove(attempt);
        const fault = job.finished(attempt, msOf(members.ms));
        // What is wrong with it is found out before it counts as ended.
        if (fault !== undefined) job.returned(attempt, 0, "late");
        return fault;
      }
      case "returned":
        return this.#returned(attempt, members, nowMs) as undefined;
    }
  }

  #returned(attempt: Attempt, members: Framed["members"], nowMs: number): void {
    const { why } = members;
    this.#remove(attempt);
    const hasMoved = attempt.next > attempt.segment.stretch.position;
    if (why === "leaving") this.isLeaving = true;
    // Whoever gives back what he was just given would be given it again, and again.
    else if (!hasMoved && !attempt.isDropped) this.restsUntilMs = nowMs + REST_MS;
    const isKnown = why === "dropped" || why === "leaving" || why === "lost" || why === "late";
    attempt.job.returned(attempt, msOf(members.ms), isKnown ? why : "late");
    this.#port.changed();
  }

  #refuse(job: Job, members: Framed["members"], nowMs: number): void {
    const opened = this.#opened.get(job.number)!;
    this.#opened.delete(job.number);
    this.#refusals.set(job, nowMs + JOB_REFUSAL_REST_MS);
    for (const attempt of opened.attempts.values()) {
      this.#remove(attempt);
      job.returned(attempt, 0, "late");
    }
    this.#port.refused(job, this, {
      code: textOf(members.code) ?? "bad_job",
      error: textOf(members.error) ?? "",
      stack: textOf(members.stack),
    });
    this.#port.changed();
  }

  #remove(attempt: Attempt): void {
    const opened = this.#opened.get(attempt.job.number);
    opened?.attempts.delete(attempt.number);
    this.inHand--;
    this.#itemBytes -= attempt.itemBytes;
    if (attempt.startedMs !== undefined) this.running--;
    if (this.suspect === attempt) this.suspect = undefined;
    this.#port.changed();
  }
}

/** How long a worker that gave back what it had not begun gets nothing. */
const REST_MS = 100;
