import { type WireError, wireError } from "../protocol/errors.ts";
import type { ArithmeticOp, Calculation, Outcome } from "../protocol/messages.ts";
import { add } from "./add.ts";
import { div } from "./div.ts";
import { mul } from "./mul.ts";
import { sub } from "./sub.ts";
import { sumSquares } from "./sum_squares.ts";

const ARITHMETIC: Record<ArithmeticOp, (a: number, b: number) => number | WireError> = {
  add,
  sub,
  mul,
  div,
};

/** The names of all operations that a user can ask for. */
export const OPERATIONS = ["add", "sub", "mul", "div", "sum_squares"] as const;

/** What a calculation gives: a finite double, an exact integer, or the error that its arithmetic is. */
export function calculate(calculation: Calculation): Outcome {
  if (calculation.op === "sum_range") return sumSquares(calculation.a, calculation.b);
  const result = ARITHMETIC[calculation.op](calculation.a, calculation.b);
  if (typeof result !== "number" || Number.isFinite(result)) return result;
  return wireError("overflow");
}
