import { doubleResult, integerResult, knownError, type Reply } from "../protocol/decode_reply.ts";
import { replyError } from "../protocol/decode_reply.ts";
import type { Calculation, Outcome } from "../protocol/messages.ts";

/** What a worker's reply to a calculation means. */
export type Verdict =
  /** The calculation is done: a result, or an error that is the arithmetic's own. */
  | { readonly kind: "final"; readonly outcome: Outcome }
  /** The worker was not really asked: nobody is to blame, and it may be asked again. */
  | { readonly kind: "unasked"; readonly why: string }
  /** This worker cannot do it; another may. */
  | { readonly kind: "failed"; readonly why: string }
  /** The worker does not keep to the protocol. */
  | { readonly kind: "rubbish"; readonly why: string };

/** Longest text of a worker that we repeat in logs and explanations. */
const MAX_REPEATED_CHARS = 200;

/**
 * Judges a worker's reply. Final are a usable result and the errors that the arithmetic itself can have; an
 * error that this calculation cannot have is not believed, and every other `ok:false` is one worker's failure.
 */
export function judgeReply(reply: Reply, calculation: Calculation, hasDeadline: boolean): Verdict {
  if (reply.ok) {
    const outcome = calculation.op === "sum_range" ? integerResult(reply) : doubleResult(reply);
    if (outcome !== undefined) return { kind: "final", outcome };
    return { kind: "rubbish", why: "answered without a usable result" };
  }
  const error = knownError(reply, ["division_by_zero", "overflow", "deadline_exceeded"]);
  const believed = error !== undefined && (
    error.code === "deadline_exceeded"
      ? hasDeadline
      : error.code === "division_by_zero"
      ? calculation.op === "div" && calculation.b === 0
      : calculation.op !== "sum_range"
  );
  if (believed) return { kind: "final", outcome: error };
  const { text } = replyError(reply);
  return { kind: "failed", why: `answered "${text.slice(0, MAX_REPEATED_CHARS)}"` };
}
