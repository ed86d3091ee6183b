import type { OpenMessage } from "../../jobs/messages.ts";
import {
  CHANNEL_IDLE_MS,
  CHANNEL_SPARE_MS,
  JOB_WATCH_MS,
  LINGER_MS,
  MAX_CHANNELS,
  MAX_HOPS,
  MAX_JOBS,
  MAX_KEPT_CODE_BYTES,
  MAX_TAKEN_BYTES,
  STOP_GRACE_MS,
} from "../../limits.ts";
import { type WireError, wireError } from "../../protocol/errors.ts";
import type { ConnectionEvent, ConnectionId, Effect } from "../../protocol/machine.ts";
import type { Worker } from "../worker.ts";
import { Board } from "./board.ts";
import { ClientChannel } from "./client_channel.ts";
import { ClientJob } from "./client_job.ts";
import { type Code, CodeStore } from "./code_store.ts";
import type { Job, Refusal } from "./job.ts";
import { tellProgress, tellSlots } from "./progress.ts";
import { Shares } from "./shares.ts";
import type { ChannelOffer, WorkerChannel } from "./worker_channel.ts";
import { WorkerChannels } from "./worker_channels.ts";

/** What the jobs of a server need of their surroundings. */
export interface JobHubPort {
  /** All workers, as they are now. */
  readonly workers: readonly Worker[];
  /** A connection id that was never used before. */
  newConnection(): ConnectionId;
  /** A number in [0, 1). */
  random(): number;
  /** The SHA-256 of some bytes, in hexadecimal digits. It has no effect, so what is pure may be given it. */
  sha256(pieces: Code): string;
}

/** Detail of the error where a client does not send the module that it has announced. */
const NO_CODE = "no llega";
/** What a worker may say of a module that it cannot load or set up. */
const MODULE_FAULTS: readonly string[] = ["bad_code", "bad_exports", "setup_failed"];
/** What a worker of that job's code may say that is about the job, and not about the worker. */
const JOB_FAULTS: readonly string[] = [...MODULE_FAULTS, "bad_job", "job_cancelled"];

/**
 * Everything that a server has to do with jobs: the channels on both sides, the jobs between them, what is to be
 * done as effects. Its connections are its own from the reply to `channel` on.
 */
export class JobHub {
  /** When a tick is wanted. */
  wakeAtMs = Infinity;
  readonly board: Board;
  readonly #port: JobHubPort;
  readonly #clients = new Map<ConnectionId, ClientChannel>();
  readonly #running = new Map<Job, ClientJob>();
  readonly #workers: WorkerChannels;
  readonly #store = new CodeStore();
  readonly #shares = new Shares();
  #effects: Effect[] = [];
  #nowMs = 0;
  #lastJob = 0;
  #leavesAtMs = Infinity;
  #isStopping = false;
  /** When there was a job last. */
  #usedMs = 0;

  /** No jobs yet. */
  constructor(port: JobHubPort) {
    this.#port = port;
    const wakeBy = (atMs: number) => {
      if (atMs < this.wakeAtMs) this.wakeAtMs = atMs;
    };
    this.board = new Board({
      wakeBy,
      stalled: (job) => this.#stalled(job),
    });
    this.#workers = new WorkerChannels(this.board, {
      ...this.#wirePort(),
      newConnection: () => port.newConnection(),
      random: () => port.random(),
      effect: (effect) => this.#effects.push(effect),
      wakeBy,
      changed: () => this.board.changed(),
      refused: (...refusal) => this.#refused(...refusal),
    });
  }

  /** Whether nobody has anything to do with jobs any more. */
  get isIdle(): boolean {
    return this.#clients.size === 0;
  }

  /** Whether another client can have a channel, if need be in the place of one that nobody uses. */
  hasRoom(nowMs: number): boolean {
    return this.#clients.size < MAX_CHANNELS || this.#unused(nowMs) !== undefined;
  }

  /** Slots of all workers, as far as they are known. */
  get slots(): number {
    return this.#workers.slotsOf(this.#port.workers);
  }

  /** The channel to a worker, if there is one. */
  channelTo(worker: Worker): WorkerChannel | undefined {
    return this.#workers.of(worker);
  }

  /** Whether a connection is one of a job channel. */
  has(connection: ConnectionId): boolean {
    return this.#clients.has(connection) || this.#workers.has(connection);
  }

  /** A client's connection becomes a channel. */
  addClient(connection: ConnectionId, nowMs: number): void {
    if (this.#clients.size >= MAX_CHANNELS) {
      const unused = this.#unused(nowMs)!;
      this.#effects.push({ kind: "close", connection: unused.connection });
      this.#lost(unused);
    }
    const channel = new ClientChannel(connection, this.slots, {
      ...this.#wirePort(),
      open: (...opening) => this.#open(...opening),
      codeCame: (client) => this.#codeCame(client),
      linesCame: () => this.#linesCame(),
      closed: (client) => this.#close(client),
      changed: () => this.board.changed(),
    }, nowMs);
    this.#clients.set(connection, channel);
    this.#wake(nowMs);
  }

  /** A joined worker has dialled a channel. */
  addWorker(connection: ConnectionId, worker: Worker, offer: ChannelOffer, nowMs: number): void {
    this.#workers.add(connection, worker, offer, nowMs);
    this.#wake(nowMs);
  }

  /** The jobs, in the order in which they came. */
  get jobs(): Iterable<ClientJob> {
    return this.#running.values();
  }

  /** Ends a job on somebody's wish; gives whether there is one of that name. */
  cancel(name: string, nowMs: number): boolean {
    this.#nowMs = nowMs;
    const job = this.board.jobs.get(name);
    if (job !== undefined) this.#fail(job, wireError("job_cancelled"));
    return job !== undefined;
  }

  /** Takes an event of one of the connections. */
  step(event: ConnectionEvent, nowMs: number): void {
    this.#nowMs = nowMs;
    const client = this.#clients.get(event.connection);
    if (client === undefined) return this.#workers.step(event, nowMs);
    if (event.kind === "drained") return client.drained();
    if (event.kind === "closed") return this.#lost(client);
    if (event.kind !== "ended" && event.kind !== "received") return;
    const fault = event.kind === "ended" ? "" : client.received(event.bytes, nowMs);
    if (fault === undefined) return;
    if (fault !== "") this.#log(`the channel of a client is closed: it ${fault}`);
    this.#effects.push({ kind: "close", connection: client.connection });
    this.#lost(client);
  }

  /** Time has passed. */
  tick(nowMs: number): void {
    this.#nowMs = nowMs;
    this.wakeAtMs = Infinity;
    for (const client of [...this.#clients.values()]) {
      if (!client.tick(nowMs)) continue;
      this.#effects.push({ kind: "close", connection: client.connection });
      this.#lost(client);
    }
    if (this.#running.size > 0) this.#usedMs = nowMs;
    const isUsed = nowMs - this.#usedMs < CHANNEL_IDLE_MS;
    this.#workers.tick(this.#port.workers, this.#running.size > 0, isUsed, nowMs);
    this.board.tick(nowMs);
    const knowsNobody = this.#workers.knowsNobody(this.#port.workers);
    for (const client of this.#running.values()) {
      // Whoever had it may come back.
      const isHopeless = knowsNobody && !client.hasToldWorkers;
      if (client.isStuck(nowMs)) this.#fail(client.job, wireError("bad_code", NO_CODE));
      else if (isHopeless) this.#fail(client.job, wireError("no_code_worker"));
      else tellProgress(client, this.board, nowMs);
    }
    tellSlots(this.#clients.values(), this.slots, nowMs);
    for (const client of this.#clients.values()) this.#wake(client.dueMs);
    if (this.#running.size > 0) this.#wake(nowMs + JOB_WATCH_MS);
    else if (this.board.channels.size > 0 && isUsed) this.#wake(this.#usedMs + CHANNEL_IDLE_MS);
  }

  /** Ends in good order: what runs may finish for a while, all else is given back to the clients. */
  stop(nowMs: number): void {
    this.#nowMs = nowMs;
    this.#isStopping = true;
    this.#leavesAtMs = nowMs + STOP_GRACE_MS - LINGER_MS;
    this.board.stop();
    for (const { job } of this.#running.values()) {
      for (const attempt of [...job.attempts]) {
        if (attempt.startedMs === undefined && !attempt.isDropped) job.recall(attempt);
      }
    }
    if (!this.isIdle) this.#wake(this.#leavesAtMs);
  }

  /** Ends a step: gives out chunks, and what is to be done. */
  settle(effects: Effect[], nowMs: number): void {
    for (const { job } of this.#running.values()) job.sweep();
    if (this.#isStopping) this.#leave(nowMs);
    this.board.handOut(nowMs);
    for (const client of this.#running.values()) client.allowInput();
    if (this.#effects.length === 0) return;
    for (const effect of this.#effects) effects.push(effect);
    this.#effects = [];
  }

  #open(channel: ClientChannel, opening: OpenMessage, nowMs: number): ClientJob | WireError {
    if (this.#isStopping || this.#running.size >= MAX_JOBS) return wireError("too_many_jobs");
    if ((opening.hops ?? 0) >= MAX_HOPS) return wireError("too_many_hops");
    if (this.#workers.knowsNobody(this.#port.workers)) return wireError("no_code_worker");
    const number = ++this.#lastJob;
    const client = new ClientJob(channel, number, String(number), opening, nowMs, this.#shares);
    const { job } = client;
    this.board.jobs.set(job.name, job);
    this.#running.set(job, client);
    this.#shares.jobs = this.#running.size;
    const code = this.#store.get(opening.sha256, opening.code_bytes);
    if (code !== undefined) this.#begin(job, code);
    this.#wake(nowMs);
    return client;
  }

  /** More of a job's module has come. Nobody keeps room for what is only announced. */
  #codeCame({ job, code }: ClientJob): void {
    this.#holdWithin(MAX_KEPT_CODE_BYTES, (client) => client.codeBytes);
    if (code === undefined || !this.#running.has(job)) return;
    const { sha256 } = job.opening;
    if (this.#port.sha256(code) !== sha256) {
      return this.#fail(job, wireError("bad_code", "SHA-256"));
    }
    this.#store.keep(sha256, code);
    this.#begin(job, code);
    this.#wake(this.#nowMs);
  }

  /** A job has got more to do. */
  #linesCame(): void {
    this.#holdWithin(MAX_TAKEN_BYTES, (client) => client.takenBytes);
    this.board.changed();
  }

  /** Where all jobs hold too much, the one that holds most ends, of the client who has most. */
  #holdWithin(mostBytes: number, bytesOf: (client: ClientJob) => number): void {
    let sum = 0;
    const ofChannels = new Map<ClientChannel, number>();
    for (const client of this.#running.values()) {
      const bytes = bytesOf(client);
      sum += bytes;
      ofChannels.set(client.channel, (ofChannels.get(client.channel) ?? 0) + bytes);
    }
    if (sum <= mostBytes) return;
    const weight = (client: ClientJob) =>
      [ofChannels.get(client.channel)!, bytesOf(client)] as const;
    const [heaviest] = [...this.#running.values()].sort((one, other) => {
      const [a, b] = [weight(one), weight(other)];
      return b[0] - a[0] || b[1] - a[1];
    });
    this.#fail(heaviest!.job, wireError("too_many_jobs"));
  }

  /** Workers may be told of a job, for they may ask for its code. */
  #begin(job: Job, code: Code): void {
    job.code = code;
    this.#workers.announce(job);
    this.board.changed();
  }

  /** A worker cannot do a job: if that is the job's fault, it is over. */
  #refused(job: Job, channel: WorkerChannel, refusal: Refusal): void {
    const { code } = refusal;
    if (!JOB_FAULTS.includes(code)) return;
    // What runs elsewhere is not what is wrong, and only who has clients knows of their wishes.
    if (MODULE_FAULTS.includes(code) && job.hasRun) {
      job.refusal = refusal;
      return;
    }
    if (code === "job_cancelled" && !channel.worker.facts.isCoordinator) return;
    if (code === "bad_code") this.#store.forget(job.opening.sha256);
    this.#refuse(job, refusal);
  }

  /** A job has waited too long for somebody who can do it. */
  #stalled(job: Job): void {
    if (job.refusal === undefined) this.#fail(job, wireError("no_code_worker"));
    else this.#refuse(job, job.refusal);
  }

  #refuse(job: Job, { code, error, stack }: Refusal): void {
    this.#running.get(job)?.jobFailed(code, error, stack);
    this.#end(job);
  }

  #fail(job: Job, { code, text }: WireError): void {
    this.#refuse(job, { code, error: text });
  }

  #close(client: ClientJob): void {
    this.#end(client.job);
  }

  #end(job: Job): void {
    const client = this.#running.get(job);
    if (client === undefined) return;
    this.#running.delete(job);
    this.#shares.jobs = this.#running.size;
    client.channel.jobs.delete(client.number);
    client.channel.usedMs = this.#nowMs;
    this.board.remove(job);
    this.#usedMs = this.#nowMs;
    this.#wake(this.#nowMs + CHANNEL_IDLE_MS);
  }

  /** Of the channels on which there is no job the one that has been so for longest. */
  #unused(nowMs: number): ClientChannel | undefined {
    let longest: ClientChannel | undefined;
    for (const channel of this.#clients.values()) {
      if (channel.jobs.size > 0 || nowMs - channel.usedMs < CHANNEL_SPARE_MS) continue;
      if (longest === undefined || channel.usedMs < longest.usedMs) longest = channel;
    }
    return longest;
  }

  /** A client is gone, and with it its jobs. */
  #lost(channel: ClientChannel): void {
    this.#clients.delete(channel.connection);
    channel.wire.isClosed = true;
    for (const client of [...channel.jobs.values()]) this.#end(client.job);
  }

  /** Jobs of which nothing runs any more are given back, and those whose they are told to go. */
  #leave(nowMs: number): void {
    for (const client of [...this.#running.values()]) {
      const { job } = client;
      const runs = [...job.attempts].some((attempt) => !attempt.isDropped);
      if (runs && nowMs < this.#leavesAtMs) continue;
      for (const chunk of job.orders.chunks) {
        if (!chunk.isDropped) client.returned(chunk, "leaving");
      }
      this.#end(job);
    }
    for (const channel of [...this.#clients.values()]) {
      if (channel.jobs.size > 0) continue;
      this.#clients.delete(channel.connection);
      this.#effects.push({ kind: "finish", connection: channel.connection });
    }
  }

  #wirePort() {
    return {
      write: (connection: ConnectionId, text: string) => {
        this.#effects.push({ kind: "write", connection, text });
      },
      writeBytes: (connection: ConnectionId, bytes: Uint8Array) => {
        this.#effects.push({ kind: "write_bytes", connection, bytes });
      },
    };
  }

  #wake(atMs: number): void {
    if (atMs < this.wakeAtMs) this.wakeAtMs = atMs;
  }

  #log(text: string): void {
    this.#effects.push({ kind: "log", level: "warn", text });
  }
}
