import { Pulse } from "../../jobs/pulse.ts";
import { ChannelFramer, messageLine } from "../../jobs/channel_framer.ts";
import { isWhole, textOf } from "../../jobs/members.ts";
import type { OpenMessage } from "../../jobs/messages.ts";
import { PrintRate } from "../../jobs/print_rate.ts";
import { shown } from "../../jobs/shown.ts";
import {
  MAX_PRINT_BYTES_PER_SECOND,
  PRINT_COST_BYTES,
  SLOT_HEARTBEATS_TO_DOWN,
} from "../../limits.ts";
import type { ConnectionId, Effect } from "../../protocol/machine.ts";
import type { JsonObject } from "../../protocol/json.ts";
import type { Chunk, ChunkHolder } from "./chunk.ts";
import type { Job } from "./job.ts";
import { Run, type RunOutcome } from "./run.ts";

/** What a slot tells the runner. */
export interface SlotPort {
  effect(effect: Effect): void;
  /** Its run is over, in one way or another; after a fault or a verdict it must be ended. */
  ended(slot: Slot, run: Run, outcome: RunOutcome): void;
  /** Its job cannot go on. */
  jobFailed(slot: Slot, members: JsonObject): void;
  /** It has said what cannot be, while it ran nothing. */
  failed(slot: Slot, reason: string): void;
}

/** A process of ours in which one job's function runs; it is given one job, and never another. */
export class Slot implements ChunkHolder {
  readonly connection: ConnectionId;
  /** Whether its process has connected to us. */
  isReady = false;
  job: Job | undefined;
  run: Run | undefined;
  /** The chunk that it runs, or whose results are still on their way. */
  chunk: Chunk | undefined;
  /** When it is ended if it has not given back its chunk, which nobody wants any more. */
  dropByMs = Infinity;
  readonly pulse: Pulse;
  readonly #port: SlotPort;
  readonly #framer = new ChannelFramer();
  #isPaused = false;
  #lastNumber = 0;
  /** The slot itself keeps to half of this, and does not lose it to other seconds than its own. */
  readonly #prints = new PrintRate({
    mostBytes: 2 * MAX_PRINT_BYTES_PER_SECOND,
    costBytes: PRINT_COST_BYTES,
  });

  /** A slot whose process is being started. */
  constructor(connection: ConnectionId, port: SlotPort, nowMs: number) {
    this.connection = connection;
    this.#port = port;
    this.pulse = new Pulse(SLOT_HEARTBEATS_TO_DOWN, nowMs);
  }

  /** Whether it has a chunk in hand. */
  get isBusy(): boolean {
    return this.chunk !== undefined;
  }

  /** Whether it can be expected to answer. */
  get isListening(): boolean {
    return this.run !== undefined && !this.#isPaused;
  }

  /** It belongs to a job, whose module is here, from now on. */
  open(job: Job): void {
    this.job = job;
    const { open } = job;
    const { name, sha256, code_bytes, input, call, reduce, args, seed } = open;
    const { tells_apart, item_timeout_ms } = open;
    const message: OpenMessage = {
      op: "open",
      job: 1,
      ...{ name, sha256, code_bytes, input, call, reduce },
      ...(args === undefined ? {} : { args }),
      seed,
      ...(tells_apart === undefined ? {} : { tells_apart }),
      ...(item_timeout_ms === undefined ? {} : { item_timeout_ms }),
    };
    this.#send(message);
    // A fresh process knows no module: it need not ask for it.
    for (const piece of job.module ?? []) {
      this.#send({ op: "code", job: 1, bytes: piece.length }, piece);
    }
  }

  /** Runs what is next of a chunk. */
  begin(chunk: Chunk, worker: string | undefined, nowMs: number): void {
    const number = ++this.#lastNumber;
    const run = new Run(chunk, number, chunk.plan.begin(), worker, {
      grant: (credit) => this.#send({ op: "credit", job: 1, chunk: number, credit }),
    });
    this.run = chunk.run = run;
    this.chunk = chunk;
    chunk.holder = this;
    this.pulse.heard(nowMs);
    const [message, lines] = chunk.part(run.stretch, number, run.allowance);
    this.#send(message, lines[0]);
    for (const piece of lines.slice(1)) {
      this.#send({ op: "items", job: 1, chunk: number, bytes: piece.length }, piece);
    }
  }

  /** Asks for the chunk back: after its current item, and not later than `byMs`. */
  drop(byMs: number): void {
    if (this.run === undefined || this.dropByMs !== Infinity) return;
    this.dropByMs = byMs;
    this.#send({ op: "drop", job: 1, chunk: this.run.number });
  }

  /** Asks whether it lives. */
  ask(): void {
    this.#send({ op: "ping" });
  }

  /** The slot shall send no more results for now, or may again. */
  setPaused(isPaused: boolean): void {
    if (isPaused === this.#isPaused) return;
    this.#isPaused = isPaused;
    this.#port.effect({ kind: isPaused ? "pause" : "resume", connection: this.connection });
  }

  /** Everything of its chunk has been said, or another slot goes on with it. */
  chunkIsOver(): void {
    this.chunk = undefined;
  }

  /** Takes bytes of its process. */
  receive(bytes: Uint8Array, nowMs: number): void {
    this.pulse.heard(nowMs);
    this.#framer.push(bytes);
    // What it says may be its end, after which nothing it says counts.
    while (this.isReady) {
      const framed = this.#framer.next();
      if (framed === undefined) break;
      this.#take(framed.members, framed.payload, nowMs);
    }
    const { fault } = this.#framer;
    if (fault !== undefined && this.isReady) this.#fail(fault);
  }

  #take(members: JsonObject, payload: Uint8Array, nowMs: number): void {
    switch (members.op) {
      case "ping":
        return this.#send({ op: "pong" });
      case "pong":
      case "need":
        return;
      case "print":
        return this.#print(members, nowMs);
      case "job_failed":
        if (this.job === undefined) return this.#fail("sent job_failed without a job");
        return this.#port.jobFailed(this, members);
      default:
        return this.#takeOfRun(members, payload);
    }
  }

  #takeOfRun(members: JsonObject, payload: Uint8Array): void {
    const { run } = this;
    if (run === undefined || members.chunk !== run.number) {
      return this.#fail(`sent ${shown(members.op)} of no chunk that it has`);
    }
    const outcome = run.take(members, payload);
    if (outcome !== undefined) this.#end(run, outcome);
  }

  #end(run: Run, outcome: RunOutcome): void {
    this.run = run.chunk.run = undefined;
    this.dropByMs = Infinity;
    this.#port.ended(this, run, outcome);
  }

  #fail(reason: string): void {
    if (this.run !== undefined) this.#end(this.run, { kind: "fault", reason });
    else this.#port.failed(this, reason);
  }

  /** Passes on what the function prints. */
  #print({ position, text }: JsonObject, nowMs: number): void {
    const { job } = this;
    const clipped = textOf(text);
    if (job === undefined || clipped === undefined || !isWhole(position)) {
      return this.#fail("sent a print that is none");
    }
    for (const one of this.#prints.take(clipped, nowMs)) job.print(position, one);
  }

  #send(message: object, payload?: Uint8Array): void {
    const { connection } = this;
    this.#port.effect({ kind: "write", connection, text: messageLine(message) });
    if (payload === undefined || payload.length === 0) return;
    this.#port.effect({ kind: "write_bytes", connection, bytes: payload });
  }
}
