import { DROP_GRACE_MS, HEARTBEAT_INTERVAL_MS, MAX_CHANNELS, MAX_JOBS } from "../../limits.ts";
import type { ConnectionEvent, ConnectionId } from "../../protocol/machine.ts";
import { Channel } from "./channel.ts";
import type { Chunk, ReturnReason } from "./chunk.ts";
import type { Job, JobPort } from "./job.ts";
import { Keeper } from "./keeper.ts";
import { Modules } from "./modules.ts";
import type { RunnerOptions, RunnerPort } from "./port.ts";
import { itemBytes, type RequestsPort, takeRequest } from "./requests.ts";
import { type Match, nextMatch } from "./scheduler.ts";

/**
 * Runs what requesters give it: their jobs' chunks in slots, as many at once as there are, whatever dies under
 * them. Results go up as they come; what is told of a chunk is told once and in order.
 */
export class Runner {
  readonly #options: RunnerOptions;
  readonly #port: RunnerPort;
  readonly #keeper: Keeper;
  readonly #modules: Modules;
  readonly #channels = new Map<ConnectionId, Channel>();
  readonly #jobs = new Set<Job>();
  readonly #requests: RequestsPort;
  #nowMs = 0;
  #served = 0;
  #isLeaving = false;
  /** How many slots requesters have been told of. */
  #toldSlots: number;

  /** A runner without channels. It starts its slots with its first {@linkcode tick}. */
  constructor(options: RunnerOptions, port: RunnerPort) {
    this.#options = options;
    this.#port = port;
    this.#toldSlots = options.slots;
    this.#modules = new Modules(options.sha256);
    this.#keeper = new Keeper(options.slots, port);
    this.#requests = this.#requestsPort();
  }

  /** Whether another channel can be taken. */
  get hasRoom(): boolean {
    return this.#channels.size < MAX_CHANNELS && !this.#isLeaving;
  }

  /** Whether it has left all channels, as it was asked. */
  get isOver(): boolean {
    return this.#isLeaving && this.#channels.size === 0;
  }

  /** How many jobs run here. */
  get jobs(): number {
    return this.#jobs.size;
  }

  /** Whether a connection is a channel or a slot. */
  has(connection: ConnectionId): boolean {
    return this.#channels.has(connection) || this.#keeper.pool.get(connection) !== undefined;
  }

  /** A connection is a channel from now on; `worker` is what we are called there. */
  takeChannel(connection: ConnectionId, worker: string | undefined, nowMs: number): void {
    const channel = new Channel(connection, worker, {
      effect: (effect) => this.#port.effect(effect),
      message: (from, members, payload) => {
        const reason = takeRequest(this.#requests, from, members, payload);
        if (reason !== undefined) this.#closeChannel(from, reason);
      },
      misused: (from, reason) => this.#closeChannel(from, reason),
    }, nowMs);
    this.#channels.set(connection, channel);
    this.#port.wakeBy(channel.pulse.dueMs);
    if (this.#toldSlots !== this.#options.slots) {
      channel.send({ op: "slots", slots: this.#toldSlots });
    }
  }

  /** Takes an event of a channel or a slot. */
  step(event: ConnectionEvent, nowMs: number): void {
    this.#nowMs = nowMs;
    const channel = this.#channels.get(event.connection);
    if (channel !== undefined) this.#stepChannel(channel, event);
    const slot = this.#keeper.pool.get(event.connection);
    if (slot !== undefined) this.#keeper.step(slot, event, nowMs);
    this.#settle();
  }

  /** Time has passed. */
  tick(nowMs: number): void {
    this.#nowMs = nowMs;
    this.#checkChannels();
    this.#modules.tick(nowMs);
    this.#keeper.check(nowMs);
    this.#settle();
    this.#wake();
  }

  /**
   * Takes no more work and gives back what it has, after the items that run: the channels end when all is said.
   */
  leave(nowMs: number): void {
    this.#nowMs = nowMs;
    this.#isLeaving = true;
    this.#tellSlots();
    for (const job of this.#jobs) {
      for (const chunk of [...job.chunks.values()]) this.#giveBack(chunk, "leaving");
    }
    this.#settle();
  }

  #requestsPort(): RequestsPort {
    return {
      slots: this.#options.slots,
      jobPort: this.#jobPort(),
      mayOpen: () => this.#jobs.size < MAX_JOBS,
      isLeaving: () => this.#isLeaving,
      opened: (job) => {
        this.#jobs.add(job);
        this.#port.wakeBy(this.#nowMs + HEARTBEAT_INTERVAL_MS);
        this.#modules.open(job, this.#nowMs);
      },
      closed: (job) => this.#endJob(job),
      code: (job, piece) => this.#modules.take(job, piece, this.#nowMs),
      complete: (chunk) => {
        if (this.#toldSlots === 0) this.#giveBack(chunk, this.#whyNone);
        else chunk.job.enqueue(chunk);
      },
      drop: (chunk) => this.#giveBack(chunk, "dropped"),
    };
  }

  #jobPort(): JobPort {
    return {
      forgot: (chunk) => {
        const { channel } = chunk.job;
        channel.chunks.delete(chunk);
        channel.itemBytes -= itemBytes(chunk.message);
      },
      ended: (job) => this.#endJob(job),
    };
  }

  #stepChannel(channel: Channel, event: ConnectionEvent): void {
    if (event.kind === "received") channel.receive(event.bytes, this.#nowMs);
    else if (event.kind === "drained") channel.drained();
    else if (event.kind === "ended") this.#closeChannel(channel, undefined);
    else if (event.kind === "closed") this.#forgetChannel(channel);
  }

  /** A requester's end: at once, with all that runs for it. */
  #closeChannel(channel: Channel, reason: string | undefined): void {
    if (reason !== undefined) this.#log("warn", `closed a job channel, whose requester ${reason}`);
    this.#port.effect({ kind: "close", connection: channel.connection });
    this.#forgetChannel(channel);
  }

  #forgetChannel(channel: Channel): void {
    channel.close();
    this.#channels.delete(channel.connection);
    for (const job of [...channel.jobs.values()]) this.#endJob(job);
    this.#port.channelEnded(channel.connection);
  }

  /** Everything of a job ends now. */
  #endJob(job: Job): void {
    if (job.isOver) return;
    job.isOver = true;
    this.#jobs.delete(job);
    job.channel.jobs.delete(job.number);
    for (const slot of [...job.slots]) this.#keeper.kill(slot);
    job.waiting.length = 0;
    for (const chunk of [...job.chunks.values()]) job.forget(chunk);
    this.#modules.close(job, this.#nowMs);
  }

  /** A chunk, or what is left of it, goes back to whom it came from. */
  #giveBack(chunk: Chunk, why: ReturnReason): void {
    if (chunk.isConcluded) {
      // What waits for credit is not wanted any more.
      if (why === "dropped") chunk.conclude(why);
      return;
    }
    // What has been thrown away for a requester that wants none of it cannot be told of when we leave.
    if (chunk.ending === "dropped") return;
    chunk.ending = why;
    if (why === "dropped") chunk.outbox.clear();
    chunk.flush();
    if (chunk.run !== undefined) {
      const byMs = this.#nowMs + DROP_GRACE_MS;
      chunk.holder?.drop(byMs);
      this.#port.wakeBy(byMs);
      return;
    }
    const { waiting } = chunk.job;
    const place = waiting.indexOf(chunk);
    if (place >= 0) waiting.splice(place, 1);
    chunk.conclude(why);
  }

  #checkChannels(): void {
    for (const channel of [...this.#channels.values()]) {
      const verdict = channel.pulse.tick(this.#nowMs);
      if (verdict === "ask") channel.send({ op: "ping" });
      else if (verdict === "gone") this.#closeChannel(channel, "is silent");
    }
  }

  #settle(): void {
    if (!this.#isLeaving) {
      for (let match = this.#next(); match !== undefined; match = this.#next()) {
        const { job, chunk, slot, displaced } = match;
        if (displaced !== undefined) this.#keeper.kill(displaced);
        if (slot.job === undefined) {
          this.#keeper.pool.take(slot, this.#nowMs);
          job.slots.add(slot);
          slot.open(job);
        }
        job.servedAt = ++this.#served;
        job.waiting.splice(job.waiting.indexOf(chunk), 1);
        slot.begin(chunk, job.worker, this.#nowMs);
        this.#port.wakeBy(this.#nowMs + HEARTBEAT_INTERVAL_MS);
      }
      this.#keeper.pool.fill(this.#nowMs);
      this.#tellSlots();
      return;
    }
    for (const channel of [...this.#channels.values()]) {
      if (channel.chunks.size > 0) continue;
      this.#port.effect({ kind: "finish", connection: channel.connection });
      this.#forgetChannel(channel);
    }
    if (this.#channels.size === 0) this.#keeper.pool.close();
  }

  #next(): Match | undefined {
    return nextMatch(this.#jobs, this.#keeper.pool);
  }

  /** Tells requesters how much runs here at once, if that has changed; what cannot run goes back to them. */
  #tellSlots(): void {
    const isNone = this.#isLeaving || (this.#keeper.pool.isBroken && this.#keeper.pool.taken === 0);
    const slots = isNone ? 0 : this.#options.slots;
    if (slots === this.#toldSlots) return;
    this.#toldSlots = slots;
    for (const channel of this.#channels.values()) channel.send({ op: "slots", slots });
    if (slots > 0) return;
    for (const job of this.#jobs) {
      for (const chunk of [...job.waiting]) this.#giveBack(chunk, this.#whyNone);
    }
  }

  /** Why nothing can be done here: for ever, or until processes can be started. */
  get #whyNone(): ReturnReason {
    return this.#isLeaving ? "leaving" : "late";
  }

  #wake(): void {
    this.#port.wakeBy(this.#keeper.pool.retryAtMs(this.#nowMs));
    for (const { pulse } of this.#channels.values()) this.#port.wakeBy(pulse.dueMs);
    this.#port.wakeBy(this.#modules.dueMs);
    this.#port.wakeBy(this.#keeper.dueMs);
  }

  #log(level: "info" | "warn", text: string): void {
    this.#port.effect({ kind: "log", level, text });
  }
}
