import type { Figure, Unit } from "./figure.ts";

/** What one measurement of one subject gave, by name. What could not be measured is left out. */
export type Measures = Readonly<Record<string, number | undefined>>;

/** Measures a subject once. */
export type Measure = () => Promise<Measures>;

/** All measurements of all subjects; `undefined` in rounds that were not a subject's. */
export type Rounds = ReadonlyMap<string, readonly (Measures | undefined)[]>;

/** Who is measured when, and what becomes of those that fail. */
export interface RoundsOptions {
  /**
   * Whether a subject is measured in a round, counted from 0.
   *
   * @default {always}
   */
  readonly isDue?: (name: string, round: number) => boolean;
  /**
   * Takes why a subject could not be measured; it is left out then, with all that it gave before. What this
   * throws ends the rounds.
   *
   * @default {throws it}
   */
  readonly failed?: (name: string, error: unknown) => void;
}

/**
 * Measures all subjects, one right after the other, as often as is said: every other round backwards, so that
 * none always comes after the same one.
 */
export async function measureRounds(
  count: number,
  subjects: ReadonlyMap<string, Measure>,
  options: RoundsOptions = {},
): Promise<Rounds> {
  const { isDue = () => true, failed = rethrow } = options;
  const rounds = new Map<string, (Measures | undefined)[]>();
  for (const name of subjects.keys()) rounds.set(name, []);
  for (let round = 0; round < count; round++) {
    const order = [...subjects].filter(([name]) => rounds.has(name));
    if (round % 2 === 1) order.reverse();
    for (const [name, measure] of order) {
      try {
        rounds.get(name)!.push(isDue(name, round) ? await measure() : undefined);
      } catch (error) {
        failed(name, error);
        rounds.delete(name);
      }
    }
  }
  return rounds;
}

/** Takes one name of the measurements out as a figure; subjects that lack it in any of their rounds are left out. */
export function figureOf(
  rounds: Rounds,
  name: string,
  about: { readonly key: string; readonly title: string; readonly unit: Unit },
): Figure {
  const samples: Record<string, number[]> = {};
  for (const [subject, all] of rounds) {
    const measures = all.filter((one) => one !== undefined);
    const numbers = measures.map((measure) => measure[name]).filter((value) => value !== undefined);
    if (numbers.length === measures.length && numbers.length > 0) samples[subject] = numbers;
  }
  return { ...about, samples };
}

function rethrow(_name: string, error: unknown): never {
  throw error;
}
