import {
  CONNECT_TIMEOUT_MS,
  HELLO_TIMEOUT_MS,
  JOIN_MAX_MS,
  JOIN_MIN_MS,
  MAX_CHANNEL_LINE_BYTES,
  PROTOCOL_VERSION,
} from "../limits.ts";
import { formatAddress } from "../protocol/address.ts";
import { decodeReply, replyError } from "../protocol/decode_reply.ts";
import { decodeLine, LineFramer } from "../protocol/framing.ts";
import type { Address, ConnectionEvent, ConnectionId } from "../protocol/machine.ts";
import { backoffMs } from "../scheduling/backoff.ts";
import type { DialPort } from "./joining.ts";

/** What a worker says of itself when it offers a job channel. */
export interface ChannelOffer {
  /** The instance as which it has joined. */
  readonly instance: string;
  /** How many chunks it runs at once. */
  readonly slots: number;
}

/** Where a joined worker's channels go to. */
export interface ChannelJoiningPort extends DialPort {
  /** The connection is a job channel from now on. */
  taken(connection: ConnectionId): void;
  /** What has come over it after the coordinator's answer. */
  rest(connection: ConnectionId, bytes: Uint8Array): void;
}

const REDIAL = { minMs: JOIN_MIN_MS, maxMs: JOIN_MAX_MS };

/**
 * The second connection of a joined worker that runs code: as long as it has joined, it dials, offers itself for
 * jobs, and dials again when the channel is lost.
 */
export class ChannelJoining {
  readonly #coordinator: Address;
  readonly #offer: ChannelOffer;
  readonly #port: ChannelJoiningPort;
  /** The connection that is dialled, or waits for its answer. */
  #dialled: ConnectionId | undefined;
  /** The connection that is a channel. */
  #channel: ConnectionId | undefined;
  #framer = new LineFramer(MAX_CHANNEL_LINE_BYTES);
  #isWanted = false;
  #failures = 0;
  #redialMs = 0;
  #deadlineMs = Infinity;
  /** Why it was refused last: said once, not at every dial. */
  #refusal = "";

  /** A worker that has not joined yet. */
  constructor(coordinator: Address, offer: ChannelOffer, port: ChannelJoiningPort) {
    this.#coordinator = coordinator;
    this.#offer = offer;
    this.#port = port;
  }

  /** Whether a connection is one on which it dials or waits. */
  has(connection: ConnectionId): boolean {
    return connection === this.#dialled;
  }

  /** The worker has joined, or is lost: without a place there the coordinator takes no channel. */
  setJoined(isJoined: boolean, nowMs: number): void {
    this.#isWanted = isJoined;
    if (!isJoined) return this.#abandon();
    this.#failures = 0;
    this.#redialMs = nowMs;
    this.tick(nowMs);
  }

  /** Takes an event of the connection on which it dials or waits. */
  step(event: ConnectionEvent, nowMs: number): void {
    if (event.kind === "connected") this.#connected(nowMs);
    else if (event.kind === "received") this.#received(event.bytes, nowMs);
    else if (event.kind === "ended") this.#giveUp("connection closed", nowMs);
    else if (event.kind === "closed") this.#lost(event.reason, nowMs);
  }

  /** A channel has ended; if it was this one, the coordinator is dialled again. */
  channelEnded(connection: ConnectionId, nowMs: number): void {
    if (connection !== this.#channel) return;
    this.#channel = undefined;
    if (this.#isWanted) {
      this.#log("warn", `lost the job channel to ${formatAddress(this.#coordinator)}`);
    }
    this.#again(nowMs);
  }

  /** Dials when it is time, and gives up on who does not answer. */
  tick(nowMs: number): void {
    if (this.#dialled !== undefined && nowMs >= this.#deadlineMs) this.#giveUp("no answer", nowMs);
    const isIdle = this.#dialled === undefined && this.#channel === undefined;
    if (!this.#isWanted || !isIdle) {
      if (this.#dialled !== undefined) this.#port.wakeBy(this.#deadlineMs);
      return;
    }
    if (nowMs < this.#redialMs) return this.#port.wakeBy(this.#redialMs);
    this.#dialled = this.#port.newConnection();
    this.#deadlineMs = nowMs + CONNECT_TIMEOUT_MS;
    const [connection, address] = [this.#dialled, this.#coordinator];
    this.#port.effect({ kind: "connect", connection, address });
    this.#port.wakeBy(this.#deadlineMs);
  }

  /** Dials no more. A channel that stands ends by itself. */
  stop(): void {
    this.#isWanted = false;
    this.#abandon();
  }

  #abandon(): void {
    if (this.#dialled === undefined) return;
    this.#port.effect({ kind: "close", connection: this.#dialled });
    this.#dialled = undefined;
  }

  #connected(nowMs: number): void {
    const connection = this.#dialled!;
    this.#framer = new LineFramer(MAX_CHANNEL_LINE_BYTES);
    const text = JSON.stringify({ op: "channel", protocol: PROTOCOL_VERSION, ...this.#offer });
    this.#port.effect({ kind: "write", connection, text: text + "\n" });
    this.#deadlineMs = nowMs + HELLO_TIMEOUT_MS;
    this.#port.wakeBy(this.#deadlineMs);
  }

  #received(bytes: Uint8Array, nowMs: number): void {
    const framer = this.#framer;
    framer.push(bytes);
    if (!framer.next()) {
      const { overflowed } = framer;
      framer.settle();
      if (overflowed) this.#giveUp("sent an endless line", nowMs);
      return;
    }
    const text = decodeLine(framer.bytes, framer.start, framer.end) ?? "";
    const rest = bytes.subarray(bytes.length - framer.pendingBytes);
    const connection = this.#dialled!;
    const reply = decodeReply(text);
    if (reply?.ok && reply.members.op === "channel") {
      this.#dialled = undefined;
      this.#channel = connection;
      this.#failures = 0;
      this.#refusal = "";
      this.#log("info", `takes jobs of ${formatAddress(this.#coordinator)}`);
      this.#port.taken(connection);
      if (rest.length > 0) this.#port.rest(connection, rest);
      return;
    }
    const why = reply === undefined || reply.ok ? "it has no jobs" : replyError(reply).text;
    if (why !== this.#refusal) {
      this.#refusal = why;
      this.#log("error", `${formatAddress(this.#coordinator)} refused the job channel: ${why}`);
    }
    this.#abandon();
    this.#again(nowMs);
  }

  #giveUp(reason: string, nowMs: number): void {
    this.#abandon();
    this.#lost(reason, nowMs);
  }

  #lost(reason: string, nowMs: number): void {
    this.#dialled = undefined;
    if (this.#failures === 0 && this.#refusal === "") {
      const server = formatAddress(this.#coordinator);
      this.#log("warn", `cannot open a job channel to ${server} yet: ${reason}`);
    }
    this.#again(nowMs);
  }

  #again(nowMs: number): void {
    this.#failures++;
    this.#redialMs = nowMs + backoffMs(this.#failures, REDIAL, this.#port.random());
    if (this.#isWanted) this.#port.wakeBy(this.#redialMs);
  }

  #log(level: "info" | "warn" | "error", text: string): void {
    this.#port.effect({ kind: "log", level, text });
  }
}
