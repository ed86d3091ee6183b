import { messageLine } from "../../jobs/channel_framer.ts";
import type { ChannelMessage, FailedMessage, FailureCause } from "../../jobs/messages.ts";
import { MAX_PIECE_BYTES, MAX_TEXT_CHARS } from "../../limits.ts";
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
  readonly #port: WirePort;

  /** A channel over a connection. */
  constructor(connection: ConnectionId, port: WirePort) {
    this.connection = connection;
    this.#port = port;
  }

  /** Sends a message, and the bytes that it announces. */
  send(message: ChannelMessage, payload?: Uint8Array): void {
    if (this.isClosed) return;
    this.#port.write(this.connection, messageLine(message));
    if (payload !== undefined && payload.length > 0) {
      this.#port.writeBytes(this.connection, payload);
    }
  }

  /** Sends a line that has been made already. */
  sendLine(line: string): void {
    if (!this.isClosed) this.#port.write(this.connection, line);
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

/** Whether a value is a whole number from 0, as counts and positions are. */
export function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** A time in milliseconds, as far as it can be believed. */
export function msOf(value: unknown): number {
  return typeof value === "number" && value >= 0 && value < Infinity ? value : 0;
}

/** A text of a message, cut to what is passed on; `undefined` if it is none. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value.slice(0, MAX_TEXT_CHARS) : undefined;
}

const CAUSES: readonly unknown[] = ["error", "value", "input", "memory", "time", "crash"];

/** A failure as a runner told of it; `undefined` if that cannot be one. */
export function failureOf(members: JsonObject, worker: string): FailedMessage | undefined {
  const { position, cause } = members;
  if (!isCount(position) || !CAUSES.includes(cause)) return undefined;
  const [stack, item] = [textOf(members.stack), textOf(members.item)];
  return {
    op: "failed",
    job: 0,
    chunk: 0,
    position,
    cause: cause as FailureCause,
    error: textOf(members.error) ?? "",
    ...(stack === undefined ? {} : { stack }),
    ...(item === undefined ? {} : { item }),
    worker: textOf(members.worker) ?? worker,
  };
}
