import { MAX_HOPS, MAX_INTEGER_DIGITS, MAX_RESULT_DIGITS, MAX_TIMEOUT_MS } from "../limits.ts";
import type { Handover } from "./encode.ts";
import type { LineFramer } from "./framing.ts";
import type { LineWriter } from "./line_writer.ts";
import { Literal } from "./literal.ts";
import type {
  ArithmeticOp,
  ArithmeticRequest,
  Calculation,
  SumRangeRequest,
  SumSquaresRequest,
} from "./messages.ts";
import { NumberScanner } from "./number_scanner.ts";

/**
 * The shapes of nearly all lines on a busy connection, read without a string or an object per line:
 * `{"op":"add","a":10,"b":5}`, with or without an `id` in front, `timeout_ms` and `hops` behind, and the reply to it.
 * Everything else gives `undefined`, and takes the way through `JSON.parse`; tests hold both ways to the same results.
 *
 * @module
 */

const CLOSING_BRACE = 0x7d;
const QUOTE = 0x22;

const ID = new Literal('{"id":');
const FIRST_OP = new Literal('{"op":"');
const OP = new Literal(',"op":"');
const OPERAND_A = new Literal('","a":');
const OPERAND_B = new Literal(',"b":');
const WHOLE_SUM = new Literal('_squares","n":');
const RANGE_SUM = new Literal('_squares","a":');
const TIMEOUT = new Literal(',"timeout_ms":');
const HOPS = new Literal(',"hops":');
const RESULT = new Literal(',"ok":true,"result":');
const ECHO_A = new Literal(',"a":');

const OP_NAMES: readonly ArithmeticOp[] = ["add", "sub", "mul", "div"];
const OPS = new Map(OP_NAMES.map((op) => [lettersOf(op), op]));
/** What stands between an id and the first operand, in the order of the names. */
const OPS_TO_A = OP_NAMES.map((op) => new Literal(`,"op":"${op}","a":`));

/** How `sum_squares` begins. */
const SUM = lettersOf("sum");

const scanner = new NumberScanner();

function lettersOf(name: string): number {
  return name.charCodeAt(0) << 16 | name.charCodeAt(1) << 8 | name.charCodeAt(2);
}

/** What is read without JSON. */
export type ScannedRequest = ArithmeticRequest | SumSquaresRequest | SumRangeRequest;

/** The basic operation that was read last: an object for each would be most of what a busy worker throws away. */
const lastArithmetic: {
  -readonly [K in "op" | "a" | "b" | "id" | "timeoutMs" | "hops"]: ArithmeticRequest[K];
} = { op: "add", a: 0, b: 0, id: undefined, timeoutMs: undefined, hops: undefined };

/**
 * A calculation in its usual form, or `undefined` if the line is anything else. A basic operation is valid until the
 * next line is read.
 */
export function scanRequest(
  bytes: Uint8Array,
  start: number,
  end: number,
): ScannedRequest | undefined {
  scanner.begin(bytes, start, end);
  const request = readRequest();
  return scanner.isAtEnd ? request : undefined;
}

/**
 * The same for the line that a framer comes to next, whose end is not looked for first: where it is a
 * calculation, the framer moves on behind it.
 */
export function scanNextRequest(framer: LineFramer): ScannedRequest | undefined {
  if (!framer.isAtLine) return undefined;
  scanner.begin(framer.bytes, framer.position, framer.limit);
  const request = readRequest();
  if (request === undefined || !scanner.isAtNewline) return undefined;
  return framer.takeTo(scanner.position) ? request : undefined;
}

function readRequest(): ScannedRequest | undefined {
  let id: number | undefined;
  let op: ArithmeticOp | undefined;
  if (scanner.literal(ID)) {
    if (!scanner.wholeNumber()) return undefined;
    id = scanner.value;
    const index = scanner.oneOf(OPS_TO_A);
    if (index >= 0) op = OP_NAMES[index];
    else if (!scanner.literal(OP)) return undefined;
  } else if (!scanner.literal(FIRST_OP)) return undefined;
  if (op === undefined) {
    const letters = scanner.threeLetters();
    if (letters === SUM) return readSum(id);
    op = OPS.get(letters);
    if (op === undefined || !scanner.literal(OPERAND_A)) return undefined;
  }
  if (!scanner.decimal()) return undefined;
  const a = scanner.value;
  if (!scanner.literal(OPERAND_B) || !scanner.decimal()) return undefined;
  const b = scanner.value;
  if (!readEnd()) return undefined;
  lastArithmetic.op = op;
  lastArithmetic.a = a;
  lastArithmetic.b = b;
  lastArithmetic.id = id;
  lastArithmetic.timeoutMs = lastTimeoutMs;
  lastArithmetic.hops = lastHops;
  return lastArithmetic;
}

function readSum(id: number | undefined): SumSquaresRequest | SumRangeRequest | undefined {
  if (scanner.literal(WHOLE_SUM)) {
    if (!scanner.exactInteger(MAX_INTEGER_DIGITS)) return undefined;
    const n = scanner.integer;
    return readEnd()
      ? { op: "sum_squares", n, id, timeoutMs: lastTimeoutMs, hops: lastHops }
      : undefined;
  }
  if (!scanner.literal(RANGE_SUM) || !scanner.exactInteger(MAX_INTEGER_DIGITS)) return undefined;
  const a = scanner.integer;
  if (!scanner.literal(OPERAND_B) || !scanner.exactInteger(MAX_INTEGER_DIGITS)) return undefined;
  const b = scanner.integer;
  return readEnd() && a <= b
    ? { op: "sum_range", a, b, id, timeoutMs: lastTimeoutMs, hops: lastHops }
    : undefined;
}

/** The time that the request which was read last has left, and the coordinators that it has passed. */
let lastTimeoutMs: number | undefined;
let lastHops: number | undefined;

/** Reads the end of a request, with these. */
function readEnd(): boolean {
  lastTimeoutMs = lastHops = undefined;
  if (scanner.byte(CLOSING_BRACE)) return true;
  // Most of those that pass a coordinator have no deadline.
  if (!scanner.literal(HOPS)) {
    if (!readTimeout()) return false;
    if (scanner.byte(CLOSING_BRACE)) return true;
    if (!scanner.literal(HOPS)) return false;
  }
  if (!scanner.wholeNumber() || scanner.value > MAX_HOPS) return false;
  lastHops = scanner.value;
  return scanner.byte(CLOSING_BRACE);
}

function readTimeout(): boolean {
  if (!scanner.literal(TIMEOUT) || !scanner.decimal()) return false;
  lastTimeoutMs = scanner.value;
  return lastTimeoutMs >= 0 && lastTimeoutMs <= MAX_TIMEOUT_MS;
}

/** The reply with an `id` to a basic operation or to a range of a sum, as far as a coordinator needs it. */
export class ReplyScan {
  /** The request's id. */
  id = 0;
  /** A finite double, or the exact sum of a range. */
  result: number | bigint = 0;

  /** Reads a line; `false` if it is anything else. */
  scan(bytes: Uint8Array, start: number, end: number): boolean {
    scanner.begin(bytes, start, end);
    return this.#read() && scanner.isAtEnd;
  }

  /** Reads the line that a framer comes to next, and has the framer move on behind it. */
  scanNext(framer: LineFramer): boolean {
    if (!framer.isAtLine) return false;
    scanner.begin(framer.bytes, framer.position, framer.limit);
    return this.#read() && scanner.isAtNewline && framer.takeTo(scanner.position);
  }

  #read(): boolean {
    if (!scanner.literal(ID) || !scanner.wholeNumber()) return false;
    this.id = scanner.value;
    if (!scanner.literal(RESULT)) return false;
    const start = scanner.position;
    if (scanner.exactInteger(MAX_RESULT_DIGITS) && scanner.byte(CLOSING_BRACE)) {
      this.result = scanner.integer;
      return true;
    }
    scanner.position = start;
    if (!scanner.decimal()) return false;
    this.result = scanner.value;
    // A brief reply ends here, one that repeats what was asked does not.
    if (scanner.byte(CLOSING_BRACE)) return true;
    return scanner.literal(ECHO_A) && scanner.decimal() &&
      scanner.literal(OPERAND_B) && scanner.decimal() &&
      scanner.literal(OP) && OPS.has(scanner.threeLetters()) &&
      scanner.byte(QUOTE) && scanner.byte(CLOSING_BRACE);
  }
}

/** Room for any line that is written here: three doubles, an id and what stands between them. */
const MAX_WRITTEN_BYTES = 256;
const BARE_OK = new Literal('{"ok":true,"result":');
const REQUEST_END = new Literal("}\n");

const BARE_OK_BYTES = BARE_OK.bytes;
const ECHO_A_BYTES = ECHO_A.bytes;
const HOPS_BYTES = HOPS.bytes;
const ID_BYTES = ID.bytes;
const OPS_TO_A_BYTES = bytesOfEach((op) => `,"op":"${op}","a":`);
const RANGE_TO_A_BYTES = new Literal(',"op":"sum_squares","a":').bytes;
const REPLY_ENDS = bytesOfEach((op) => `,"op":"${op}"}\n`);
const OPERAND_B_BYTES = OPERAND_B.bytes;
const REQUEST_END_BYTES = REQUEST_END.bytes;
const RESULT_BYTES = RESULT.bytes;
const TIMEOUT_BYTES = TIMEOUT.bytes;

function bytesOfEach(text: (op: ArithmeticOp) => string): Record<ArithmeticOp, Uint8Array> {
  const bytes = (op: ArithmeticOp) => new Literal(text(op)).bytes;
  return { add: bytes("add"), sub: bytes("sub"), mul: bytes("mul"), div: bytes("div") };
}

/**
 * Writes the line that `encodeArithmeticReply` gives, to a request with a number for its id or without one.
 *
 * @param isBrief Whether a reply that is told by its id leaves out what was asked.
 */
export function writeArithmeticReply(
  out: LineWriter,
  request: Pick<ArithmeticRequest, "op" | "a" | "b">,
  result: number,
  id: number | undefined,
  isBrief = false,
): void {
  out.reserve(MAX_WRITTEN_BYTES);
  writeOk(out, id);
  out.double(result);
  if (isBrief && id !== undefined) return out.literal(REQUEST_END_BYTES);
  out.literal(ECHO_A_BYTES);
  out.double(request.a);
  out.literal(OPERAND_B_BYTES);
  out.double(request.b);
  out.literal(REPLY_ENDS[request.op]);
}

/** Writes the line that `encodeCalculation` gives, with an id of ours. */
export function writeCalculation(
  out: LineWriter,
  calculation: Calculation,
  id: number,
  { timeoutMs, hops }: Handover,
): void {
  out.reserve(MAX_WRITTEN_BYTES);
  writeId(out, id);
  if (calculation.op === "sum_range") {
    out.literal(RANGE_TO_A_BYTES);
    out.integer(calculation.a, MAX_WRITTEN_BYTES);
    out.literal(OPERAND_B_BYTES);
    out.integer(calculation.b, MAX_WRITTEN_BYTES);
  } else {
    out.literal(OPS_TO_A_BYTES[calculation.op]);
    out.double(calculation.a);
    out.literal(OPERAND_B_BYTES);
    out.double(calculation.b);
  }
  if (timeoutMs !== undefined) {
    out.literal(TIMEOUT_BYTES);
    out.wholeNumber(timeoutMs);
  }
  if (hops > 0) {
    out.literal(HOPS_BYTES);
    out.wholeNumber(hops);
  }
  out.literal(REQUEST_END_BYTES);
}

/** Writes the line that `encodeRangeReply` gives, to a request with a number for its id or without one. */
export function writeRangeReply(out: LineWriter, result: bigint, id: number | undefined): void {
  out.reserve(MAX_WRITTEN_BYTES);
  writeOk(out, id);
  out.integer(result, MAX_WRITTEN_BYTES);
  out.literal(REQUEST_END_BYTES);
}

function writeOk(out: LineWriter, id: number | undefined): void {
  if (id === undefined) return out.literal(BARE_OK_BYTES);
  writeId(out, id);
  out.literal(RESULT_BYTES);
}

function writeId(out: LineWriter, id: number): void {
  out.literal(ID_BYTES);
  // Ids that others chose may be negative.
  if (id >= 0) out.wholeNumber(id);
  else out.text(String(id));
}
