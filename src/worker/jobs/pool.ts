import {
  MAX_STARTING_SLOTS,
  SLOT_FAILURES_TO_NONE,
  SLOT_REFILL_MS,
  SLOT_RESTART_MAX_MS,
  SLOT_RESTART_MIN_MS,
} from "../../limits.ts";
import type { ConnectionId } from "../../protocol/machine.ts";
import { backoffMs } from "../../scheduling/backoff.ts";
import type { RunnerPort } from "./port.ts";
import { Slot, type SlotPort } from "./slot.ts";

const RESTART = { minMs: SLOT_RESTART_MIN_MS, maxMs: SLOT_RESTART_MAX_MS };

/**
 * The slots of a worker: those that belong to a job, and fresh ones for the next. There are as many fresh ones
 * as there is room for jobs and one to spare, so that neither a new job nor a death waits for a process. While all
 * are taken the one is enough: more would take memory, and time from the job.
 *
 * Invariant: at most `size` slots belong to jobs, and at most `size` + 1 are fresh.
 */
export class Pool {
  /** How many may belong to jobs. */
  readonly size: number;
  readonly #slots = new Map<ConnectionId, Slot>();
  /** Those that belong to no job, in the order in which they were started. */
  readonly #fresh = new Set<Slot>();
  readonly #port: RunnerPort;
  readonly #slotPort: SlotPort;
  /** Starts that failed, one after the other. */
  #failures = 0;
  #retryAtMs = 0;
  /** When those that were taken are replaced, as long as there is one to spare. */
  #refillAtMs = 0;
  #isClosed = false;

  /** No slots yet. */
  constructor(size: number, port: RunnerPort, slotPort: SlotPort) {
    this.size = size;
    this.#port = port;
    this.#slotPort = slotPort;
  }

  /** The slot behind a connection. */
  get(connection: ConnectionId): Slot | undefined {
    return this.#slots.get(connection);
  }

  /** All that there are. */
  get all(): Iterable<Slot> {
    return this.#slots.values();
  }

  /** How many belong to jobs. */
  get taken(): number {
    return this.#slots.size - this.#fresh.size;
  }

  /** Whether processes cannot be started here, as far as is known. */
  get isBroken(): boolean {
    return this.#failures >= SLOT_FAILURES_TO_NONE;
  }

  /** When {@linkcode fill} has to be asked again, after `nowMs`. */
  retryAtMs(nowMs: number): number {
    if (this.#isClosed) return Infinity;
    if (this.#failures > 0) return this.#retryAtMs;
    return nowMs < this.#refillAtMs ? this.#refillAtMs : Infinity;
  }

  /** Starts what is missing; after a failure one, which shows whether the others would start. */
  fill(nowMs: number): void {
    if (this.#isClosed) return;
    const missing = this.size + 1 - this.taken - this.#fresh.size;
    if (this.#failures === 0) {
      if (nowMs < this.#refillAtMs && this.ready !== undefined) return;
      const starts = Math.min(missing, MAX_STARTING_SLOTS - this.#starting);
      for (let count = 0; count < starts; count++) this.#start(nowMs);
    } else if (missing > 0 && nowMs >= this.#retryAtMs) {
      this.#retryAtMs = Infinity;
      this.#start(nowMs);
    }
  }

  /** A process has connected to us. */
  connected(slot: Slot): void {
    slot.isReady = true;
    this.#failures = 0;
  }

  /** A fresh slot that is ready, if there is one. */
  get ready(): Slot | undefined {
    for (const slot of this.#fresh) if (slot.isReady) return slot;
    return undefined;
  }

  /**
   * A fresh slot has been given a job. Another one in its place waits a little: to start a process holds up this
   * one, and takes from the job the time in which it gives its first results.
   */
  take(slot: Slot, nowMs: number): void {
    this.#fresh.delete(slot);
    this.#refillAtMs = nowMs + SLOT_REFILL_MS;
    this.#port.wakeBy(this.#refillAtMs);
  }

  /** A slot is gone. One that had no job has failed: the next start waits. */
  remove(slot: Slot, nowMs: number): void {
    slot.isReady = false;
    this.#slots.delete(slot.connection);
    const isFailure = this.#fresh.delete(slot);
    // Those that were started together fail together, which is one failure.
    const isKnown = this.#failures > 0 && nowMs < this.#retryAtMs && this.#retryAtMs < Infinity;
    if (!isFailure || isKnown) return;
    this.#failures++;
    this.#retryAtMs = nowMs + backoffMs(this.#failures, RESTART, this.#port.random());
    this.#port.wakeBy(this.#retryAtMs);
  }

  /** How many are being started. */
  get #starting(): number {
    let count = 0;
    for (const { isReady } of this.#fresh) if (!isReady) count++;
    return count;
  }

  /** Ends a slot at once. */
  kill(slot: Slot): void {
    slot.isReady = false;
    this.#slots.delete(slot.connection);
    this.#fresh.delete(slot);
    this.#port.effect({ kind: "close", connection: slot.connection });
  }

  /** Ends all slots, and starts no more. */
  close(): void {
    this.#isClosed = true;
    for (const slot of [...this.#slots.values()]) this.kill(slot);
  }

  #start(nowMs: number): void {
    const slot = new Slot(this.#port.newConnection(), this.#slotPort, nowMs);
    this.#slots.set(slot.connection, slot);
    this.#fresh.add(slot);
    this.#port.effect({ kind: "spawn", connection: slot.connection });
  }
}
