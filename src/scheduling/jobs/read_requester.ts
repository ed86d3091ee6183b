import { isArgs } from "../../jobs/args.ts";
import type { JobCall, JobInput, JobReduce, OpenMessage } from "../../jobs/messages.ts";
import { MAX_CODE_BYTES, MAX_HOPS, MAX_INTEGER_DIGITS, MAX_NAME_CHARS } from "../../limits.ts";
import type { JsonObject } from "../../protocol/json.ts";
import { isCount } from "./channel_wire.ts";

/** A chunk as a client gives it. */
export interface ClientChunkMessage {
  readonly chunk: number;
  readonly position: number;
  readonly count: number;
  /** The number at the first position, of a range. */
  readonly first: bigint | undefined;
  /** Length of all lines, of items. */
  readonly itemBytes: number;
  readonly isMerge: boolean;
  readonly credit: number;
}

const INPUTS: readonly unknown[] = ["range", "items"];
const CALLS: readonly unknown[] = ["map", "mapRange"];
const REDUCES: readonly unknown[] = ["sum", "count", "min", "max", "concat", "own", null];
const SHA256 = /^[0-9a-f]{64}$/;
const INTEGER = new RegExp(String.raw`^-?\d{1,${MAX_INTEGER_DIGITS}}$`);

/** The opening of a job, with nothing in it but what is known; `undefined` if something is wrong with it. */
export function readOpening(members: JsonObject): OpenMessage | undefined {
  const { job, name, sha256, code_bytes, input, call, reduce, args, seed } = members;
  const { item_timeout_ms, total, hops } = members;
  const isRight = isCount(job) && typeof name === "string" && name.length <= MAX_NAME_CHARS &&
    typeof sha256 === "string" && SHA256.test(sha256) &&
    isCount(code_bytes) && code_bytes >= 1 && code_bytes <= MAX_CODE_BYTES &&
    INPUTS.includes(input) && CALLS.includes(call) && REDUCES.includes(reduce) &&
    typeof seed === "number" && isArgs(args) &&
    (item_timeout_ms === undefined ||
      (typeof item_timeout_ms === "number" && item_timeout_ms > 0)) &&
    (total === undefined || isCount(total)) && (hops === undefined || isCount(hops));
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
    ...(item_timeout_ms === undefined ? {} : { item_timeout_ms: item_timeout_ms as number }),
    ...(total === undefined ? {} : { total: total as number }),
    ...(hops === undefined ? {} : { hops: hops as number }),
  };
}

/** Whether a job has passed as many coordinators as it may. */
export function hasTooManyHops({ hops = 0 }: OpenMessage): boolean {
  return hops >= MAX_HOPS;
}

/** A chunk as it was given; `undefined` if something is wrong with it. */
export function readChunk(members: JsonObject): ClientChunkMessage | undefined {
  const { chunk, position, count, first, item_bytes, merge = false, credit } = members;
  const isRight = isCount(chunk) && isCount(position) && position >= 1 &&
    isCount(count) && count >= 1 && isCount(position + count) && isCount(credit) &&
    typeof merge === "boolean" &&
    (first === undefined ? isCount(item_bytes) && item_bytes >= count : item_bytes === undefined) &&
    (first === undefined || (typeof first === "string" && INTEGER.test(first)));
  if (!isRight) return undefined;
  return {
    chunk,
    position,
    count,
    first: typeof first === "string" ? BigInt(first) : undefined,
    itemBytes: isCount(item_bytes) ? item_bytes : 0,
    isMerge: merge,
    credit,
  };
}
