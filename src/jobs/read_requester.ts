/**
 * What a requester says, checked: each function gives the message with nothing in it but what is known, or
 * `undefined` if something in it cannot be. How much of it is too much is for whoever has to hold it.
 *
 * @module
 */

import { MAX_CODE_BYTES, MAX_INTEGER_DIGITS, MAX_NAME_CHARS, MAX_TIMEOUT_MS } from "../limits.ts";
import type { JsonObject } from "../protocol/json.ts";
import { isArgs } from "./args.ts";
import { isWhole } from "./members.ts";
import type { ChunkMessage, JobCall, JobInput, JobReduce, OpenMessage } from "./messages.ts";

const INPUTS: readonly unknown[] = ["range", "items"];
const CALLS: readonly unknown[] = ["map", "mapRange"];
const REDUCES: readonly unknown[] = ["sum", "count", "min", "max", "concat", "own", null];
const SHA256 = /^[0-9a-f]{64}$/;
const INTEGER = new RegExp(String.raw`^-?\d{1,${MAX_INTEGER_DIGITS}}$`);

/** The opening of a job. */
export function readOpening(members: JsonObject): OpenMessage | undefined {
  const { job, name, sha256, code_bytes, input, call, reduce, args, seed } = members;
  const { item_timeout_ms, total, hops, tells_apart } = members;
  const isRight = isWhole(job) && typeof name === "string" && name.length <= MAX_NAME_CHARS &&
    typeof sha256 === "string" && SHA256.test(sha256) && isWhole(code_bytes, 1, MAX_CODE_BYTES) &&
    INPUTS.includes(input) && CALLS.includes(call) && REDUCES.includes(reduce) &&
    isWhole(seed, Number.MIN_SAFE_INTEGER) && isArgs(args) &&
    (item_timeout_ms === undefined || isWhole(item_timeout_ms, 1, MAX_TIMEOUT_MS)) &&
    (tells_apart === undefined || typeof tells_apart === "boolean") &&
    (total === undefined || isWhole(total)) && (hops === undefined || isWhole(hops));
  if (!isRight) return undefined;
  return {
    op: "open",
    job,
    name,
    sha256,
    code_bytes,
    input: input as JobInput,
    call: call as JobCall,
    reduce: reduce as JobReduce,
    ...(args === undefined ? {} : { args }),
    seed,
    ...(tells_apart === undefined ? {} : { tells_apart }),
    ...(item_timeout_ms === undefined ? {} : { item_timeout_ms }),
    ...(total === undefined ? {} : { total }),
    ...(hops === undefined ? {} : { hops }),
  };
}

/** A chunk of a job whose input is known. */
export function readChunk(members: JsonObject, input: JobInput): ChunkMessage | undefined {
  const { job, chunk, position, count, first, item_bytes, merge = false, credit } = members;
  const isRight = isWhole(job) && isWhole(chunk) && isWhole(position, 1) && isWhole(count, 1) &&
    isWhole(position + count) && isWhole(credit) && typeof merge === "boolean";
  if (!isRight) return undefined;
  const message = { op: "chunk", job, chunk, position, count, credit } as const;
  if (input === "range" && !merge) {
    const isRange = typeof first === "string" && INTEGER.test(first) && item_bytes === undefined;
    return isRange ? { ...message, first } : undefined;
  }
  // The shortest line is a newline.
  if (first !== undefined || !isWhole(item_bytes, count)) return undefined;
  return { ...message, item_bytes, ...(merge ? { merge } : {}) };
}
