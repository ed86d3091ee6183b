import type { WireError } from "./errors.ts";
import type { ArithmeticRequest, Calculation, Part, Request, RequestId } from "./messages.ts";
import { formatDouble } from "./numbers.ts";

/**
 * Lines as they go over the wire, compact, each with its newline. An `id` stands first; what a request
 * with `explain` gets besides stands last, as `extra`, already encoded.
 *
 * @module
 */

/** The reply to a basic operation. */
export function encodeArithmeticReply(
  request: ArithmeticRequest,
  result: number,
  id: RequestId | undefined,
  extra = "",
): string {
  const { op, a, b } = request;
  const operands = `"a":${formatDouble(a)},"b":${formatDouble(b)},"op":"${op}"`;
  return `${opening(id)}"ok":true,"result":${formatDouble(result)},${operands}${extra}}\n`;
}

/** The reply to `sum_squares` of n: the sum and the parts that it was merged from. */
export function encodeSumReply(
  result: bigint,
  parts: readonly Part[],
  id: RequestId | undefined,
  extra = "",
): string {
  const list = parts.map((part) => `{"a":${part.a},"b":${part.b},"result":${part.result}}`);
  return `${opening(id)}"ok":true,"result":${result},"parts":[${list.join(",")}]${extra}}\n`;
}

/** The reply to `sum_squares` of a range. */
export function encodeRangeReply(result: bigint, id: RequestId | undefined, extra = ""): string {
  return `${opening(id)}"ok":true,"result":${result}${extra}}\n`;
}

/** An error reply. The stable code is for those who gave an `id`: a bare reply has two keys. */
export function encodeErrorReply(
  error: WireError,
  id: RequestId | undefined,
  extra = "",
): string {
  const code = id === undefined ? "" : `,"code":"${error.code}"`;
  return `${opening(id)}"ok":false,"error":${JSON.stringify(error.text)}${code}${extra}}\n`;
}

/** A reply with the given members after `ok`; none for `ping`. */
export function encodeOkReply(members: object, id: RequestId | undefined): string {
  const rest = JSON.stringify(members).slice(1, -1);
  return `${opening(id)}"ok":true${rest === "" ? "" : "," + rest}}\n`;
}

/** What a coordinator adds to a calculation that it hands on to a role that speaks the full protocol. */
export interface Handover {
  /** Time left, in milliseconds; `undefined` for a request without a deadline. */
  readonly timeoutMs: number | undefined;
  /** Coordinators passed, this one included. */
  readonly hops: number;
}

/** A calculation for a worker: bare without an `id`, as a plain worker reads it. */
export function encodeCalculation(
  calculation: Calculation,
  id: RequestId | undefined,
  handover?: Handover,
): string {
  const time = handover?.timeoutMs === undefined ? "" : `,"timeout_ms":${handover.timeoutMs}`;
  const hops = handover === undefined || handover.hops === 0 ? "" : `,"hops":${handover.hops}`;
  return `${opening(id)}${operation(calculation)}${time}${hops}}\n`;
}

/** The members of a request, `id` excepted, with the closing brace. */
export function requestBody(request: Request): string {
  const { timeoutMs, explain, hops } = request;
  const time = timeoutMs === undefined ? "" : `,"timeout_ms":${timeoutMs}`;
  const why = explain === undefined ? "" : `,"explain":${explain}`;
  const passed = hops === undefined ? "" : `,"hops":${hops}`;
  return `${operationOf(request)}${time}${why}${passed}}`;
}

function operationOf(request: Request): string {
  switch (request.op) {
    case "sum_squares":
      return `"op":"sum_squares","n":${request.n}`;
    case "hello":
      return `"op":"hello","protocol":${request.protocol}`;
    case "drain":
    case "undrain":
      return `"op":"${request.op}","worker":${JSON.stringify(request.worker)}`;
    case "join":
      return JSON.stringify({ ...request.members, id: undefined }).slice(1, -1);
    case "channel": {
      const { op, protocol, instance, slots } = request;
      return JSON.stringify({ op, protocol, instance, slots }).slice(1, -1);
    }
    case "cancel":
      return `"op":"cancel","job":${JSON.stringify(request.job)}`;
    case "jobs":
    case "status":
    case "ping":
      return `"op":"${request.op}"`;
    default:
      return operation(request);
  }
}

function operation(calculation: Calculation): string {
  if (calculation.op === "sum_range") {
    return `"op":"sum_squares","a":${calculation.a},"b":${calculation.b}`;
  }
  const { op, a, b } = calculation;
  return `"op":"${op}","a":${formatDouble(a)},"b":${formatDouble(b)}`;
}

function opening(id: RequestId | undefined): string {
  if (id === undefined) return "{";
  return typeof id === "number" ? `{"id":${id},` : `{"id":${JSON.stringify(id)},`;
}
