import {
  CHANNEL_REDIAL_MAX_MS,
  CHANNEL_REDIAL_MIN_MS,
  CONNECT_TIMEOUT_MS,
  HELLO_TIMEOUT_MS,
  MAX_NAME_CHARS,
  MAX_REPLY_LINE_BYTES,
  PROTOCOL_VERSION,
} from "../../limits.ts";
import { decodeReply, replyError } from "../../protocol/decode_reply.ts";
import { decodeLine, LineFramer, NEWLINE } from "../../protocol/framing.ts";
import type { Address, ConnectionEvent, ConnectionId, Effect } from "../../protocol/machine.ts";
import { backoffMs } from "../backoff.ts";
import type { Worker } from "../worker.ts";
import type { ChannelOffer } from "./worker_channel.ts";

const REDIAL = { minMs: CHANNEL_REDIAL_MIN_MS, maxMs: CHANNEL_REDIAL_MAX_MS };
const REQUEST = `{"op":"channel","protocol":${PROTOCOL_VERSION}}\n`;

/** What dialling a channel needs of its surroundings. */
export interface ChannelDialPort {
  newConnection(): ConnectionId;
  effect(effect: Effect): void;
  wakeBy(atMs: number): void;
  random(): number;
  /** The worker has agreed; what it sent behind its reply is the channel's. */
  opened(dial: ChannelDial, offer: ChannelOffer, rest: Uint8Array): void;
}

/** How one worker's channel is dialled, and dialled again. */
export class ChannelDial {
  readonly worker: Worker;
  /** The connection that is dialled or greeted, or on which the channel stands. */
  connection: ConnectionId | undefined;
  readonly #port: ChannelDialPort;
  #framer = new LineFramer(MAX_REPLY_LINE_BYTES);
  #deadlineMs = Infinity;
  #redialMs = -Infinity;
  #failures = 0;
  #isOpen = false;
  #openedMs = 0;
  /** Why it was refused last: said once. */
  #refusal = "";

  /** A channel that has not been dialled. */
  constructor(worker: Worker, port: ChannelDialPort) {
    this.worker = worker;
    this.#port = port;
  }

  /** Whether the channel stands. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Dials if it is time, and gives up on who does not answer. */
  tick(address: Address, nowMs: number): void {
    if (this.connection !== undefined) {
      if (nowMs >= this.#deadlineMs) this.fail(nowMs);
      else this.#port.wakeBy(this.#deadlineMs);
    }
    if (this.connection !== undefined || nowMs < this.#redialMs) return;
    const connection = this.connection = this.#port.newConnection();
    this.#deadlineMs = nowMs + CONNECT_TIMEOUT_MS;
    this.#framer = new LineFramer(MAX_REPLY_LINE_BYTES);
    this.#port.effect({ kind: "connect", connection, address });
    this.#port.wakeBy(this.#deadlineMs);
  }

  /** Takes an event of the connection, as long as the channel does not stand. */
  step(event: ConnectionEvent, nowMs: number): void {
    const connection = this.connection!;
    switch (event.kind) {
      case "connected":
        this.#deadlineMs = nowMs + HELLO_TIMEOUT_MS;
        return this.#port.effect({ kind: "write", connection, text: REQUEST });
      case "received":
        this.#framer.push(event.bytes);
        return this.#read(nowMs);
      case "ended":
        return this.fail(nowMs);
      case "closed":
        this.connection = undefined;
        return this.#rest(nowMs);
    }
  }

  /** The channel, or the way to it, is of no use: it is closed, and dialled again after a while. */
  fail(nowMs: number): void {
    this.close();
    this.#rest(nowMs);
  }

  /** The connection of a channel that stood is gone. */
  lost(nowMs: number): void {
    this.connection = undefined;
    if (nowMs - this.#openedMs > CHANNEL_REDIAL_MAX_MS) this.#failures = 0;
    this.#rest(nowMs);
  }

  /** Closes it. */
  close(): void {
    if (this.connection === undefined) return;
    this.#port.effect({ kind: "close", connection: this.connection });
    this.connection = undefined;
    this.#isOpen = false;
  }

  #rest(nowMs: number): void {
    this.#isOpen = false;
    this.#deadlineMs = Infinity;
    this.#failures++;
    this.#redialMs = nowMs + backoffMs(this.#failures, REDIAL, this.#port.random());
  }

  #read(nowMs: number): void {
    const framer = this.#framer;
    if (!framer.next()) {
      framer.settle();
      return framer.overflowed ? this.fail(nowMs) : undefined;
    }
    const text = decodeLine(framer.bytes, framer.start, framer.end);
    const reply = text === undefined ? undefined : decodeReply(text);
    const { slots, instance } = reply?.members ?? {};
    if (reply?.ok === true && reply.members.op === "channel") {
      this.#isOpen = true;
      this.#openedMs = nowMs;
      this.#deadlineMs = Infinity;
      const start = framer.bytes.indexOf(NEWLINE, framer.end) + 1;
      const rest = framer.bytes.slice(start, start + framer.pendingBytes);
      const offer = {
        slots: Number.isSafeInteger(slots) ? slots as number : 0,
        instance: typeof instance === "string" ? instance.slice(0, MAX_NAME_CHARS) : undefined,
      };
      return this.#port.opened(this, offer, rest);
    }
    this.#refused(reply === undefined || reply.ok ? "it has no channels" : replyError(reply).text);
    this.fail(nowMs);
  }

  #refused(why: string): void {
    if (why === this.#refusal) return;
    this.#refusal = why;
    const text = `worker ${this.worker.name} takes no jobs: ${why}`;
    this.#port.effect({ kind: "log", level: "warn", text });
  }
}
