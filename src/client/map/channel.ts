import { ChannelFramer, type Framed, messageLine } from "../../jobs/channel_framer.ts";
import type { RequesterMessage } from "../../jobs/messages.ts";
import { Pulse } from "../../jobs/pulse.ts";
import { Unread } from "../../jobs/unread.ts";
import {
  CONNECT_TIMEOUT_MS,
  HEARTBEATS_TO_DOWN,
  MAX_CHANNEL_LINE_BYTES,
  PROTOCOL_VERSION,
  REDIAL_MAX_MS,
  REDIAL_MIN_MS,
} from "../../limits.ts";
import { formatAddress } from "../../protocol/address.ts";
import { decodeReply, replyError } from "../../protocol/decode_reply.ts";
import { decodeLine, NEWLINE } from "../../protocol/framing.ts";
import type { Address, ConnectionEvent, ConnectionId, Effect } from "../../protocol/machine.ts";
import { backoffMs } from "../../scheduling/backoff.ts";

/** Why a channel is given up. */
export interface ChannelFailure {
  /** No server can be reached, or those that can refuse, or one does not keep to the protocol. */
  readonly kind: "unreachable" | "refused" | "protocol";
  /** In plain English, but for what a server said. */
  readonly text: string;
}

/** What a channel tells whoever uses it. */
export interface ChannelPort {
  /** It stands; nothing that was said on an earlier connection is known to this one. */
  opened(): void;
  /** The server said something. */
  received(message: Framed): void;
  /** It was lost, and is being set up anew. */
  lost(): void;
  /** It is given up; nothing follows. */
  failed(failure: ChannelFailure): void;
}

/** How a channel is set up. */
export interface ChannelOptions {
  /** The servers, in order of preference. At least one. */
  readonly servers: readonly Address[];
  /** How long a server may be looked for after one was lost, in milliseconds. */
  readonly timeoutMs: number;
}

/** Why a server is lost that says nothing. */
const NO_ANSWER = "no answer";

const NO_BYTES = new Uint8Array(0);

/**
 * A job channel to one of several servers: dials, asks for the channel, watches over it by heartbeats, and
 * sets it up anew when it is lost, with growing pauses, until none has been had for the given time. Before
 * the first one stands, each server is tried once only.
 */
export class Channel {
  wakeAtMs = Infinity;
  readonly #options: ChannelOptions;
  readonly #port: ChannelPort;
  #connection: ConnectionId | undefined;
  #lastConnection = 0;
  #server = 0;
  #state: "idle" | "waiting" | "dialling" | "greeting" | "open" | "over" = "idle";
  #hasStood = false;
  /** Servers that failed since one last gave a channel. */
  #failures = 0;
  /** The text of the last refusal in this round. */
  #refusal: string | undefined;
  /** Why there is no channel. */
  #reason = "";
  #dialAtMs = Infinity;
  #stepDeadlineMs = Infinity;
  #giveUpAtMs = Infinity;
  #pulse = newPulse(0);
  /** What came before the first newline. */
  #greeting: Uint8Array = NO_BYTES;
  #framer = new ChannelFramer();
  /** What the server was sent and may not have read. */
  #unread = new Unread();
  #effects: Effect[] = [];
  #out = "";

  /** A channel that is not set up yet. */
  constructor(options: ChannelOptions, port: ChannelPort) {
    this.#options = options;
    this.#port = port;
  }

  /** Whether it is being set up, stands, or is over. */
  get isStarted(): boolean {
    return this.#state !== "idle";
  }

  /** Whether it stands. */
  get isOpen(): boolean {
    return this.#state === "open";
  }

  /** Begins. */
  start(nowMs: number): void {
    if (this.#state !== "idle") return;
    this.#giveUpAtMs = nowMs + this.#options.timeoutMs;
    this.#dial(nowMs);
  }

  /** Says something, if the channel stands; `payload` must not change any more. */
  send(message: RequesterMessage, payload?: Uint8Array): void {
    if (this.#state !== "open") return;
    const line = messageLine(message);
    if (!this.#unread.add(message, line, payload?.length)) return;
    this.#out += line;
    if (payload === undefined || payload.length === 0) return;
    this.#flushText();
    this.#effects.push({ kind: "write_bytes", connection: this.#connection!, bytes: payload });
  }

  /** Sets it up anew, as if it had been lost. */
  drop(reason: string, nowMs: number): void {
    if (this.#connection === undefined) return;
    this.#effects.push({ kind: "close", connection: this.#connection });
    this.#lost(reason, nowMs);
  }

  /** Ends it, after what has been said. */
  end(): void {
    if (this.#state === "over") return;
    this.#flushText();
    const connection = this.#connection;
    if (connection !== undefined) {
      this.#effects.push({ kind: this.isOpen ? "finish" : "close", connection });
    }
    this.#over();
  }

  /** What is to be done since the last time. */
  flush(): Effect[] {
    this.#flushText();
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  /** Takes what happened on the network. */
  connectionEvent(event: ConnectionEvent, nowMs: number): void {
    if (event.connection !== this.#connection) return;
    switch (event.kind) {
      case "connected":
        return this.#connected(event.connection, nowMs);
      case "received":
        return this.#received(event.bytes, nowMs);
      case "drained":
        this.#unread.drained();
        return;
      case "ended":
        return this.drop("the server closed the connection", nowMs);
      case "closed":
        return this.#lost(event.reason, nowMs);
    }
  }

  /** Time has passed. */
  tick(nowMs: number): void {
    this.wakeAtMs = Infinity;
    if (this.#state === "waiting" && nowMs >= this.#giveUpAtMs) this.#giveUp();
    else if (this.#state === "waiting" && nowMs >= this.#dialAtMs) this.#dial(nowMs);
    else if (this.#state === "open") this.#heartbeat(nowMs);
    else if (nowMs >= this.#stepDeadlineMs) this.drop(NO_ANSWER, nowMs);
    this.#setWake();
  }

  #setWake(): void {
    if (this.#state === "waiting") this.wakeAtMs = this.#dialAtMs;
    else if (this.#state === "open") this.wakeAtMs = this.#pulse.dueMs;
    else this.wakeAtMs = this.#stepDeadlineMs;
  }

  #dial(nowMs: number): void {
    const { servers } = this.#options;
    this.#state = "dialling";
    this.#connection = --this.#lastConnection;
    // With another server to turn to, a silent one is not worth waiting for.
    const patienceMs = servers.length > 1 ? nowMs + CONNECT_TIMEOUT_MS : Infinity;
    this.#stepDeadlineMs = Math.min(patienceMs, this.#giveUpAtMs);
    const address = servers[this.#server]!;
    this.#effects.push({ kind: "connect", connection: this.#connection, address });
    this.#setWake();
  }

  #connected(connection: ConnectionId, nowMs: number): void {
    this.#state = "greeting";
    this.#greeting = NO_BYTES;
    this.#framer = new ChannelFramer();
    this.#unread = new Unread();
    this.#stepDeadlineMs = Math.max(this.#stepDeadlineMs, nowMs + CONNECT_TIMEOUT_MS);
    const text = `{"op":"channel","protocol":${PROTOCOL_VERSION}}\n`;
    this.#effects.push({ kind: "write", connection, text });
    this.#setWake();
  }

  #received(bytes: Uint8Array, nowMs: number): void {
    this.#pulse.heard(nowMs);
    const rest = this.#state === "greeting" ? this.#greeted(bytes, nowMs) : bytes;
    if (rest === undefined) return;
    this.#framer.push(rest);
    while (this.#state === "open" && this.#unread.fault === undefined) {
      const message = this.#framer.next();
      if (message === undefined) break;
      if (message.members.op === "ping") this.send({ op: "pong" });
      else if (message.members.op !== "pong") this.#port.received(message);
    }
    if (this.#state !== "open") return;
    const fault = this.#unread.fault ?? this.#framer.fault;
    if (fault !== undefined) this.fail({ kind: "protocol", text: `the server ${fault}` });
    this.#setWake();
  }

  /** Reads the reply to our request for the channel; gives what came after it, if that is granted. */
  #greeted(bytes: Uint8Array, nowMs: number): Uint8Array | undefined {
    const newline = bytes.indexOf(NEWLINE);
    const head = new Uint8Array(this.#greeting.length + (newline < 0 ? bytes.length : newline));
    head.set(this.#greeting);
    head.set(bytes.subarray(0, head.length - this.#greeting.length), this.#greeting.length);
    this.#greeting = head;
    if (newline < 0 && head.length < MAX_CHANNEL_LINE_BYTES) return undefined;
    const text = decodeLine(head, 0, head.length);
    const reply = text === undefined ? undefined : decodeReply(text);
    if (reply === undefined) {
      this.drop("it answered something that is no reply: is it a calc_server?", nowMs);
      return undefined;
    }
    if (!reply.ok) {
      this.#refusal = replyError(reply).text;
      this.drop(this.#refusal, nowMs);
      return undefined;
    }
    this.#stands(nowMs);
    return bytes.subarray(newline + 1);
  }

  #stands(nowMs: number): void {
    this.#pulse = newPulse(nowMs);
    this.#state = "open";
    this.#hasStood = true;
    this.#failures = 0;
    this.#refusal = undefined;
    this.#giveUpAtMs = Infinity;
    this.#port.opened();
  }

  #lost(reason: string, nowMs: number): void {
    const { servers, timeoutMs } = this.#options;
    const wasOpen = this.#state === "open";
    const server = formatAddress(servers[this.#server]!);
    // Who took the connection was reached, and may be another program.
    const isSilent = this.#state === "greeting" && reason === NO_ANSWER;
    this.#connection = undefined;
    this.#out = "";
    this.#state = "waiting";
    if (wasOpen) this.#giveUpAtMs = nowMs + timeoutMs;
    this.#server = (this.#server + 1) % servers.length;
    this.#failures++;
    if (wasOpen) this.#port.lost();
    // Whoever heard of the loss may have ended it all.
    if ((this.#state as string) === "over") return;
    const isLast = this.#failures >= servers.length && !this.#hasStood;
    this.#reason = isSilent
      ? `${server} did not answer in time`
      : `cannot reach ${server}: ${reason}`;
    if (isLast || nowMs >= this.#giveUpAtMs) return this.#giveUp();
    // The next one is tried at once, and all of them anew after a pause.
    const rounds = Math.floor(this.#failures / servers.length);
    const isRoundOver = this.#failures % servers.length === 0;
    const limits = { minMs: REDIAL_MIN_MS, maxMs: REDIAL_MAX_MS };
    const pauseMs = isRoundOver ? backoffMs(rounds, limits, 0) : 0;
    this.#dialAtMs = Math.min(nowMs + pauseMs, this.#giveUpAtMs);
    this.#setWake();
  }

  #giveUp(): void {
    const refusal = this.#refusal;
    this.fail(
      refusal === undefined
        ? { kind: "unreachable", text: this.#reason }
        : { kind: "refused", text: refusal },
    );
  }

  /** Gives up. */
  fail(failure: ChannelFailure): void {
    if (this.#state === "over") return;
    if (this.#connection !== undefined) {
      this.#effects.push({ kind: "close", connection: this.#connection });
    }
    this.#over();
    this.#port.failed(failure);
  }

  #over(): void {
    this.#state = "over";
    this.#connection = undefined;
    this.#out = "";
    this.#dialAtMs = this.#stepDeadlineMs = this.#giveUpAtMs = Infinity;
    this.wakeAtMs = Infinity;
  }

  #heartbeat(nowMs: number): void {
    const due = this.#pulse.tick(nowMs);
    if (due === "gone") this.drop(NO_ANSWER, nowMs);
    else if (due === "ask") this.send({ op: "ping" });
  }

  #flushText(): void {
    if (this.#out === "" || this.#connection === undefined) return;
    this.#effects.push({ kind: "write", connection: this.#connection, text: this.#out });
    this.#out = "";
  }
}

/** It is silent for as many intervals as there are, and asked at the end of each but the last. */
function newPulse(nowMs: number): Pulse {
  return new Pulse(HEARTBEATS_TO_DOWN - 1, nowMs);
}
