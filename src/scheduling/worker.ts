import {
  CONNECT_TIMEOUT_MS,
  HELLO_TIMEOUT_MS,
  PLAIN_CONNECTIONS,
  PLAIN_RECHECK_MS,
  REDIAL_MAX_MS,
  REDIAL_MIN_MS,
  TRIAL_MAX_MS,
  TRIAL_MIN_MS,
  WORKER_WINDOW,
} from "../limits.ts";
import { formatAddress } from "../protocol/address.ts";
import type { Address, ConnectionId, LogLevel } from "../protocol/machine.ts";
import { backoffMs } from "./backoff.ts";
import type { Attempt, Task } from "./work.ts";
import { WorkerLink } from "./worker_link.ts";
import type { Verdict } from "./worker_reply.ts";
import { handOver, readLines } from "./worker_wire.ts";

/**
 * What a coordinator thinks of a worker:
 * - `connecting`: a first dial, or the first after a loss, is under way; work may wait for it a moment;
 * - `up`: gets work;
 * - `down`: does not answer connects, and is dialled again and again;
 * - `unresponsive`: let a piece of work time out, and gets nothing until it answers a ping (a plain one:
 *   until its trial is due);
 * - `probation`: a plain worker that gets one piece of work as a trial.
 */
export type WorkerState = "connecting" | "up" | "down" | "unresponsive" | "probation";

/** How a worker speaks; `unknown` until the first hello was answered or not. */
export type WorkerProtocol = "unknown" | "full" | "plain";

/** What a worker needs of its coordinator. */
export interface WorkerPort {
  /** How long one piece of work may take, in milliseconds. */
  readonly workerTimeoutMs: number;
  /** A connection id and, for attempts and pings, a wire id that was never used before. */
  newConnection(): ConnectionId;
  newId(): number;
  /** Whether a wire id was ever given out. */
  wasIssued(id: number): boolean;
  dial(link: WorkerLink): void;
  write(connection: ConnectionId, text: string): void;
  close(connection: ConnectionId): void;
  /** An attempt has ended; what that means for its task is the coordinator's business. */
  attemptEnded(worker: Worker, attempt: Attempt, verdict: Verdict): void;
  /** Work that waits may have a place now, or none any more. */
  changed(): void;
  /** A tick is wanted at the given time. */
  wakeBy(atMs: number): void;
  /** A number in [0, 1). */
  random(): number;
  log(level: LogLevel, text: string): void;
}

const REDIAL = { minMs: REDIAL_MIN_MS, maxMs: REDIAL_MAX_MS };
const TRIAL = { minMs: TRIAL_MIN_MS, maxMs: TRIAL_MAX_MS };
/** A worker of ours that is stopped, or killed while it greets, is no plain one: that takes so many in a row. */
const GREETINGS_BEFORE_PLAIN = 30;

/** One configured worker: its connections, its health, and how it speaks. Pure: time comes in as an argument. */
export class Worker {
  /** Its place among the configured workers. */
  readonly index: number;
  address: Address;
  /** How people see it. */
  name: string;
  state: WorkerState = "connecting";
  /** When the state began, in milliseconds of the machine's clock. */
  stateSinceMs = 0;
  /** Why it is not up, or was last not. */
  reason = "";
  protocol: WorkerProtocol = "unknown";
  /** Grows whenever the worker starts afresh: what it failed at before, it may be asked again. */
  generation = 0;
  /** Pieces of work that it did, and that failed on it. */
  completed = 0;
  failed = 0;

  readonly #port: WorkerPort;
  readonly #links = new Set<WorkerLink>();
  /** Consecutive failures since the last good reply. */
  #failures = 0;
  #greetingFailures = 0;
  #trials = 0;
  /** When to dial again; or, when unresponsive and plain, when the trial is due. */
  #retryMs = Infinity;
  #recheckMs = Infinity;
  #maxPlainLinks = PLAIN_CONNECTIONS;

  /** The worker at `address`, not dialled yet. */
  constructor(index: number, address: Address, port: WorkerPort) {
    this.index = index;
    this.address = address;
    this.name = formatAddress(address);
    this.#port = port;
  }

  /** Pieces of work in hand. */
  get inFlight(): number {
    let count = 0;
    for (const link of this.#links) count += link.inFlight.size;
    return count;
  }

  /** Whether it is trusted with work, now or as soon as it has room. */
  get usable(): boolean {
    return this.state === "up" || this.state === "probation";
  }

  /** Whether it can take one more piece of work at once. */
  get hasRoom(): boolean {
    if (this.state === "probation") return this.inFlight === 0;
    if (this.state !== "up") return false;
    if (this.protocol === "full") return this.#fullLink()!.inFlight.size < WORKER_WINDOW;
    return this.#idleLink() !== undefined || this.#links.size < this.#maxPlainLinks;
  }

  /** Dials for the first time. */
  start(nowMs: number): void {
    this.#setState("connecting", "not connected yet", nowMs);
    this.#dial(nowMs);
  }

  /** Moves to another address, as a local worker may that was started again; dials it at once. */
  readdress(address: Address, nowMs: number): void {
    this.address = address;
    this.name = formatAddress(address);
    this.#failures = 0;
    if (this.#links.size === 0) this.start(nowMs);
  }

  /** Closes everything; nothing follows. */
  stop(): void {
    for (const link of this.#links) this.#port.close(link.connection);
    this.#links.clear();
    this.#retryMs = this.#recheckMs = Infinity;
  }

  /** Takes a piece of work. Requires {@linkcode hasRoom}. */
  assign(task: Task, nowMs: number): void {
    const attempt = { id: this.#port.newId(), task, startedMs: nowMs };
    const link = (this.protocol === "full" ? this.#fullLink() : this.#idleLink()) ??
      this.#dial(nowMs);
    link.inFlight.set(attempt.id, attempt);
    if (link.phase !== "dialling") {
      this.#port.write(link.connection, handOver(link, attempt, nowMs));
    }
    this.#port.wakeBy(nowMs + this.#port.workerTimeoutMs);
  }

  /** A dial of this worker succeeded. */
  connected(link: WorkerLink, nowMs: number): void {
    if (!link.greets) {
      link.phase = "plain";
      for (const attempt of link.inFlight.values()) {
        this.#port.write(link.connection, handOver(link, attempt, nowMs));
      }
      this.#works(nowMs);
      return;
    }
    link.phase = "greeting";
    link.deadlineMs = nowMs + HELLO_TIMEOUT_MS;
    this.#port.wakeBy(link.deadlineMs);
    this.#port.write(link.connection, handOver(link, undefined, nowMs));
  }

  /** Bytes came on one of its connections. */
  received(link: WorkerLink, bytes: Uint8Array, nowMs: number): void {
    link.framer.push(bytes);
    const fault = readLines(link, this.#port, {
      greeted: (isHello) =>
        isHello ? this.#becomeFull(link, nowMs) : this.#becomePlain(link, nowMs),
      answered: (attempt, verdict) => this.#answered(link, attempt, verdict, nowMs),
      pong: () => this.#pong(link, nowMs),
    });
    if (fault !== undefined) this.#drop(link, fault, nowMs);
    else link.framer.settle();
  }

  /** One of its connections is gone, or a dial failed. */
  closed(link: WorkerLink, reason: string, nowMs: number): void {
    this.#links.delete(link);
    const cutShort = link.inFlight.size > 0;
    this.#failAll(link, reason);
    if (link.phase === "dialling") this.#dialFailed(reason, nowMs);
    else if (link.phase === "greeting") this.#greetingFailed(link, reason, nowMs);
    else if (link.phase === "full" || cutShort || link.answered === 0) this.#lost(reason, nowMs);
    // A plain worker that closes after its reply has not failed; one that closes later is looked at anew.
    else if (nowMs - link.lastReplyMs > HELLO_TIMEOUT_MS && this.#links.size === 0) {
      this.#dial(nowMs);
    }
    this.#port.changed();
  }

  /** Looks at everything that waits for a time, and says when it wants to look again. */
  tick(nowMs: number): void {
    for (const link of [...this.#links]) this.#tickLink(link, nowMs);
    if (nowMs >= this.#retryMs) this.#retry(nowMs);
    if (this.protocol === "plain" && this.state === "up" && nowMs >= this.#recheckMs) {
      this.#dial(nowMs, true);
      this.#recheckMs = nowMs + PLAIN_RECHECK_MS;
    }
    this.#port.wakeBy(this.#retryMs);
    if (this.protocol === "plain" && this.state === "up") this.#port.wakeBy(this.#recheckMs);
  }

  #tickLink(link: WorkerLink, nowMs: number): void {
    const waitsUntilMs = link.phase === "dialling" || link.phase === "greeting" ||
        link.pingId !== undefined
      ? link.deadlineMs
      : Infinity;
    if (nowMs >= waitsUntilMs) {
      this.#port.close(link.connection);
      this.closed(link, link.phase === "dialling" ? "no answer to connect" : "no answer", nowMs);
      return;
    }
    const dueMs = (link.oldest?.startedMs ?? Infinity) + this.#port.workerTimeoutMs;
    if (nowMs >= dueMs) this.#timedOut(link, nowMs);
    else this.#port.wakeBy(Math.min(waitsUntilMs, dueMs));
  }

  /** Something was not answered in time: a full worker is asked whether it lives, a plain one rests. */
  #timedOut(link: WorkerLink, nowMs: number): void {
    const reason = `no answer within ${this.#port.workerTimeoutMs} ms`;
    this.#failAll(link, reason);
    this.#port.changed();
    if (link.phase === "full") {
      this.#setState("unresponsive", reason, nowMs);
      link.pingId = this.#port.newId();
      link.deadlineMs = nowMs + HELLO_TIMEOUT_MS;
      this.#port.wakeBy(link.deadlineMs);
      this.#port.write(link.connection, `{"id":${link.pingId},"op":"ping"}\n`);
      return;
    }
    this.#port.close(link.connection);
    this.#links.delete(link);
    // A program that serves one connection after the other never looked at this one, and is not to blame.
    if (link.answered === 0 && this.#answeredSince(nowMs - this.#port.workerTimeoutMs)) {
      this.#maxPlainLinks = Math.max(1, this.#links.size);
      return;
    }
    this.#closeIdle();
    this.#trials++;
    this.#retryMs = nowMs + backoffMs(this.#trials, TRIAL, this.#port.random());
    this.#setState("unresponsive", reason, nowMs);
    this.#port.wakeBy(this.#retryMs);
  }

  #answeredSince(sinceMs: number): boolean {
    for (const link of this.#links) if (link.lastReplyMs >= sinceMs) return true;
    return false;
  }

  #retry(nowMs: number): void {
    this.#retryMs = Infinity;
    if (this.state === "unresponsive" && this.protocol === "plain") {
      this.generation++;
      this.#setState("probation", "on trial", nowMs);
      this.#port.changed();
    } else if (this.#links.size === 0) this.#dial(nowMs);
  }

  #becomeFull(link: WorkerLink, nowMs: number): void {
    link.phase = "full";
    this.protocol = "full";
    this.#greetingFailures = 0;
    this.#recheckMs = Infinity;
    // Only one connection is needed now; what plain ones have in hand is asked again on it.
    for (const other of [...this.#links]) {
      if (other !== link) {
        this.#port.close(other.connection);
        this.#links.delete(other);
        this.#failAll(other, "the worker turned out to speak the full protocol");
      }
    }
    this.#works(nowMs);
  }

  #becomePlain(link: WorkerLink | undefined, nowMs: number): void {
    if (link !== undefined) link.phase = "plain";
    if (this.protocol !== "plain") {
      this.protocol = "plain";
      this.#recheckMs = nowMs + PLAIN_RECHECK_MS;
      this.#port.log("info", `worker ${this.name} is plain: it knows no hello`);
    }
    this.#works(nowMs);
  }

  /** It has connected, and greeted if it can: work may come. */
  #works(nowMs: number): void {
    if (this.state === "up" || this.state === "probation") return;
    // A plain worker that only accepts connections has not shown that it answers: its trial stays due.
    if (this.state === "unresponsive" && this.protocol === "plain") return;
    this.generation++;
    this.#retryMs = Infinity;
    this.#setState("up", "", nowMs);
    this.#port.changed();
  }

  #answered(link: WorkerLink, attempt: Attempt, verdict: Verdict, nowMs: number): void {
    link.answered++;
    link.lastReplyMs = nowMs;
    this.#port.attemptEnded(this, attempt, verdict);
    if (verdict.kind === "final") this.#failures = 0;
    if (this.protocol === "plain") {
      this.#trials = 0;
      this.#retryMs = Infinity;
      this.#setState("up", "", nowMs);
    }
    this.#port.changed();
  }

  #pong(link: WorkerLink, nowMs: number): void {
    link.pingId = undefined;
    this.#works(nowMs);
  }

  /** Ends a connection on which something came that the protocol does not allow. */
  #drop(link: WorkerLink, fault: string, nowMs: number): void {
    this.#port.close(link.connection);
    this.#failures++;
    this.closed(link, fault, nowMs);
  }

  #failAll(link: WorkerLink, why: string): void {
    for (const attempt of link.takeAll()) {
      this.#port.attemptEnded(this, attempt, { kind: "failed", why });
    }
  }

  #greetingFailed(link: WorkerLink, reason: string, nowMs: number): void {
    this.#greetingFailures++;
    // An address that spoke the full protocol before was most likely just killed or stopped.
    const wasFull = this.protocol === "full" && this.#greetingFailures < GREETINGS_BEFORE_PLAIN;
    if (wasFull || link.framer.overflowed) this.#dialFailed(reason, nowMs);
    else this.#becomePlain(undefined, nowMs);
  }

  /** A working connection was lost: dialled again at once, unless it has just failed before. */
  #lost(reason: string, nowMs: number): void {
    this.#failures++;
    if (this.#failures > 1) {
      this.#down(reason, nowMs);
    } else if (this.#links.size === 0) {
      if (this.state !== "unresponsive") this.#setState("connecting", reason, nowMs);
      this.#dial(nowMs);
    }
  }

  #dialFailed(reason: string, nowMs: number): void {
    this.#failures++;
    if (this.#links.size === 0) this.#down(reason, nowMs);
  }

  #down(reason: string, nowMs: number): void {
    this.#closeIdle();
    if (this.#links.size > 0) return;
    // Unresponsive is the more telling word as long as the machine takes connections and says nothing.
    if (this.state !== "unresponsive" || reason !== "no answer") {
      this.#setState("down", reason, nowMs);
    }
    this.#retryMs = nowMs + backoffMs(this.#failures, REDIAL, this.#port.random());
    this.#port.wakeBy(this.#retryMs);
  }

  #dial(nowMs: number, greets = this.protocol !== "plain"): WorkerLink {
    const link = new WorkerLink(this, this.#port.newConnection(), greets);
    link.deadlineMs = nowMs + CONNECT_TIMEOUT_MS;
    this.#links.add(link);
    this.#port.wakeBy(link.deadlineMs);
    this.#port.dial(link);
    return link;
  }

  #fullLink(): WorkerLink | undefined {
    for (const link of this.#links) if (link.phase === "full") return link;
  }

  #idleLink(): WorkerLink | undefined {
    for (const link of this.#links) {
      if (link.phase === "plain" && link.inFlight.size === 0) return link;
    }
  }

  #closeIdle(): void {
    for (const link of [...this.#links]) {
      if (link.phase === "plain" && link.inFlight.size === 0) {
        this.#port.close(link.connection);
        this.#links.delete(link);
      }
    }
  }

  #setState(state: WorkerState, reason: string, nowMs: number): void {
    this.reason = reason;
    if (this.state === state) return;
    this.state = state;
    this.stateSinceMs = nowMs;
    const why = reason === "" ? "" : `: ${reason}`;
    const level = state === "up" || state === "connecting" ? "info" : "warn";
    this.#port.log(level, `worker ${this.name} is ${state}${why}`);
  }
}
