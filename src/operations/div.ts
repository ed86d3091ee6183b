import { type WireError, wireError } from "../protocol/errors.ts";

/** The quotient a / b of two doubles; dividing by 0 (or -0) is an error, 0 / 0 too. */
export function div(a: number, b: number): number | WireError {
  return b === 0 ? wireError("division_by_zero") : a / b;
}
