import type { RoundsOptions } from "../measure/rounds.ts";
import type { Context } from "../scenarios/scenario.ts";
import { SEQUENTIAL_DENO, twoOf } from "./subject.ts";

/** Everybody is measured in every round. A peer that fails is named as missing; if one of ours does, the scenario ends. */
export function turnsOf(
  context: Context,
  where: string,
  missing: string[],
): Required<RoundsOptions> {
  const own = new Set([
    ...context.builds.map(({ name }) => name as string),
    ...[SEQUENTIAL_DENO, twoOf(SEQUENTIAL_DENO)].map(({ name }) => name),
  ]);
  return {
    isDue: () => true,
    failed: (name, error) => {
      const text = `${name} (${where}): ${error instanceof Error ? error.message : error}`;
      if (own.has(name)) throw new Error(text, { cause: error });
      context.note(text);
      missing.push(text);
    },
  };
}
