import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { calculate, OPERATIONS } from "../../../src/operations/registry.ts";
import { sumSquares } from "../../../src/operations/sum_squares.ts";
import type { ArithmeticOp } from "../../../src/protocol/messages.ts";
import { isWireError } from "../../../src/protocol/decode_request.ts";

const MAX = Number.MAX_VALUE;

/** The number that comes out, or the code of the error. */
function outcome(op: ArithmeticOp, a: number, b: number): unknown {
  const result = calculate({ op, a, b });
  return isWireError(result) ? result.code : result;
}

Deno.test("the basic operations are those of doubles, at their edges too", () => {
  const cases: readonly (readonly [ArithmeticOp, number, number, number | string])[] = [
    ["add", 10, 5, 15],
    ["add", 0.1, 0.2, 0.30000000000000004],
    ["add", -0, -0, -0],
    ["add", MAX, 1, MAX],
    ["add", MAX, MAX, "overflow"],
    ["add", -MAX, -MAX, "overflow"],
    ["sub", 20, 7, 13],
    ["sub", 0, 0, 0],
    ["sub", -0, 0, -0],
    ["sub", -MAX, MAX, "overflow"],
    ["mul", 6, 9, 54],
    ["mul", -1, 0, -0],
    ["mul", 1e200, 1e200, "overflow"],
    ["mul", 1e-200, 1e-200, 0],
    ["div", 10, 2, 5],
    ["div", 0, -5, -0],
    ["div", 1, 3, 1 / 3],
    ["div", 10, 0, "division_by_zero"],
    ["div", 10, -0, "division_by_zero"],
    ["div", 0, 0, "division_by_zero"],
    ["div", MAX, 0.5, "overflow"],
    ["div", 1, 5e-324, "overflow"],
  ];
  for (const [op, a, b, expected] of cases) {
    const found = outcome(op, a, b);
    assert(Object.is(found, expected), `${op} ${a} ${b} is ${found}`);
  }
});

Deno.test("no operation gives anything but a finite number or an error", () => {
  const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
  const op = fc.constantFrom("add" as const, "sub", "mul", "div");
  fc.assert(fc.property(op, finite, finite, (name, a, b) => {
    const result = calculate({ op: name, a, b });
    assert(isWireError(result) || Number.isFinite(result));
  }));
});

Deno.test("sumSquares() equals a loop", () => {
  for (let a = 0n; a <= 12n; a++) {
    let sum = 0n;
    for (let b = a; b <= 40n; b++) {
      sum += b * b;
      assertEquals(sumSquares(a, b), sum, `${a}..${b}`);
      assertEquals(calculate({ op: "sum_range", a, b }), sum);
    }
  }
});

Deno.test("sumSquares() is exact for a thousand digits, and refuses what is no range", () => {
  const n = 10n ** 999n;
  assertEquals(sumSquares(n, n), n * n);
  assertEquals(sumSquares(n, n + 1n) - sumSquares(n + 1n, n + 1n), n * n);
  assertThrows(() => sumSquares(2n, 1n), RangeError);
  assertThrows(() => sumSquares(-1n, 1n), RangeError);
});

Deno.test("the sums of two halves are the sum of the whole", () => {
  const whole = fc.bigInt({ min: 0n, max: 10n ** 60n });
  fc.assert(fc.property(whole, whole, whole, (a, more, rest) => {
    const middle = a + more;
    const b = middle + 1n + rest;
    assertEquals(sumSquares(a, middle) + sumSquares(middle + 1n, b), sumSquares(a, b));
  }));
});

Deno.test("the operations that a user can ask for are named", () => {
  assertEquals([...OPERATIONS], ["add", "sub", "mul", "div", "sum_squares"]);
});
