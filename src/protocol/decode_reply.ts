import { MAX_RESULT_DIGITS } from "../limits.ts";
import { isRequestId } from "./decode_request.ts";
import { isErrorCode, type WireError, wireError } from "./errors.ts";
import {
  isJsonObject,
  type JsonObject,
  NumberSource,
  parseJson,
  parseJsonExactly,
} from "./json.ts";
import type { RequestId } from "./messages.ts";
import { parseExactInteger } from "./numbers.ts";

/** A reply line, understood as far as every reply is alike. */
export interface Reply {
  /** The request's own `id`; `undefined` in the reply to a bare request. */
  readonly id: RequestId | undefined;
  /** Whether the request was done. */
  readonly ok: boolean;
  /** All members, as plain JSON; numbers beyond the safe integers are rounded here. */
  readonly members: JsonObject;
  /** The line itself. */
  readonly text: string;
}

/** Understands one reply line, or gives `undefined` if it is not a reply at all. */
export function decodeReply(text: string): Reply | undefined {
  const members = parseJson(text);
  if (!isJsonObject(members) || typeof members.ok !== "boolean") return undefined;
  const { ok } = members;
  // A program that echoes ids echoes null where there was none.
  const id = members.id === null ? undefined : members.id;
  if (id !== undefined && !isRequestId(id)) return undefined;
  if (!ok && typeof members.error !== "string") return undefined;
  return { id, ok, members, text };
}

/** The `result` of a basic operation, or `undefined` if it is not a finite number. */
export function doubleResult(reply: Reply): number | undefined {
  const { result } = reply.members;
  return typeof result === "number" && Number.isFinite(result) ? result : undefined;
}

/** The exact `result` of a sum, or `undefined` if it is not a whole number >= 0. */
export function integerResult(reply: Reply): bigint | undefined {
  const { result } = reply.members;
  if (typeof result !== "number") return undefined;
  if (Number.isSafeInteger(result)) return result < 0 ? undefined : BigInt(result);
  const exact = parseJsonExactly(reply.text, ["result"]);
  return isJsonObject(exact) ? bigintOf(exact.result) : undefined;
}

/** An integer of any size out of a member that was read with its source; `undefined` if it is none. */
export function bigintOf(value: unknown): bigint | undefined {
  if (!(value instanceof NumberSource)) return undefined;
  // Results have about three times the digits of their n, so only the operands' limit does not apply.
  if (value.source.length <= MAX_RESULT_DIGITS && /^\d+$/.test(value.source)) {
    return BigInt(value.source);
  }
  const integer = parseExactInteger(value.source, "result");
  return typeof integer === "bigint" ? integer : undefined;
}

/** The error of a reply that is not ok. A code that we do not know is kept out; the text stays. */
export function replyError(reply: Reply): { code: string | undefined; text: string } {
  const { code, error } = reply.members;
  return {
    code: typeof code === "string" ? code : undefined,
    text: typeof error === "string" ? error : "",
  };
}

/**
 * The catalogue's error that a reply means, by its code, or by its text where a plain worker sent no code;
 * `undefined` if it is none of the given ones.
 */
export function knownError(
  reply: Reply,
  among: readonly WireError["code"][],
): WireError | undefined {
  const { code, text } = replyError(reply);
  if (code !== undefined) {
    return isErrorCode(code) && among.includes(code) ? wireError(code) : undefined;
  }
  return among.map((known) => wireError(known)).find((known) => known.text === text);
}
