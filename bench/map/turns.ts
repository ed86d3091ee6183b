import type { RoundsOptions } from "../measure/rounds.ts";
import type { Context } from "../scenarios/scenario.ts";
import { SEQUENTIAL_DENO, twoOf } from "./subject.ts";

/** Peers are measured in one of so many rounds: the aims are about ourselves, and peers take most of the time. */
const PEERS_EVERY = 3;

/**
 * Who is measured when: ourselves and processes of Deno alone in every round, peers in the first of three. A peer that
 * fails is named as missing there; if one of ours does, the scenario ends.
 */
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
    isDue: (name, round) => own.has(name) || isPeersRound(round),
    failed: (name, error) => {
      const text = `${name} (${where}): ${error instanceof Error ? error.message : error}`;
      if (own.has(name)) throw new Error(text, { cause: error });
      context.note(text);
      missing.push(text);
    },
  };
}

/** Whether peers are measured in a round, counted from 0. */
export function isPeersRound(round: number): boolean {
  return round % PEERS_EVERY === 0;
}
