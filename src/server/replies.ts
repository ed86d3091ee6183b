import {
  encodeArithmeticReply,
  encodeErrorReply,
  encodeRangeReply,
  encodeSumReply,
} from "../protocol/encode.ts";
import type { Part, Request } from "../protocol/messages.ts";
import type { AttemptRecord, Call, Task } from "../scheduling/work.ts";

/** The reply line to a call that is over. */
export function replyTo(call: Call, nowMs: number): string {
  const { request, failure } = call;
  const extra = isExplained(call) ? `,"explain":${explain(call, nowMs)}` : "";
  if (failure !== undefined) return encodeErrorReply(failure, request.id, extra);
  if (request.op === "sum_squares") {
    const parts = call.tasks.map(partOf);
    const sum = parts.reduce((total, part) => total + part.result, 0n);
    return encodeSumReply(sum, parts, request.id, extra);
  }
  const outcome = call.tasks[0]?.outcome;
  if (request.op === "sum_range" && typeof outcome === "bigint") {
    return encodeRangeReply(outcome, request.id, extra);
  }
  if (request.op !== "sum_range" && typeof outcome === "number") {
    return encodeArithmeticReply(request, outcome, request.id, extra);
  }
  throw new Error(`Invariant: a finished "${request.op}" has a result of its kind`);
}

/** What the names and signs around the numbers of a part, or of an attempt that is explained, take. */
const FRAME_BYTES = 64;
const EXPLAINED_BYTES = 200;
/** A hexadecimal digit is worth 1.21 decimal ones; a sum of squares has three times the digits of its n. */
const RESULT_DIGITS = 5 * 1.21;

/** About how many bytes the reply to a request will have, so that many small requests for large replies are bounded. */
export function replyBytes(request: Request, workers: number): number {
  // The sum itself stands before its parts.
  const parts = request.op === "sum_squares" ? 1 + workers : 1;
  const explained = request.explain ? EXPLAINED_BYTES : 0;
  return parts * (FRAME_BYTES + explained + Math.ceil(RESULT_DIGITS * digitsOf(request)));
}

/** Hexadecimal digits of the largest number in a sum: these are told in no time, however many there are. */
function digitsOf(request: Request): number {
  if (request.op === "sum_squares") return request.n.toString(16).length;
  return request.op === "sum_range" ? request.b.toString(16).length : 0;
}

/** On request, and where nobody could do it: whoever can read a code can read why, too. */
function isExplained({ request, failure }: Call): boolean {
  if (request.explain !== undefined) return request.explain;
  if (request.id === undefined || failure === undefined) return false;
  return failure.code === "no_worker_available" || failure.code === "deadline_exceeded";
}

function partOf(task: Task): Part {
  const { calculation, outcome } = task;
  if (calculation.op !== "sum_range" || typeof outcome !== "bigint") {
    throw new Error("Invariant: a finished sum has a whole number for each range");
  }
  return { a: calculation.a, b: calculation.b, result: outcome };
}

/** Which worker did what: times are in milliseconds, from when the request came. */
function explain(call: Call, nowMs: number): string {
  const work = call.tasks.map((task) => {
    const { calculation } = task;
    const range = calculation.op === "sum_range"
      ? `"a":${calculation.a},"b":${calculation.b},`
      : "";
    const attempts = task.attempts.map((record) => attemptText(record, call.startedMs));
    return `{${range}"attempts":[${attempts.join(",")}]}`;
  });
  return `{"ms":${rounded(nowMs - call.startedMs)},"work":[${work.join(",")}]}`;
}

function attemptText(record: AttemptRecord, fromMs: number): string {
  return JSON.stringify({
    worker: record.worker,
    at_ms: rounded(record.startedMs - fromMs),
    ms: rounded(record.endedMs - record.startedMs),
    outcome: record.outcome,
  });
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
