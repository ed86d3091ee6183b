import { messageLine } from "../../jobs/channel_framer.ts";
import { isCause, isWhole, textOf } from "../../jobs/members.ts";
import type { ChannelMessage, FailedMessage } from "../../jobs/messages.ts";
import { Unread } from "../../jobs/unread.ts";
import { MAX_PIECE_BYTES } from "../../limits.ts";
import type { ConnectionId } from "../../protocol/machine.ts";
import type { JsonObject } from "../../protocol/json.ts";

/** Where messages go. */
export interface WirePort {
  write(connection: ConnectionId, text: string): void;
  writeBytes(connection: ConnectionId, bytes: Uint8Array): void;
}

/** The writing end of one channel. */
export class ChannelWire {
  readonly connection: ConnectionId;
  /** Whether the connection is gone: nothing is written any more. */
  isClosed = false;
  /** What the peer was sent and may not have read. */
  readonly unread: Unread = new Unread();
  readonly #port: WirePort;

  /** A channel over a connection. */
  constructor(connection: ConnectionId, port: WirePort) {
    this.connection = connection;
    this.#port = port;
  }

  /** Sends a message, and the bytes that it announces. */
  send(message: ChannelMessage, payload?: Uint8Array): void {
    if (this.isClosed) return;
    const line = messageLine(message);
    if (!this.unread.add(message, line, payload?.length)) return;
    this.#port.write(this.connection, line);
    if (payload !== undefined && payload.length > 0) {
      this.#port.writeBytes(this.connection, payload);
    }
  }
}

/** Cuts what is longer than a message may carry. */
export function* pieces(parts: readonly Uint8Array[]): Generator<Uint8Array> {
  for (const part of parts) {
    for (let start = 0; start < part.length; start += MAX_PIECE_BYTES) {
      yield part.length <= MAX_PIECE_BYTES ? part : part.subarray(start, start + MAX_PIECE_BYTES);
    }
  }
}

/** A time in milliseconds, as far as it can be believed. */
export function msOf(value: unknown): number {
  return typeof value === "number" && value >= 0 && value < Infinity ? value : 0;
}

/** A failure as a runner told of it; `undefined` if that cannot be one. */
export function failureOf(members: JsonObject, worker: string): FailedMessage | undefined {
  const { position, cause } = members;
  if (!isWhole(position) || !isCause(cause)) return undefined;
  const [stack, item] = [textOf(members.stack), textOf(members.item)];
  return {
    op: "failed",
    job: 0,
    chunk: 0,
    position,
    cause,
    error: textOf(members.error) ?? "",
    ...(stack === undefined ? {} : { stack }),
    ...(item === undefined ? {} : { item }),
    worker: textOf(members.worker) ?? worker,
  };
}
