import { assert, assertEquals } from "@std/assert";
import { decodeReply } from "../../../src/protocol/decode_reply.ts";
import { wireError } from "../../../src/protocol/errors.ts";
import type { Calculation } from "../../../src/protocol/messages.ts";
import { judgeReply } from "../../../src/scheduling/worker_reply.ts";

const add: Calculation = { op: "add", a: 1, b: 2 };
const div: Calculation = { op: "div", a: 1, b: 2 };
const zero: Calculation = { op: "div", a: 1, b: -0 };
const sum: Calculation = { op: "sum_range", a: 1n, b: 3n };

/** A verdict in one word or value: the outcome of a final one, else its kind. */
function judge(members: string, calculation: Calculation, hasDeadline = false): unknown {
  const reply = decodeReply(`{${members}}`);
  assert(reply !== undefined, members);
  const verdict = judgeReply(reply, calculation, hasDeadline);
  return verdict.kind === "final" ? verdict.outcome : verdict.kind;
}

Deno.test("a usable result is final", () => {
  assertEquals(judge('"ok":true,"result":3.5', add), 3.5);
  assertEquals(judge('"ok":true,"result":-0.0', add), -0);
  assertEquals(judge('"ok":true,"result":14', sum), 14n);
  assertEquals(judge('"ok":true,"result":90071992547409930', sum), 90071992547409930n);
});

Deno.test("a success without a usable result is rubbish", () => {
  const texts = [
    '"ok":true',
    '"ok":true,"result":null',
    '"ok":true,"result":"3"',
    '"ok":true,"result":1e999',
  ];
  for (const text of texts) {
    for (const calculation of [add, sum]) assertEquals(judge(text, calculation), "rubbish", text);
  }
  assertEquals(judge('"ok":true,"result":1.5', sum), "rubbish");
  assertEquals(judge('"ok":true,"result":-14', sum), "rubbish");
});

Deno.test("an error that the arithmetic can have is final, any other is one worker's failure", () => {
  const byZero = '"ok":false,"error":"División por cero"';
  const overflow = '"ok":false,"error":"x","code":"overflow"';
  const late = '"ok":false,"error":"x","code":"deadline_exceeded"';
  const cases: readonly (readonly [string, Calculation, boolean, unknown])[] = [
    [byZero, zero, false, wireError("division_by_zero")],
    [byZero, { op: "div", a: 0, b: 0 }, true, wireError("division_by_zero")],
    [byZero, div, false, "failed"],
    [byZero, { op: "mul", a: 1, b: 0 }, false, "failed"],
    [byZero, sum, false, "failed"],
    [overflow, add, false, wireError("overflow")],
    [overflow, div, false, wireError("overflow")],
    [overflow, sum, false, "failed"],
    [late, add, true, wireError("deadline_exceeded")],
    [late, sum, true, wireError("deadline_exceeded")],
    [late, add, false, "failed"],
    ['"ok":false,"error":"ningún worker disponible"', add, true, "failed"],
    ['"ok":false,"error":"operación desconocida","code":"unknown_op"', add, false, "failed"],
    ['"ok":false,"error":"División por cero","code":"unknown_op"', zero, false, "failed"],
    ['"ok":false,"error":""', add, false, "failed"],
  ];
  for (const [text, calculation, hasDeadline, expected] of cases) {
    assertEquals(judge(text, calculation, hasDeadline), expected, `${text} to ${calculation.op}`);
  }
});

Deno.test("a failure repeats no more than the beginning of the worker's text", () => {
  const reply = decodeReply(`{"ok":false,"error":"${"x".repeat(100_000)}"}`);
  const verdict = judgeReply(reply!, add, false);
  assert(verdict.kind === "failed");
  assertEquals(verdict.why, `answered "${"x".repeat(200)}"`);
});
