/**
 * What a requester wants done: one function a message. Of jobs and chunks that are over it may still speak for a
 * while, as it does not know that yet: such messages mean nothing.
 *
 * @module
 */

import { isWhole } from "../../jobs/members.ts";
import type { ChunkMessage } from "../../jobs/messages.ts";
import { readChunk, readOpening } from "../../jobs/read_requester.ts";
import { shown } from "../../jobs/shown.ts";
import {
  MAX_CHANNEL_ITEM_BYTES,
  MAX_CHUNK_ITEMS,
  MAX_CHUNKS_PER_SLOT,
  MAX_HELD_CHUNK_BYTES,
} from "../../limits.ts";
import { wireError } from "../../protocol/errors.ts";
import type { JsonObject } from "../../protocol/json.ts";
import type { Channel } from "./channel.ts";
import { Chunk } from "./chunk.ts";
import { Job, type JobPort } from "./job.ts";

/** What requests do to the runner. */
export interface RequestsPort {
  /** How many chunks run at once. */
  readonly slots: number;
  readonly jobPort: JobPort;
  /** Whether there may be another job. */
  mayOpen(): boolean;
  isLeaving(): boolean;
  opened(job: Job): void;
  closed(job: Job): void;
  code(job: Job, piece: Uint8Array): void;
  /** All items of a chunk are here. */
  complete(chunk: Chunk): void;
  drop(chunk: Chunk): void;
}

/** What requesters say; what only a later version knows means nothing. */
const KNOWN = ["open", "code", "chunk", "items", "credit", "drop", "close"];

/** Does what a message says; gives what is wrong with it if it cannot be. */
export function takeRequest(
  port: RequestsPort,
  channel: Channel,
  members: JsonObject,
  payload: Uint8Array,
): string | undefined {
  if (!KNOWN.includes(members.op as string)) return undefined;
  if (members.op === "open") return open(port, channel, members);
  if (!isWhole(members.job)) return `sent a message with job ${shown(members.job)}`;
  const job = channel.jobs.get(members.job);
  if (job === undefined) return undefined;
  if (members.op === "chunk") return chunk(port, channel, job, members, payload);
  if (members.op === "close") {
    port.closed(job);
    return undefined;
  }
  if (members.op === "code") {
    port.code(job, payload);
    return undefined;
  }
  if (!isWhole(members.chunk)) return `sent a message with chunk ${shown(members.chunk)}`;
  const known = job.chunks.get(members.chunk);
  if (known !== undefined) return ofChunk(port, known, members, payload);
}

function open(port: RequestsPort, channel: Channel, members: JsonObject): string | undefined {
  if (!isWhole(members.job)) return `opened job ${shown(members.job)}`;
  if (channel.jobs.has(members.job)) return `opened job ${members.job} twice`;
  const message = readOpening(members);
  if (message === undefined || !port.mayOpen()) {
    const { code, text } = wireError(message === undefined ? "bad_job" : "too_many_jobs");
    channel.send({ op: "job_failed", job: members.job, code, error: text });
    return undefined;
  }
  const job = new Job(message, channel, port.jobPort);
  channel.jobs.set(message.job, job);
  port.opened(job);
}

function chunk(
  port: RequestsPort,
  channel: Channel,
  job: Job,
  members: JsonObject,
  payload: Uint8Array,
): string | undefined {
  const message = readChunk(members, job.open.input);
  const isFit = message !== undefined && message.count <= MAX_CHUNK_ITEMS &&
    itemBytes(message) <= MAX_HELD_CHUNK_BYTES;
  if (!isFit) return `sent a chunk ${shown(members.chunk)} that cannot be`;
  if (job.chunks.has(message.chunk)) return `sent chunk ${message.chunk} twice`;
  if (port.isLeaving()) {
    const { position } = message;
    const returned = { op: "returned", job: job.number, chunk: message.chunk, position, ms: 0 };
    channel.send({ ...returned, why: "leaving" });
    return undefined;
  }
  const isTooMuch = channel.chunks.size >= MAX_CHUNKS_PER_SLOT * port.slots ||
    channel.itemBytes + itemBytes(message) > MAX_CHANNEL_ITEM_BYTES;
  if (isTooMuch) return "sent more chunks than are to be held";
  return accept(port, channel, new Chunk(job, message), payload);
}

function accept(
  port: RequestsPort,
  channel: Channel,
  chunk: Chunk,
  payload: Uint8Array,
): string | undefined {
  channel.chunks.add(chunk);
  channel.itemBytes += itemBytes(chunk.message);
  chunk.job.chunks.set(chunk.number, chunk);
  return addLines(port, chunk, payload);
}

/** Bytes of items that a chunk holds, until it is over. */
export function itemBytes(message: ChunkMessage): number {
  return message.item_bytes ?? 0;
}

function addLines(port: RequestsPort, chunk: Chunk, payload: Uint8Array): string | undefined {
  if (!chunk.addLines(payload)) return `sent more items of chunk ${chunk.number} than it has`;
  if (chunk.missingBytes === 0) port.complete(chunk);
}

function ofChunk(
  port: RequestsPort,
  chunk: Chunk,
  members: JsonObject,
  payload: Uint8Array,
): string | undefined {
  switch (members.op) {
    case "items":
      if (payload.length === 0) return "sent items without bytes";
      return addLines(port, chunk, payload);
    case "credit":
      if (!isWhole(members.credit)) return `allowed ${shown(members.credit)} bytes`;
      chunk.outbox.credit += members.credit;
      chunk.goOn();
      return undefined;
    case "drop":
      port.drop(chunk);
      return undefined;
  }
}
