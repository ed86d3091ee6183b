import { EJECT_MAX_MS, EJECT_MIN_MS } from "../limits.ts";
import { backoffMs } from "./backoff.ts";

/**
 * What a coordinator thinks of a worker:
 * - `connecting`: a first dial, or the first after a loss, is under way; work may wait for it a moment;
 * - `up`: gets work;
 * - `suspect`: too slow, silent or failing; gets work only if nobody better is left;
 * - `probation`: was suspect, and gets one piece of work at a time until it has shown that it answers;
 * - `draining`: gets nothing new, on somebody's wish;
 * - `down`: not connected.
 */
export type WorkerState = "connecting" | "up" | "suspect" | "probation" | "draining" | "down";

/** Failures in a row that eject a worker. */
const FAILURES_TO_EJECT = 3;
/** Good replies in a row that end a probation. */
const SUCCESSES_TO_TRUST = 3;
const EJECTION = { minMs: EJECT_MIN_MS, maxMs: EJECT_MAX_MS };

/** What a worker's health needs of its surroundings. */
export interface HealthPort {
  /** The state has changed. */
  changed(state: WorkerState, reason: string): void;
  /** A tick is wanted at the given time. */
  wakeBy(atMs: number): void;
  /** A number in [0, 1). */
  random(): number;
}

/**
 * The health of one worker, told of what happens to it. Failures in a row eject it for a second, then two, four,
 * up to a minute; after that it is on probation. Silence makes it suspect until it is heard again.
 */
export class Health {
  state: WorkerState = "connecting";
  /** When the state began, in milliseconds of the machine's clock. */
  sinceMs = 0;
  /** Why the state is what it is; empty for `up`. */
  reason = "not connected yet";
  /** Grows whenever the worker starts afresh: what it failed at before, it may be asked again. */
  generation = 0;
  readonly #port: HealthPort;
  #isDraining = false;
  #isLeaving = false;
  /** Whether nothing has been heard of it for too long. */
  #isSilent = false;
  #failures = 0;
  #successes = 0;
  #ejections = 0;
  #ejectedUntilMs = -Infinity;

  /** The health of a worker that has not been dialled yet. */
  constructor(port: HealthPort) {
    this.#port = port;
  }

  /** Whether it is trusted with work. */
  get usable(): boolean {
    return this.state === "up" || this.state === "probation";
  }

  /** A dial that work may wait for has begun. */
  connecting(reason: string, nowMs: number): void {
    this.#set("connecting", reason, nowMs);
  }

  /** It is connected and greeted. */
  connected(nowMs: number): void {
    this.generation++;
    this.#isSilent = this.#isLeaving = false;
    this.#restore(nowMs);
  }

  /** The state of one that can be asked, by what it did before. */
  #restore(nowMs: number): void {
    if (this.#isDraining) this.#set("draining", "drained by request", nowMs);
    else if (this.#isSilent) this.#set("suspect", "silent", nowMs);
    else if (nowMs < this.#ejectedUntilMs) this.#suspectUntil(this.reason, nowMs);
    else if (this.#ejections > 0) this.#onProbation(nowMs);
    else this.#set("up", "", nowMs);
  }

  /** It is not connected any more. */
  disconnected(reason: string, nowMs: number): void {
    this.#set("down", reason, nowMs);
  }

  /** It has gone silent. It is trusted again when it is {@linkcode heard}. */
  silent(reason: string, nowMs: number): void {
    this.#isSilent = true;
    if (this.usable) this.#set("suspect", reason, nowMs);
  }

  /** It has answered after a silence. */
  heard(nowMs: number): void {
    this.#isSilent = false;
    if (this.state === "suspect" && nowMs >= this.#ejectedUntilMs) this.#restore(nowMs);
  }

  /** It was stopped rather than at fault: what it did before its connection was given up does not count. */
  forgive(): void {
    this.#ejectedUntilMs = -Infinity;
  }

  /** It has done a piece of work in time. */
  succeeded(nowMs: number): void {
    this.#failures = 0;
    if (this.state === "probation") {
      if (++this.#successes >= SUCCESSES_TO_TRUST) this.#set("up", "", nowMs);
    } else if (this.#ejections > 0 && this.state === "up" && nowMs - this.sinceMs > EJECT_MAX_MS) {
      this.#ejections = 0;
    }
  }

  /** A piece of work failed on it, or somebody else was faster by far. */
  failed(reason: string, nowMs: number): void {
    this.#failures++;
    if (this.state === "probation" || this.#failures >= FAILURES_TO_EJECT) {
      this.eject(reason, nowMs);
    }
  }

  /** It gets nothing for a while, longer every time. */
  eject(reason: string, nowMs: number): void {
    if (nowMs < this.#ejectedUntilMs) return;
    this.#failures = 0;
    this.#ejections++;
    this.#ejectedUntilMs = nowMs + backoffMs(this.#ejections, EJECTION, this.#port.random());
    if (this.usable || this.state === "suspect") this.#suspectUntil(reason, nowMs);
  }

  /** Somebody wants it to get nothing new, or wants that no longer. */
  drain(isDraining: boolean, nowMs: number): void {
    if (this.#isDraining === isDraining) return;
    this.#isDraining = isDraining;
    if (isDraining) {
      if (this.usable || this.state === "suspect") {
        this.#set("draining", "drained by request", nowMs);
      }
    } else if (this.state === "draining" && !this.#isLeaving) this.#restore(nowMs);
  }

  /** It leaves, and says so. */
  leaving(nowMs: number): void {
    this.#isLeaving = true;
    this.#set("draining", "said goodbye", nowMs);
  }

  /** Ends an ejection whose time is over. */
  tick(nowMs: number): void {
    if (this.state !== "suspect" || this.#isSilent) return;
    if (nowMs < this.#ejectedUntilMs) return this.#port.wakeBy(this.#ejectedUntilMs);
    this.#ejectedUntilMs = -Infinity;
    this.#onProbation(nowMs);
  }

  #suspectUntil(reason: string, nowMs: number): void {
    this.#set("suspect", reason, nowMs);
    this.#port.wakeBy(this.#ejectedUntilMs);
  }

  #onProbation(nowMs: number): void {
    this.#successes = 0;
    this.#set("probation", this.reason, nowMs);
  }

  #set(state: WorkerState, reason: string, nowMs: number): void {
    this.reason = reason;
    if (this.state === state) return;
    this.state = state;
    this.sinceMs = nowMs;
    this.#port.changed(state, reason);
  }
}
