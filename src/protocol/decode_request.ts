import { MAX_HOPS, MAX_NAME_CHARS, MAX_TIMEOUT_MS } from "../limits.ts";
import { type ErrorCode, type WireError, wireError } from "./errors.ts";
import {
  isJsonObject,
  type JsonObject,
  NumberSource,
  parseJson,
  parseJsonExactly,
} from "./json.ts";
import type { ArithmeticOp, Envelope, Malformed, Request, RequestId } from "./messages.ts";
import { parseExactInteger } from "./numbers.ts";

/** A line that a web browser or another HTTP client would send first. */
const HTTP_REQUEST_LINE = /^[A-Za-z]+ \S+ HTTP\/\d/;

/** The names whose numbers must not be rounded through a double. */
const EXACT_NAMES = ["n", "a", "b"];

/**
 * Understands one request line (without its newline). Whatever it holds, the answer is a request or a
 * {@linkcode Malformed} that says why not; it never throws.
 */
export function decodeRequest(text: string): Request | Malformed {
  const value = parseJson(text);
  if (value === undefined) {
    if (!HTTP_REQUEST_LINE.test(text)) return malformed("invalid_json");
    return { op: "malformed", error: wireError("http_request"), fatal: true };
  }
  if (!isJsonObject(value)) return malformed("not_an_object");
  const id = value.id;
  if (id !== undefined && !isRequestId(id)) return malformed("bad_id");
  const request = decodeObject(value, text);
  if (isWireError(request)) {
    return id === undefined
      ? { op: "malformed", error: request }
      : { op: "malformed", error: request, id };
  }
  return id === undefined ? request : { ...request, id };
}

/** Whether a value can name a request: a text or a safe integer. */
export function isRequestId(value: unknown): value is RequestId {
  return typeof value === "string" || Number.isSafeInteger(value);
}

/** Whether a decoding step gave an error instead of a value. */
export function isWireError(value: unknown): value is WireError {
  return typeof value === "object" && value !== null && "code" in value && "text" in value;
}

function malformed(code: ErrorCode): Malformed {
  return { op: "malformed", error: wireError(code) };
}

function decodeObject(value: JsonObject, text: string): Request | WireError {
  const { op } = value;
  if (op === undefined) return wireError("missing_op");
  if (typeof op !== "string") return wireError("bad_op");
  const envelope = decodeEnvelope(value);
  if (isWireError(envelope)) return envelope;
  switch (op) {
    case "add":
    case "sub":
    case "mul":
    case "div":
      return decodeArithmetic(op, value, envelope);
    case "sum_squares":
      return decodeSum(text, envelope);
    case "hello":
      return decodeHello(value, envelope);
    case "join":
      return decodeJoin(value, envelope);
    case "drain":
    case "undrain":
      return isName(value.worker)
        ? { ...envelope, op, worker: value.worker }
        : wireError("bad_name", '"worker"');
    case "channel":
      return decodeChannel(value, envelope);
    case "cancel":
      return isName(value.job)
        ? { ...envelope, op, job: value.job }
        : wireError("bad_name", '"job"');
    case "jobs":
    case "status":
    case "ping":
      return { ...envelope, op };
    default:
      return wireError("unknown_op", JSON.stringify(op.slice(0, 64)));
  }
}

function decodeEnvelope(value: JsonObject): Envelope | WireError {
  const { timeout_ms: timeoutMs, explain, hops } = value;
  if (timeoutMs === undefined && explain === undefined && hops === undefined) return {};
  if (timeoutMs !== undefined) {
    if (typeof timeoutMs !== "number" || !(timeoutMs >= 0 && timeoutMs <= MAX_TIMEOUT_MS)) {
      return wireError("bad_timeout");
    }
  }
  if (explain !== undefined && typeof explain !== "boolean") return wireError("bad_explain");
  if (hops !== undefined) {
    if (!Number.isSafeInteger(hops) || (hops as number) < 0) return wireError("bad_hops");
    if ((hops as number) > MAX_HOPS) return wireError("too_many_hops");
  }
  return {
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(explain === undefined ? {} : { explain }),
    ...(hops === undefined ? {} : { hops: hops as number }),
  };
}

function decodeArithmetic(
  op: ArithmeticOp,
  value: JsonObject,
  envelope: Envelope,
): Request | WireError {
  const { a, b } = value;
  if (a === undefined) return wireError("missing_operand", '"a"');
  if (b === undefined) return wireError("missing_operand", '"b"');
  if (typeof a !== "number" || !Number.isFinite(a)) return wireError("bad_operand", '"a"');
  if (typeof b !== "number" || !Number.isFinite(b)) return wireError("bad_operand", '"b"');
  return { ...envelope, op, a, b };
}

function decodeSum(text: string, envelope: Envelope): Request | WireError {
  const exact = parseJsonExactly(text, EXACT_NAMES);
  // The plain parse has succeeded, so only the stack can have run out: see parseJson.
  if (!isJsonObject(exact)) return wireError("invalid_json");
  if (exact.n !== undefined || (exact.a === undefined && exact.b === undefined)) {
    const n = exactInteger(exact.n, "n");
    return isWireError(n) ? n : { ...envelope, op: "sum_squares", n };
  }
  const a = exactInteger(exact.a, "a");
  if (isWireError(a)) return a;
  const b = exactInteger(exact.b, "b");
  if (isWireError(b)) return b;
  return a > b ? wireError("bad_range") : { ...envelope, op: "sum_range", a, b };
}

function exactInteger(value: unknown, name: string): bigint | WireError {
  if (value === undefined) return wireError("missing_operand", `"${name}"`);
  if (!(value instanceof NumberSource)) return wireError("bad_integer", `"${name}"`);
  return parseExactInteger(value.source, name);
}

function decodeHello(value: JsonObject, envelope: Envelope): Request | WireError {
  const { protocol, brief } = value;
  if (!isPositive(protocol)) return wireError("bad_hello");
  if (brief === undefined) return { ...envelope, op: "hello", protocol };
  return typeof brief === "boolean"
    ? { ...envelope, op: "hello", protocol, brief }
    : wireError("bad_brief");
}

function decodeJoin(value: JsonObject, envelope: Envelope): Request | WireError {
  const { protocol, name, instance } = value;
  if (!isPositive(protocol)) return wireError("bad_hello");
  if (!isName(name)) return wireError("bad_name", '"name"');
  if (!isName(instance)) return wireError("bad_name", '"instance"');
  return { ...envelope, op: "join", protocol, name, instance, members: value };
}

function decodeChannel(value: JsonObject, envelope: Envelope): Request | WireError {
  const { protocol, instance, slots } = value;
  if (!isPositive(protocol)) return wireError("bad_hello");
  if (instance === undefined) return { ...envelope, op: "channel", protocol };
  if (!isName(instance)) return wireError("bad_name", '"instance"');
  if (!isPositive(slots)) return wireError("bad_slots");
  return { ...envelope, op: "channel", protocol, instance, slots };
}

function isPositive(value: unknown): value is number {
  return Number.isSafeInteger(value) && value as number >= 1;
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= MAX_NAME_CHARS;
}
