import {
  HEARTBEAT_INTERVAL_MS,
  HELLO_TIMEOUT_MS,
  PLAIN_CONNECTIONS,
  PLAIN_RECHECK_MS,
  REDIAL_MAX_MS,
  REDIAL_MIN_MS,
  WORKER_WINDOW,
} from "../limits.ts";
import { formatAddress } from "../protocol/address.ts";
import { HELLO_LINE, type WorkerFacts } from "../protocol/hello.ts";
import type { Address } from "../protocol/machine.ts";
import { backoffMs } from "./backoff.ts";
import { Health } from "./health.ts";
import { heartbeat, hedgeSlow, ping } from "./link_watch.ts";
import { type Attempt, SpareAttempts } from "./attempt.ts";
import type { Task } from "./work.ts";
import type { WorkerLink } from "./worker_link.ts";
import { WorkerLinks } from "./worker_links.ts";
import type { WorkerPort, WorkerProtocol } from "./worker_port.ts";
import type { Verdict } from "./worker_reply.ts";
import { handOver, type LineHandlers, readLines } from "./worker_wire.ts";

const NO_CONNECT = "no answer to connect";
const NO_ANSWER = "no answer";
const GOODBYE = "said goodbye";
const REDIAL = { minMs: REDIAL_MIN_MS, maxMs: REDIAL_MAX_MS };
/** A worker of ours that is killed while it greets is no plain one: that takes so many in a row. */
const CUT_GREETINGS_BEFORE_PLAIN = 30;

/** One worker: its connections, and how it speaks. Pure: time comes in as an argument. */
export class Worker {
  /** How people see it. */
  name: string;
  /** Where it is dialled; a joined worker dials us. */
  address: Address | undefined;
  readonly health: Health;
  protocol: WorkerProtocol = "unknown";
  /** Pieces of work that it did. */
  completed = 0;
  /** Pieces of work that failed on it. */
  failed = 0;
  /** What it said of itself when it greeted or joined. */
  facts: WorkerFacts = {};
  /** Whether it has joined, said goodbye and gone: its place is free. */
  hasLeft = false;

  readonly #port: WorkerPort;
  readonly #links: WorkerLinks;
  readonly #spare = new SpareAttempts(this);
  /** Connections lost, and dials failed, since the last good reply. */
  #losses = 0;
  #greetingFailures = 0;
  #redialMs = Infinity;
  #recheckMs = Infinity;
  #maxPlainLinks = PLAIN_CONNECTIONS;
  /** Whether a plain worker leaves its connections open after a reply. */
  #reusesLinks = true;

  /** A worker that is dialled at `address`, or, without one, that dials us. */
  constructor(name: string, address: Address | undefined, port: WorkerPort) {
    this.name = name;
    this.address = address;
    this.#port = port;
    this.#links = new WorkerLinks(this, port);
    this.health = new Health({
      changed: (state, reason) => {
        const why = reason === "" ? "" : `: ${reason}`;
        const isBad = state === "suspect" || (state === "down" && reason !== GOODBYE);
        const level = isBad ? "warn" : "info";
        port.log(level, `worker ${this.name} is ${state}${why}`);
        port.changed();
      },
      wakeBy: port.wakeBy,
      random: port.random,
    });
  }

  /** Pieces of work in hand. */
  get inFlight(): number {
    return this.#links.inFlight;
  }

  /** Whether it can take one more piece of work at once, if anybody trusts it with it. */
  get hasRoom(): boolean {
    if (this.health.state === "probation" && this.inFlight > 0) return false;
    const { full, idle, size } = this.#links;
    if (full !== undefined) return full.inFlight.size < WORKER_WINDOW;
    return this.protocol === "plain" && (idle !== undefined || size < this.#maxPlainLinks);
  }

  /** Whether a connection to it stands. */
  get isConnected(): boolean {
    return this.#links.isConnected;
  }

  /** Whether its last dial succeeded, as far as anybody knows. */
  get isConnectable(): boolean {
    return this.health.state !== "down" && this.health.state !== "connecting";
  }

  /** Whether the coordinator dials it. */
  get isConfigured(): boolean {
    return this.address !== undefined;
  }

  /** Dials for the first time. */
  start(nowMs: number): void {
    this.health.connecting("not connected yet", nowMs);
    this.#dial(nowMs);
  }

  /** Moves to another address, as a local worker may that was started again; dials it at once. */
  readdress(address: Address, nowMs: number): void {
    this.address = address;
    this.name = formatAddress(address);
    this.#losses = 0;
    if (this.#links.size === 0) this.start(nowMs);
  }

  /** Takes the connection that a joining worker has dialled. */
  join(link: WorkerLink, nowMs: number): void {
    this.hasLeft = false;
    this.#links.add(link);
    this.#becomeFull(link, nowMs);
  }

  /** Closes everything; nothing follows. What it had in hand goes to others. */
  stop(reason: string): void {
    for (const link of this.#links) {
      this.#links.close(link);
      this.#failAll(link, { kind: "unasked", why: reason });
    }
    this.#redialMs = this.#recheckMs = Infinity;
  }

  /** Takes a piece of work. Requires {@linkcode hasRoom}. */
  assign(task: Task, nowMs: number, hedges?: Attempt): void {
    const attempt = this.#spare.take(task, nowMs, hedges);
    task.running++;
    const link = this.#links.full ?? this.#links.idle ?? this.#dial(nowMs);
    if (link === undefined) throw new Error("Invariant: only a worker with room is given work");
    link.inFlight.add(attempt);
    if (link.phase !== "dialling") {
      handOver(this.#port.out(link), link, attempt, nowMs);
    }
    const { hedgeDelayMs, workerTimeoutMs } = this.#port;
    this.#port.wakeBy(nowMs + Math.min(hedgeDelayMs, workerTimeoutMs));
  }

  /** A dial of this worker succeeded. */
  connected(link: WorkerLink, nowMs: number): void {
    if (!link.greets) {
      link.phase = "plain";
      for (const attempt of link.inFlight) {
        handOver(this.#port.out(link), link, attempt, nowMs);
      }
      this.#works(nowMs);
      return;
    }
    link.phase = "greeting";
    link.deadlineMs = nowMs + HELLO_TIMEOUT_MS;
    this.#port.wakeBy(link.deadlineMs);
    this.#port.out(link).text(HELLO_LINE);
  }

  /** Bytes came on one of its connections. */
  received(link: WorkerLink, bytes: Uint8Array, nowMs: number): void {
    link.framer.push(bytes);
    const fault = readLines(link, this.#handlers, nowMs);
    if (fault === undefined) {
      link.framer.settle();
      return;
    }
    this.#port.close(link.connection);
    this.closed(link, fault, nowMs);
    this.health.eject(fault, nowMs);
  }

  /** One of its connections is gone, or a dial failed. */
  closed(link: WorkerLink, reason: string, nowMs: number): void {
    const { phase } = link;
    this.#links.delete(link);
    // A plain worker that has answered over it may have been closing it when we asked once more.
    const wasClosing = phase === "plain" && link.answered > 0 && link.inFlight.size > 0;
    if (wasClosing) this.#reusesLinks = false;
    const cutShort = link.inFlight.size > 0 && !wasClosing;
    this.#failAll(link, { kind: wasClosing ? "unasked" : "failed", why: reason });
    if (phase === "dialling") this.#dialFailed(reason, nowMs);
    else if (phase === "greeting") this.#greetingFailed(link, reason, nowMs);
    else if (link.leaving) this.#left(nowMs);
    else if (phase === "full" || cutShort || link.answered === 0) this.#lost(reason, nowMs);
    // A plain worker that closes after its reply has not failed; one that closes later is looked at anew.
    else if (nowMs - link.lastReplyMs > HELLO_TIMEOUT_MS && this.#links.size === 0) {
      this.#dial(nowMs);
    }
    this.#port.changed();
  }

  /** Looks at everything that waits for a time, and says when it wants to look again. */
  tick(nowMs: number): void {
    for (const link of this.#links) this.#tickLink(link, nowMs);
    this.health.tick(nowMs);
    if (nowMs >= this.#redialMs) {
      this.#redialMs = Infinity;
      if (this.#links.size === 0) this.#dial(nowMs);
    }
    const isPlain = this.protocol === "plain" && this.isConnectable;
    if (isPlain && nowMs >= this.#recheckMs) {
      this.#dial(nowMs, true);
      this.#recheckMs = nowMs + PLAIN_RECHECK_MS;
    }
    this.#port.wakeBy(this.#redialMs);
    if (isPlain) this.#port.wakeBy(this.#recheckMs);
  }

  #tickLink(link: WorkerLink, nowMs: number): void {
    hedgeSlow(link, this.#port, nowMs);
    if (link.phase === "dialling" || link.phase === "greeting") {
      if (nowMs < link.deadlineMs) return this.#port.wakeBy(link.deadlineMs);
      this.#port.close(link.connection);
      this.closed(link, link.phase === "dialling" ? NO_CONNECT : NO_ANSWER, nowMs);
      return;
    }
    const dueMs = (link.inFlight.oldest?.startedMs ?? Infinity) + this.#port.workerTimeoutMs;
    if (nowMs >= dueMs) this.#timedOut(link, nowMs);
    else this.#port.wakeBy(dueMs);
    if (link === this.#links.full) this.#heartbeat(link, nowMs);
  }

  #heartbeat(link: WorkerLink, nowMs: number): void {
    const pulse = heartbeat(link, this.#port, nowMs);
    if (pulse === "alive") return;
    const reason = `missed ${link.missed} heartbeats`;
    if (pulse === "silent") return this.health.silent(reason, nowMs);
    this.#port.close(link.connection);
    this.closed(link, reason, nowMs);
    // It may have been asleep: once it greets again there is nothing to blame it for.
    this.health.forgive();
  }

  /** Something was not answered in time: a full worker is asked whether it lives, a plain one rests. */
  #timedOut(link: WorkerLink, nowMs: number): void {
    const reason = `no answer within ${this.#port.workerTimeoutMs} ms`;
    if (link.phase === "full") {
      this.health.silent(reason, nowMs);
      if (link.pingId === undefined) ping(link, this.#port, nowMs);
      this.#failAll(link, { kind: "failed", why: reason });
      if (link.leaving) this.#leave(link, nowMs);
      return;
    }
    this.#links.close(link);
    // A program that serves one connection after the other never looked at this one, and is not to blame.
    if (link.answered === 0 && this.#links.answeredSince(nowMs - this.#port.workerTimeoutMs)) {
      this.#maxPlainLinks = Math.max(1, this.#links.size);
      this.#failAll(link, { kind: "unasked", why: reason });
      return;
    }
    this.#links.closeIdle();
    this.health.eject(reason, nowMs);
    this.#failAll(link, { kind: "failed", why: reason });
  }

  readonly #handlers: LineHandlers = {
    greeted: (link, facts, nowMs) => {
      if (facts === undefined) return this.#becomePlain(link, nowMs);
      this.facts = facts;
      this.#becomeFull(link, nowMs);
    },
    answered: (link, attempt, verdict, nowMs) => this.#answered(link, attempt, verdict, nowMs),
    pong: (link, nowMs) => {
      link.pingId = undefined;
      this.health.heard(nowMs);
    },
    goodbye: (link, nowMs) => this.#saidGoodbye(link, nowMs),
  };

  #answered(link: WorkerLink, attempt: Attempt, verdict: Verdict, nowMs: number): void {
    link.answered++;
    link.lastReplyMs = nowMs;
    const counts = this.#port.attemptEnded(attempt, verdict);
    if (verdict.kind === "final") {
      this.#losses = 0;
      if (counts) this.health.succeeded(nowMs);
    } else this.health.failed(verdict.why, nowMs);
    this.#spare.giveBack(attempt);
    if (link.phase === "plain" && !this.#reusesLinks) this.#links.close(link);
    if (link.leaving && link.inFlight.size === 0) this.#leave(link, nowMs);
    this.#port.changed();
  }

  /** It goes: it finishes what it has, and gets nothing new. */
  #saidGoodbye(link: WorkerLink, nowMs: number): void {
    link.leaving = true;
    this.health.leaving(nowMs);
    if (link.inFlight.size === 0) this.#leave(link, nowMs);
  }

  #leave(link: WorkerLink, nowMs: number): void {
    this.#links.close(link);
    this.#left(nowMs);
  }

  #left(nowMs: number): void {
    this.#losses++;
    this.#down(GOODBYE, nowMs);
    this.hasLeft = !this.isConfigured;
    if (this.hasLeft) this.#port.left();
  }

  #becomeFull(link: WorkerLink, nowMs: number): void {
    // Only one connection is needed; what others have in hand is asked again.
    for (const other of this.#links) {
      if (other === link) continue;
      this.#links.close(other);
      this.#failAll(other, { kind: "unasked", why: "replaced by another connection" });
    }
    this.#links.becomeFull(link);
    this.protocol = "full";
    this.#greetingFailures = 0;
    this.#recheckMs = Infinity;
    link.nextPingMs = nowMs + HEARTBEAT_INTERVAL_MS;
    this.#port.wakeBy(link.nextPingMs);
    this.#works(nowMs);
  }

  #becomePlain(link: WorkerLink | undefined, nowMs: number): void {
    if (link !== undefined) link.phase = "plain";
    if (this.protocol !== "plain") {
      this.protocol = "plain";
      this.#maxPlainLinks = PLAIN_CONNECTIONS;
      this.#reusesLinks = true;
      this.facts = {};
      this.#recheckMs = nowMs + PLAIN_RECHECK_MS;
      this.#port.log("info", `worker ${this.name} is plain: it knows no hello`);
    }
    this.#works(nowMs);
  }

  /** It has connected, and greeted if it can. */
  #works(nowMs: number): void {
    const { state } = this.health;
    if (state === "connecting" || state === "down" || this.protocol === "full") {
      this.#redialMs = Infinity;
      this.health.connected(nowMs);
    }
  }

  #failAll(link: WorkerLink, verdict: Verdict): void {
    for (const attempt of link.inFlight.takeAll()) this.#port.attemptEnded(attempt, verdict);
    this.#port.changed();
  }

  #greetingFailed(link: WorkerLink, reason: string, nowMs: number): void {
    this.#greetingFailures++;
    // An address that spoke the full protocol before is asleep if it is silent, and was most likely just killed if
    // it closes. Only one that closes again and again has become something else.
    const wasFull = this.protocol === "full" &&
      (reason === NO_ANSWER || this.#greetingFailures < CUT_GREETINGS_BEFORE_PLAIN);
    if (!wasFull && !link.framer.overflowed) return this.#becomePlain(undefined, nowMs);
    this.#dialFailed(reason, nowMs);
  }

  /** A working connection was lost: dialled again at once, unless it has just failed before. */
  #lost(reason: string, nowMs: number): void {
    if (++this.#losses > 1 || this.address === undefined) this.#down(reason, nowMs);
    else if (this.#links.size === 0) {
      this.health.connecting(reason, nowMs);
      this.#dial(nowMs);
    }
  }

  #dialFailed(reason: string, nowMs: number): void {
    this.#losses++;
    if (this.#links.size > 0) return;
    this.#down(reason, nowMs);
    // A second was spent on learning that: a machine that comes up shall be found within the next.
    if (reason === NO_CONNECT || reason === NO_ANSWER) {
      this.#redialMs = Math.min(this.#redialMs, nowMs);
    }
  }

  #down(reason: string, nowMs: number): void {
    this.#links.closeIdle();
    if (this.#links.size > 0) return;
    this.health.disconnected(reason, nowMs);
    if (this.address === undefined) return;
    this.#redialMs = nowMs + backoffMs(this.#losses, REDIAL, this.#port.random());
    this.#port.wakeBy(this.#redialMs);
  }

  #dial(nowMs: number, greets = this.protocol !== "plain"): WorkerLink | undefined {
    if (this.address === undefined) return undefined;
    const link = this.#links.dial(greets, nowMs);
    this.#port.dial(link, this.address);
    return link;
  }
}
