import type { Framed } from "../../jobs/channel_framer.ts";
import type {
  ChunkMessage,
  CodeMessage,
  ItemsMessage,
  OpenMessage,
  PrintMessage,
  ProgressMessage,
} from "../../jobs/messages.ts";
import { isCause } from "../../jobs/members.ts";
import { shown } from "../../jobs/shown.ts";
import { MAX_NAME_CHARS, MAX_PIECE_BYTES } from "../../limits.ts";
import type { Failure, MapJob } from "./job.ts";

/** A message and the bytes that follow it. */
export interface Outgoing<Message> {
  readonly message: Message;
  readonly payload?: Uint8Array;
}

/** What opens a job, of whose items so many are done already. */
export function openMessage(job: number, work: MapJob, done: number): OpenMessage {
  const { name, sha256, code, input, call, reduce, args, seed, tellsApart, itemTimeoutMs, range } =
    work;
  return {
    op: "open",
    job,
    // Its end says more than its beginning.
    name: name.slice(-MAX_NAME_CHARS),
    sha256,
    code_bytes: code.length,
    input,
    call,
    reduce,
    ...(args === undefined ? {} : { args }),
    seed,
    ...(tellsApart ? { tells_apart: true } : {}),
    ...(itemTimeoutMs === undefined ? {} : { item_timeout_ms: itemTimeoutMs }),
    ...(range === undefined ? {} : { total: range.count - done }),
  };
}

/** A module, in pieces. */
export function* codeMessages(job: number, code: Uint8Array): Iterable<Outgoing<CodeMessage>> {
  for (let at = 0; at < code.length; at += MAX_PIECE_BYTES) {
    const payload = code.subarray(at, at + MAX_PIECE_BYTES);
    yield { message: { op: "code", job, bytes: payload.length }, payload };
  }
}

/** A chunk, and messages for what of its lines does not fit in one. */
export function* itemsMessages(
  chunk: ChunkMessage,
  lines: Uint8Array | undefined,
): Iterable<Outgoing<ChunkMessage | ItemsMessage>> {
  if (lines === undefined || lines.length === 0) {
    yield { message: chunk };
    return;
  }
  const first = lines.subarray(0, MAX_PIECE_BYTES);
  yield { message: { ...chunk, bytes: first.length }, payload: first };
  for (let at = MAX_PIECE_BYTES; at < lines.length; at += MAX_PIECE_BYTES) {
    const payload = lines.subarray(at, at + MAX_PIECE_BYTES);
    const { job, chunk: number } = chunk;
    yield { message: { op: "items", job, chunk: number, bytes: payload.length }, payload };
  }
}

/** A failure as it came over the wire. */
export function readFailure(members: Framed["members"]): Failure {
  const { position, cause, error, stack, item, worker } = members;
  return {
    position: wholeNumber(position),
    cause: isCause(cause) ? cause : "error",
    error: textOrShown(error),
    ...(typeof stack === "string" ? { stack } : {}),
    ...(typeof item === "string" ? { item } : {}),
    ...(typeof worker === "string" ? { worker } : {}),
  };
}

/** What a function printed, as it came over the wire. */
export function readPrint(members: Framed["members"]): PrintMessage {
  const { job, position, worker, text } = members;
  return {
    op: "print",
    job: wholeNumber(job),
    position: wholeNumber(position),
    ...(typeof worker === "string" ? { worker } : {}),
    text: textOrShown(text),
  };
}

/** Who is at work, as it came over the wire. */
export function readProgress(members: Framed["members"]): ProgressMessage {
  const { job, name, workers, slots } = members;
  return {
    op: "progress",
    job: wholeNumber(job),
    name: textOrShown(name),
    workers: wholeNumber(workers),
    slots: wholeNumber(slots),
  };
}

/** A number as it came over the wire; 0 for whatever is no whole number from 0 on. */
export function wholeNumber(value: unknown): number {
  return typeof value === "number" && value >= 0 && Number.isSafeInteger(value) ? value : 0;
}

/** A text as it came over the wire; of what is none, what it is instead. */
export function textOrShown(value: unknown): string {
  return typeof value === "string" ? value : shown(value);
}
