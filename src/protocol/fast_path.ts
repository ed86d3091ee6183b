import { MAX_HOPS } from "../limits.ts";
import type { ArithmeticOp, ArithmeticRequest } from "./messages.ts";
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
const HOPS = encoder.encode(',"hops":');
const COMMA = encoder.encode(",");
const CLOSE = encoder.encode("}");
const RESULT = encoder.encode(',"ok":true,"result":');
const ECHO_A = encoder.encode(',"a":');
const ECHO_OP = encoder.encode(',"op":"');
const ECHO_CLOSE = encoder.encode('"}');

const OPS = new Map<number, ArithmeticOp>(
  (["add", "sub", "mul", "div"] as const).map((op) => [
    op.charCodeAt(0) << 16 | op.charCodeAt(1) << 8 | op.charCodeAt(2),
    op,
  ]),
);

const scanner = new NumberScanner();

/** A basic operation in its usual form, or `undefined` if the line is anything else. */
export function scanRequest(
  bytes: Uint8Array,
  start: number,
  end: number,
): ArithmeticRequest | undefined {
  scanner.begin(bytes, start, end);
  if (!scanner.literal(BRACE)) return undefined;
  let id: number | undefined;
  if (scanner.literal(ID)) {
    if (!scanner.wholeNumber()) return undefined;
    id = scanner.value;
    if (!scanner.literal(COMMA)) return undefined;
  }
  if (!scanner.literal(OP)) return undefined;
  const op = OPS.get(scanner.threeLetters());
  if (op === undefined || !scanner.literal(OPERAND_A) || !scanner.decimal()) return undefined;
  const a = scanner.value;
  if (!scanner.literal(OPERAND_B) || !scanner.decimal()) return undefined;
  const b = scanner.value;
  let hops: number | undefined;
  if (scanner.literal(HOPS)) {
    if (!scanner.wholeNumber() || scanner.value > MAX_HOPS) return undefined;
    hops = scanner.value;
  }
  return scanner.literal(CLOSE) && scanner.isAtEnd ? { op, a, b, id, hops } : undefined;
}

/** The reply to a basic operation with an `id`, as far as a coordinator needs it. */
export class ReplyScan {
  /** The request's id. */
  id = 0;
  /** A finite double. */
  result = 0;

  /** Reads a line; `false` if it is anything else. */
  scan(bytes: Uint8Array, start: number, end: number): boolean {
    scanner.begin(bytes, start, end);
    if (!scanner.literal(BRACE) || !scanner.literal(ID) || !scanner.wholeNumber()) return false;
    this.id = scanner.value;
    if (!scanner.literal(RESULT) || !scanner.decimal()) return false;
    this.result = scanner.value;
    return scanner.literal(ECHO_A) && scanner.decimal() &&
      scanner.literal(OPERAND_B) && scanner.decimal() &&
      scanner.literal(ECHO_OP) && OPS.has(scanner.threeLetters()) &&
      scanner.literal(ECHO_CLOSE) && scanner.isAtEnd;
  }
}
