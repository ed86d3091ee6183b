import { MAX_HOPS, MAX_INTEGER_DIGITS, MAX_RESULT_DIGITS } from "../limits.ts";
import type { Handover } from "./encode.ts";
import type { LineFramer } from "./framing.ts";
import type { LineWriter } from "./line_writer.ts";
import type {
  ArithmeticOp,
  ArithmeticRequest,
  SumRangeRequest,
  SumSquaresRequest,
} from "./messages.ts";
import { NumberScanner } from "./number_scanner.ts";

/**
 * The shapes of nearly all lines on a busy connection, read without a string or an object per line but the
 * result: `{"op":"add","a":10,"b":5}`, with or without an `id` in front and `hops` behind, and the reply to it.
 * Everything else gives `undefined`, and takes the way through `JSON.parse`; tests hold both ways to the same results.
 *
 * @module
 */

const encoder = new TextEncoder();
const BRACE = encoder.encode("{");
const ID = encoder.encode('"id":');
const OP = encoder.encode('"op":"');
const OPERAND_A = encoder.encode('","a":');
const OPERAND_B = encoder.encode(',"b":');
const WHOLE_SUM = encoder.encode('_squares","n":');
const RANGE_SUM = encoder.encode('_squares","a":');
const HOPS = encoder.encode(',"hops":');
const COMMA = encoder.encode(",");
const CLOSE = encoder.encode("}");
const RESULT = encoder.encode(',"ok":true,"result":');
const ECHO_A = encoder.encode(',"a":');
const ECHO_OP = encoder.encode(',"op":"');
const ECHO_CLOSE = encoder.encode('"}');

const OPS = new Map<number, ArithmeticOp>(
  (["add", "sub", "mul", "div"] as const).map((op) => [lettersOf(op), op]),
);

/** How `sum_squares` begins. */
const SUM = lettersOf("sum");

const scanner = new NumberScanner();

function lettersOf(name: string): number {
  return name.charCodeAt(0) << 16 | name.charCodeAt(1) << 8 | name.charCodeAt(2);
}

/** What is read without JSON. */
export type ScannedRequest = ArithmeticRequest | SumSquaresRequest | SumRangeRequest;

/** A calculation in its usual form, or `undefined` if the line is anything else. */
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
  if (!scanner.literal(BRACE)) return undefined;
  let id: number | undefined;
  if (scanner.literal(ID)) {
    if (!scanner.wholeNumber()) return undefined;
    id = scanner.value;
    if (!scanner.literal(COMMA)) return undefined;
  }
  if (!scanner.literal(OP)) return undefined;
  const letters = scanner.threeLetters();
  if (letters === SUM) return readSum(id);
  const op = OPS.get(letters);
  if (op === undefined || !scanner.literal(OPERAND_A) || !scanner.decimal()) return undefined;
  const a = scanner.value;
  if (!scanner.literal(OPERAND_B) || !scanner.decimal()) return undefined;
  const b = scanner.value;
  return readEnd() ? { op, a, b, id, hops: lastHops } : undefined;
}

function readSum(id: number | undefined): SumSquaresRequest | SumRangeRequest | undefined {
  if (scanner.literal(WHOLE_SUM)) {
    if (!scanner.exactInteger(MAX_INTEGER_DIGITS)) return undefined;
    const n = scanner.integer;
    return readEnd() ? { op: "sum_squares", n, id, hops: lastHops } : undefined;
  }
  if (!scanner.literal(RANGE_SUM) || !scanner.exactInteger(MAX_INTEGER_DIGITS)) return undefined;
  const a = scanner.integer;
  if (!scanner.literal(OPERAND_B) || !scanner.exactInteger(MAX_INTEGER_DIGITS)) return undefined;
  const b = scanner.integer;
  return readEnd() && a <= b ? { op: "sum_range", a, b, id, hops: lastHops } : undefined;
}

/** The coordinators that the request which was read last has passed. */
let lastHops: number | undefined;

/** Reads the end of a request, with the number of coordinators that it has passed. */
function readEnd(): boolean {
  lastHops = undefined;
  if (scanner.literal(HOPS)) {
    if (!scanner.wholeNumber() || scanner.value > MAX_HOPS) return false;
    lastHops = scanner.value;
  }
  return scanner.literal(CLOSE);
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
    if (!scanner.literal(BRACE) || !scanner.literal(ID) || !scanner.wholeNumber()) return false;
    this.id = scanner.value;
    if (!scanner.literal(RESULT)) return false;
    const start = scanner.position;
    if (scanner.exactInteger(MAX_RESULT_DIGITS) && scanner.literal(CLOSE)) {
      this.result = scanner.integer;
      return true;
    }
    scanner.position = start;
    if (!scanner.decimal()) return false;
    this.result = scanner.value;
    return scanner.literal(ECHO_A) && scanner.decimal() &&
      scanner.literal(OPERAND_B) && scanner.decimal() &&
      scanner.literal(ECHO_OP) && OPS.has(scanner.threeLetters()) &&
      scanner.literal(ECHO_CLOSE);
  }
}

/** Room for any line that is written here: three doubles, an id and what stands between them. */
const MAX_WRITTEN_BYTES = 256;
const BARE_OK = encoder.encode('{"ok":true,"result":');
const WITH_ID = encoder.encode('{"id":');
const TIMEOUT = encoder.encode(',"timeout_ms":');
const REPLY_END = encoder.encode('"}\n');
const REQUEST_END = encoder.encode("}\n");

/** Writes the line that `encodeArithmeticReply` gives, to a request with a number for its id or without one. */
export function writeArithmeticReply(
  out: LineWriter,
  request: ArithmeticRequest,
  result: number,
  id: number | undefined,
): void {
  out.reserve(MAX_WRITTEN_BYTES);
  if (id === undefined) out.literal(BARE_OK);
  else {
    writeId(out, id);
    out.literal(RESULT);
  }
  out.double(result);
  out.literal(ECHO_A);
  out.double(request.a);
  out.literal(OPERAND_B);
  out.double(request.b);
  out.literal(ECHO_OP);
  out.threeLetters(request.op);
  out.literal(REPLY_END);
}

/** Writes the line that `encodeCalculation` gives, with an id of ours. */
export function writeArithmeticRequest(
  out: LineWriter,
  request: ArithmeticRequest,
  id: number,
  { timeoutMs, hops }: Handover,
): void {
  out.reserve(MAX_WRITTEN_BYTES);
  writeId(out, id);
  out.literal(ECHO_OP);
  out.threeLetters(request.op);
  out.literal(OPERAND_A);
  out.double(request.a);
  out.literal(OPERAND_B);
  out.double(request.b);
  if (timeoutMs !== undefined) {
    out.literal(TIMEOUT);
    out.wholeNumber(timeoutMs);
  }
  if (hops > 0) {
    out.literal(HOPS);
    out.wholeNumber(hops);
  }
  out.literal(REQUEST_END);
}

function writeId(out: LineWriter, id: number): void {
  out.literal(WITH_ID);
  // Ids that others chose may be negative.
  if (id >= 0) out.wholeNumber(id);
  else out.text(String(id));
}
