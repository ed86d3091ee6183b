import type { RoundsOptions } from "../measure/rounds.ts";
import type { Context } from "../scenarios/scenario.ts";
import { SEQUENTIAL_DENO, twoOf } from "./subject.ts";

/** What becomes of a subject that fails: a peer is named as missing; if it is one of ours, the scenario ends. */
export function failedIn(
  context: Context,
  where: string,
  missing: string[],
): NonNullable<RoundsOptions["failed"]> {
  const own = new Set([
    ...context.builds.map(({ name }) => name as string),
    ...[SEQUENTIAL_DENO, twoOf(SEQUENTIAL_DENO)].map(({ name }) => name),
  ]);
  return (name, error) => {
    const text = `${name} (${where}): ${error instanceof Error ? error.message : error}`;
    if (own.has(name)) throw new Error(text, { cause: error });
    context.note(text);
    missing.push(text);
  };
}
