import { Pulse } from "../../jobs/pulse.ts";
import { ChannelFramer, messageLine } from "../../jobs/channel_framer.ts";
import { Unread } from "../../jobs/unread.ts";
import { HEARTBEATS_TO_DOWN } from "../../limits.ts";
import type { JsonObject } from "../../protocol/json.ts";
import type { ConnectionId, Effect } from "../../protocol/machine.ts";
import type { Chunk } from "./chunk.ts";
import type { Job } from "./job.ts";

/** What a channel needs of the runner. */
export interface ChannelPort {
  effect(effect: Effect): void;
  /** The requester says something; what it answers to a ping, and that it pings, is the channel's own business. */
  message(channel: Channel, members: JsonObject, payload: Uint8Array): void;
  /** The requester says what cannot be: the channel is closed. */
  misused(channel: Channel, reason: string): void;
}

/** A connection over which a requester gives us work. */
export class Channel {
  readonly connection: ConnectionId;
  /** Name of the worker for this requester, where it has one. */
  readonly worker: string | undefined;
  readonly jobs = new Map<number, Job>();
  /** Bytes of items that are held for it. */
  itemBytes = 0;
  /** Chunks that are held for it, in the order in which they come to their turn when it is read slowly. */
  readonly chunks = new Set<Chunk>();
  readonly pulse: Pulse;
  readonly #port: ChannelPort;
  readonly #framer = new ChannelFramer(({ job }) => this.jobs.has(job as number));
  readonly #unread = new Unread();
  /** Whether nothing more is taken from it. */
  #isClosed = false;

  /** A channel without jobs. */
  constructor(
    connection: ConnectionId,
    worker: string | undefined,
    port: ChannelPort,
    nowMs: number,
  ) {
    this.connection = connection;
    this.worker = worker;
    this.#port = port;
    this.pulse = new Pulse(HEARTBEATS_TO_DOWN, nowMs);
  }

  /** Takes bytes of the requester. */
  receive(bytes: Uint8Array, nowMs: number): void {
    this.pulse.heard(nowMs);
    const framer = this.#framer;
    framer.push(bytes);
    while (!this.#isClosed) {
      const framed = framer.next();
      if (framed === undefined) break;
      const { members, payload } = framed;
      if (members.op === "ping") this.send({ op: "pong" });
      else if (members.op !== "pong") this.#port.message(this, members, payload);
      if (this.#unread.fault !== undefined) this.#misused(this.#unread.fault);
    }
    if (framer.fault !== undefined) this.#misused(framer.fault);
  }

  /** Whether so much waits for the requester to be read that results and failures are to be kept for now. */
  get isClogged(): boolean {
    return this.#unread.isMuch;
  }

  /** Everything that was sent has gone: what has waited for that goes on. */
  drained(): void {
    const hasWaited = this.#unread.drained();
    for (const notice of this.#unread.takeNotices(this.jobs)) this.send(notice);
    if (!hasWaited) return;
    for (const chunk of [...this.chunks]) {
      chunk.goOn();
      // Next time the others come first.
      if (this.chunks.delete(chunk)) this.chunks.add(chunk);
      if (this.isClogged) return;
    }
  }

  /** Writes a message, and the bytes that belong to it. */
  send(message: object, payload?: Uint8Array): void {
    if (this.#isClosed) return;
    const { connection } = this;
    const text = messageLine(message);
    if (!this.#unread.add(message, text, payload?.length)) return;
    this.#port.effect({ kind: "write", connection, text });
    if (payload === undefined || payload.length === 0) return;
    this.#port.effect({ kind: "write_bytes", connection, bytes: payload });
  }

  /** Nothing more is said or taken. */
  close(): void {
    this.#isClosed = true;
  }

  #misused(reason: string): void {
    if (!this.#isClosed) this.#port.misused(this, reason);
  }
}
