import { assert } from "@std/assert";
import { sumSquares } from "../../../src/operations/sum_squares.ts";
import { decodeRequest } from "../../../src/protocol/decode_request.ts";
import { encodeRangeReply, encodeSumReply } from "../../../src/protocol/encode.ts";
import { splitRange } from "../../../src/scheduling/splitting.ts";
import { replyBytes } from "../../../src/server/replies.ts";
import { Scenario } from "./scenario.ts";

/** What is held for a request that is not answered: its line, and what its reply may have. */
function heldFor(line: string, workers: number): number {
  const request = decodeRequest(line);
  assert(request.op !== "malformed", line);
  return line.length + replyBytes(request, workers);
}

/** Enough is held for a reply, and not many times as much. */
function assertFits(line: string, workers: number, reply: string): void {
  const held = heldFor(line, workers);
  const text = `${held} bytes held for ${reply.length} of ${workers} workers: ${line.slice(0, 80)}`;
  assert(reply.length <= held, text);
  assert(held <= 3 * reply.length + 100, text);
}

const LENGTHS = [1, 2, 10, 20, 100, 999, 1000];

Deno.test("for a sum that is not answered as much is held as its reply will have, parts and all", () => {
  for (const digits of LENGTHS) {
    for (const n of [10n ** BigInt(digits) - 1n, 10n ** BigInt(digits - 1)]) {
      for (const workers of [1, 3, 64, 1000]) {
        if (n < BigInt(workers)) continue;
        const parts = splitRange(n, workers).map(({ a, b }) => ({
          a,
          b,
          result: sumSquares(a, b),
        }));
        const reply = encodeSumReply(sumSquares(1n, n), parts, undefined);
        assertFits(`{"op":"sum_squares","n":${n}}`, workers, reply);
      }
    }
  }
});

Deno.test("for a range that is not answered as much is held as its reply will have", () => {
  for (const digits of LENGTHS) {
    const b = 10n ** BigInt(digits) - 1n;
    const reply = encodeRangeReply(sumSquares(1n, b), undefined);
    assertFits(`{"op":"sum_squares","a":1,"b":${b}}`, 3, reply);
  }
});

Deno.test("for a request that is to be explained as much is held as its reply will have", () => {
  for (const workers of [1, 3, 20]) {
    const scenario = Scenario.started({ workers });
    for (
      const request of [
        '{"op":"add","a":10,"b":5}',
        '{"op":"mul","a":-1.2345678901234567e-200,"b":-1.2345678901234567e-100}',
        '{"op":"sum_squares","n":1000}',
        '{"op":"sum_squares","a":400,"b":600}',
      ]
    ) {
      assertFits(request, workers, scenario.ask(request));
      const explained = request.replace("}", ',"explain":true}');
      assertFits(explained, workers, scenario.ask(explained));
    }
  }
});
