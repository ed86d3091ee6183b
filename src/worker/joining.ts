import {
  CONNECT_TIMEOUT_MS,
  HEARTBEAT_INTERVAL_MS,
  HEARTBEATS_TO_DOWN,
  HELLO_TIMEOUT_MS,
  JOIN_MAX_MS,
  JOIN_MIN_MS,
  PROTOCOL_VERSION,
} from "../limits.ts";
import { formatAddress } from "../protocol/address.ts";
import { decodeReply, replyError } from "../protocol/decode_reply.ts";
import { ownFacts, type RoleFacts } from "../protocol/hello.ts";
import type { Address, ConnectionEvent, ConnectionId, Effect } from "../protocol/machine.ts";
import type { Session } from "../protocol/session.ts";
import type { Sessions } from "../protocol/sessions.ts";
import { backoffMs } from "../scheduling/backoff.ts";

/** How a worker introduces itself to the coordinators that it joins. */
export interface JoiningOptions {
  /** What people shall call it. */
  readonly name: string;
  /** Names this process. */
  readonly instance: string;
  readonly facts: RoleFacts;
}

/** What whoever dials needs of its machine. */
export interface DialPort {
  newConnection(): ConnectionId;
  effect(effect: Effect): void;
  wakeBy(atMs: number): void;
  random(): number;
}

/** What a joining worker needs of its machine. */
export interface JoiningPort extends DialPort {
  /** The coordinator has taken the worker, under a name, or has been lost. */
  joined(name: string | undefined, nowMs: number): void;
}

const REDIAL = { minMs: JOIN_MIN_MS, maxMs: JOIN_MAX_MS };
/** A coordinator that has sent nothing for so long, no heartbeat either, is gone. */
const SILENCE_MS = (HEARTBEATS_TO_DOWN + 1) * HEARTBEAT_INTERVAL_MS;

/** How one worker belongs to one coordinator: it dials, offers itself, and dials again for ever when lost. */
export class Joining {
  /** The connection that is dialled or stands; `undefined` between two dials. */
  connection: ConnectionId | undefined;
  readonly #coordinator: Address;
  readonly #options: JoiningOptions;
  readonly #sessions: Sessions;
  readonly #port: JoiningPort;
  #isJoined = false;
  #failures = 0;
  #redialMs = 0;
  #deadlineMs = Infinity;
  #isStopped = false;
  /** Why it was refused last: said once, not at every dial. */
  #refusal = "";

  /** A worker that has not dialled `coordinator` yet. */
  constructor(
    coordinator: Address,
    options: JoiningOptions,
    sessions: Sessions,
    port: JoiningPort,
  ) {
    this.#coordinator = coordinator;
    this.#options = options;
    this.#sessions = sessions;
    this.#port = port;
  }

  /** Takes an event of its connection. What the coordinator asks is its session's business. */
  step(event: ConnectionEvent, nowMs: number): void {
    if (event.kind === "connected") this.#connected(nowMs);
    else if (event.kind === "closed") this.#lost(event.reason, nowMs);
    else {
      if (event.kind === "received") this.#heard(nowMs);
      this.#sessions.step(event);
    }
  }

  /** Dials when it is time, and gives up on who has been silent for too long. */
  tick(nowMs: number): void {
    if (this.connection !== undefined && nowMs >= this.#deadlineMs) {
      this.#port.effect({ kind: "close", connection: this.connection });
      this.#sessions.step({ kind: "closed", connection: this.connection, reason: "silent" });
      this.#lost("no answer", nowMs);
    }
    if (this.connection === undefined && nowMs >= this.#redialMs && !this.#isStopped) {
      this.connection = this.#port.newConnection();
      this.#deadlineMs = nowMs + CONNECT_TIMEOUT_MS;
      const address = this.#coordinator;
      this.#port.effect({ kind: "connect", connection: this.connection, address });
    }
    this.#port.wakeBy(this.connection === undefined ? this.#redialMs : this.#deadlineMs);
  }

  /** Dials no more. */
  stop(): void {
    this.#isStopped = true;
    this.#redialMs = Infinity;
    if (this.connection === undefined || this.#isJoined) return;
    const { connection } = this;
    this.connection = undefined;
    this.#port.effect({ kind: "close", connection });
    this.#sessions.step({ kind: "closed", connection, reason: "stopped" });
  }

  #connected(nowMs: number): void {
    if (this.connection === undefined) return;
    const session = this.#sessions.open(this.connection);
    session.greeted = true;
    session.onReply = (text) => this.#answered(session, text, nowMs);
    const { name, instance, facts } = this.#options;
    const members = { op: "join", protocol: PROTOCOL_VERSION, name, instance, ...ownFacts(facts) };
    const text = JSON.stringify(members) + "\n";
    this.#port.effect({ kind: "write", connection: this.connection, text });
    this.#deadlineMs = nowMs + HELLO_TIMEOUT_MS;
    this.#port.wakeBy(this.#deadlineMs);
  }

  #answered(session: Session, text: string, nowMs: number): void {
    const reply = decodeReply(text);
    if (reply?.ok && reply.members.op === "join") {
      this.#isJoined = true;
      session.brief = reply.members.brief === true;
      this.#failures = 0;
      this.#log("info", `joined ${formatAddress(this.#coordinator)} as ${reply.members.name}`);
      this.#heard(nowMs);
      this.#port.joined(String(reply.members.name), nowMs);
      return;
    }
    const why = reply === undefined || reply.ok ? "it is no coordinator" : replyError(reply).text;
    if (why !== this.#refusal) {
      this.#refusal = why;
      this.#log("error", `${formatAddress(this.#coordinator)} refused to be joined: ${why}`);
    }
    session.greeted = false;
    session.closing = true;
  }

  #heard(nowMs: number): void {
    if (this.#isJoined) this.#deadlineMs = nowMs + SILENCE_MS;
  }

  #lost(reason: string, nowMs: number): void {
    if (this.connection === undefined) return;
    this.#sessions.step({ kind: "closed", connection: this.connection, reason });
    this.connection = undefined;
    if (this.#isStopped) return;
    const server = formatAddress(this.#coordinator);
    if (this.#isJoined) {
      this.#log("warn", `lost ${server}: ${reason}`);
      this.#port.joined(undefined, nowMs);
    } else if (this.#failures === 0 && this.#refusal === "") {
      this.#log("warn", `cannot join ${server} yet: ${reason}`);
    }
    this.#isJoined = false;
    this.#failures++;
    this.#redialMs = nowMs + backoffMs(this.#failures, REDIAL, this.#port.random());
    this.#port.wakeBy(this.#redialMs);
  }

  #log(level: "info" | "warn" | "error", text: string): void {
    this.#port.effect({ kind: "log", level, text });
  }
}
