/**
 * What a requester says, checked: each function gives the message, or `undefined` if something in it cannot be.
 *
 * @module
 */

import { isArgs } from "../../jobs/args.ts";
import type { ChunkMessage, OpenMessage } from "../../jobs/messages.ts";
import {
  MAX_CHUNK_ITEMS,
  MAX_CODE_BYTES,
  MAX_HELD_CHUNK_BYTES,
  MAX_INTEGER_DIGITS,
  MAX_NAME_CHARS,
  MAX_TIMEOUT_MS,
} from "../../limits.ts";
import type { JsonObject } from "../../protocol/json.ts";

const SHA256 = /^[0-9a-f]{64}$/;
const INTEGER = new RegExp(String.raw`^-?\d{1,${MAX_INTEGER_DIGITS}}$`);
const REDUCES: readonly unknown[] = ["sum", "count", "min", "max", "concat", "own", null];

/** Whether a value is a whole number from `min` to `max`. */
export function isWhole(
  value: unknown,
  min: number,
  max: number = Number.MAX_SAFE_INTEGER,
): value is number {
  return Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;
}

/** A job that is begun; its arguments are passed on as they are. */
export function decodeOpen(members: JsonObject): OpenMessage | undefined {
  const { job, name, sha256, code_bytes, input, call, reduce, args, seed, item_timeout_ms } =
    members;
  const isFit = isWhole(job, 0) && typeof name === "string" && name.length <= MAX_NAME_CHARS &&
    typeof sha256 === "string" && SHA256.test(sha256) && isWhole(code_bytes, 1, MAX_CODE_BYTES) &&
    (input === "range" || input === "items") && (call === "map" || call === "mapRange") &&
    REDUCES.includes(reduce) && Number.isSafeInteger(seed) &&
    (item_timeout_ms === undefined || isWhole(item_timeout_ms, 1, MAX_TIMEOUT_MS)) &&
    isArgs(args);
  return isFit ? members as unknown as OpenMessage : undefined;
}

/** A chunk of a job whose input is known. */
export function decodeChunk(
  members: JsonObject,
  input: OpenMessage["input"],
): ChunkMessage | undefined {
  const { chunk, position, count, first, item_bytes, merge, credit, bytes = 0 } = members;
  const isFit = isWhole(chunk, 0) && isWhole(position, 1) && isWhole(count, 1, MAX_CHUNK_ITEMS) &&
    isWhole(position + count, 1) && isWhole(credit, 0) &&
    (merge === undefined || typeof merge === "boolean");
  if (!isFit) return undefined;
  const hasLines = input === "items" || merge === true;
  const isInputFit = hasLines
    ? first === undefined && isWhole(item_bytes, 1, MAX_HELD_CHUNK_BYTES) &&
      bytes as number <= item_bytes
    : typeof first === "string" && INTEGER.test(first) && item_bytes === undefined &&
      bytes === 0;
  return isInputFit ? members as unknown as ChunkMessage : undefined;
}
