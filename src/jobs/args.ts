import { MAX_ARGS_CHARS } from "../limits.ts";
import { parseJson } from "../protocol/json.ts";

/** Whether a message's `args` can be a job's: the text of some JSON, or nothing. */
export function isArgs(args: unknown): args is string | undefined {
  if (args === undefined) return true;
  return typeof args === "string" && args.length <= MAX_ARGS_CHARS && parseJson(args) !== undefined;
}
