import type { ConnectionEvent, ConnectionId } from "../../protocol/machine.ts";
import { MAX_TOLD_SLOTS } from "../../limits.ts";
import type { Worker } from "../worker.ts";
import type { Board } from "./board.ts";
import { ChannelDial, type ChannelDialPort } from "./channel_dial.ts";
import type { Job } from "./job.ts";
import { type ChannelOffer, WorkerChannel, type WorkerChannelPort } from "./worker_channel.ts";

/** What the channels to workers need of their surroundings. */
export interface WorkerChannelsPort extends WorkerChannelPort, Omit<ChannelDialPort, "opened"> {}

/** The channels to all workers: those that we dial while there are jobs, and those that joined workers dial. */
export class WorkerChannels {
  readonly #board: Board;
  readonly #port: WorkerChannelsPort;
  readonly #dials = new Map<Worker, ChannelDial>();
  readonly #byConnection = new Map<ConnectionId, ChannelDial | WorkerChannel>();
  readonly #byWorker = new Map<Worker, WorkerChannel>();
  #nowMs = 0;

  /** No channels yet. */
  constructor(board: Board, port: WorkerChannelsPort) {
    this.#board = board;
    this.#port = port;
  }

  /** Whether a connection is one of them. */
  has(connection: ConnectionId): boolean {
    return this.#byConnection.has(connection);
  }

  /** The channel to a worker that stands. */
  of(worker: Worker): WorkerChannel | undefined {
    return this.#byWorker.get(worker);
  }

  /** Slots of workers that are there, whether or not a channel to them stands. */
  slotsOf(workers: readonly Worker[]): number {
    let slots = 0;
    for (const worker of workers) {
      if (worker.health.usable) slots += this.of(worker)?.slots ?? worker.facts.slots ?? 0;
    }
    return Math.min(slots, MAX_TOLD_SLOTS);
  }

  /** Whether every worker is known, and none of them runs code. One that is away may come back as one that does. */
  knowsNobody(workers: readonly Worker[]): boolean {
    return workers.every((worker) => worker.health.usable && !mayRunCode(worker));
  }

  /** A worker's channel stands; one that it had before is replaced. */
  add(
    connection: ConnectionId,
    worker: Worker,
    offer: ChannelOffer,
    nowMs: number,
  ): WorkerChannel {
    const before = this.of(worker);
    if (before !== undefined) this.#close(before, nowMs);
    const channel = new WorkerChannel(worker, connection, offer, this.#port, nowMs);
    this.#byConnection.set(connection, channel);
    this.#byWorker.set(worker, channel);
    this.#board.add(channel);
    this.#announceAll(channel);
    return channel;
  }

  #announceAll(channel: WorkerChannel): void {
    for (const job of this.#board.jobs.values()) if (job.code !== undefined) announce(job, channel);
  }

  /** Tells coordinators of a job whose code is here. */
  announce(job: Job): void {
    for (const channel of this.#byWorker.values()) announce(job, channel);
  }

  /** Takes an event of one of the connections. */
  step(event: ConnectionEvent, nowMs: number): void {
    this.#nowMs = nowMs;
    const { connection } = event;
    const end = this.#byConnection.get(connection);
    if (end === undefined) return;
    if (end instanceof ChannelDial) {
      if (event.kind === "closed") this.#byConnection.delete(connection);
      return end.step(event, nowMs);
    }
    if (event.kind === "received") this.#received(end, event.bytes, nowMs);
    else if (event.kind === "drained") {
      if (end.drained()) this.#announceAll(end);
    } else if (event.kind === "ended") this.#close(end, nowMs);
    else if (event.kind === "closed") {
      this.#dials.get(end.worker)?.lost(nowMs);
      this.#forget(end);
    }
  }

  /** Dials where there are jobs, closes what is of no use, asks whether they live. */
  tick(workers: readonly Worker[], hasJobs: boolean, isUsed: boolean, nowMs: number): void {
    this.#nowMs = nowMs;
    for (const channel of [...this.#byWorker.values()]) {
      const { worker } = channel;
      const isIdle = !isUsed && worker.isConfigured;
      const isGone = !worker.isConnectable && !channel.isFinishing;
      if (channel.tick(nowMs) || isGone || isIdle) this.#close(channel, nowMs);
    }
    for (const [worker, dial] of this.#dials) {
      if (worker.isConnectable && (hasJobs || dial.isOpen)) continue;
      if (this.of(worker)?.isFinishing) continue;
      dial.close();
      this.#dials.delete(worker);
    }
    if (!hasJobs) return;
    for (const worker of workers) {
      const { address } = worker;
      if (address === undefined || !worker.isConnectable || !runsCode(worker)) continue;
      let dial = this.#dials.get(worker);
      if (dial === undefined) this.#dials.set(worker, dial = this.#newDial(worker));
      if (dial.isOpen) continue;
      dial.tick(address, nowMs);
      if (dial.connection !== undefined) this.#byConnection.set(dial.connection, dial);
    }
  }

  #newDial(worker: Worker): ChannelDial {
    return new ChannelDial(worker, {
      newConnection: this.#port.newConnection,
      effect: (effect) => {
        if (effect.kind === "close") this.#byConnection.delete(effect.connection);
        this.#port.effect(effect);
      },
      wakeBy: this.#port.wakeBy,
      random: this.#port.random,
      opened: (dial, offer, rest) => {
        this.add(dial.connection!, worker, offer, this.#nowMs);
        if (rest.length > 0) this.#received(this.of(worker)!, rest, this.#nowMs);
      },
    });
  }

  #received(channel: WorkerChannel, bytes: Uint8Array, nowMs: number): void {
    const fault = channel.received(bytes, nowMs);
    if (fault === undefined) return;
    const text = `the channel of worker ${channel.worker.name} is closed: it ${fault}`;
    this.#port.effect({ kind: "log", level: "warn", text });
    this.#close(channel, nowMs);
  }

  #close(channel: WorkerChannel, nowMs: number): void {
    const { worker, connection } = channel;
    this.#port.effect({ kind: "close", connection });
    const dial = this.#dials.get(worker);
    if (dial?.connection === connection) dial.lost(nowMs);
    this.#forget(channel);
  }

  #forget(channel: WorkerChannel): void {
    this.#byConnection.delete(channel.connection);
    if (this.of(channel.worker) === channel) this.#byWorker.delete(channel.worker);
    this.#board.channels.delete(channel);
    channel.lost();
  }
}

/** Tells a coordinator of a job, if it reads: how many slots it has it says only while it has a job. */
function announce(job: Job, channel: WorkerChannel): void {
  if (channel.worker.facts.isCoordinator && !channel.isClogged) channel.open(job);
}

/** Whether a worker may run code, as it has not said that it does not. */
function mayRunCode(worker: Worker): boolean {
  return worker.protocol === "unknown" || runsCode(worker);
}

/** Whether a worker runs code, as it has said. */
function runsCode({ facts, protocol }: Worker): boolean {
  if (protocol !== "full") return false;
  return facts.isCoordinator === true || (facts.slots ?? 0) > 0;
}
