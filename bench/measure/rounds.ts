import type { Figure, Unit } from "./figure.ts";

/** What one measurement of one subject gave, by name. What could not be measured is left out. */
export type Measures = Readonly<Record<string, number | undefined>>;

/** Measures a subject once. */
export type Measure = () => Promise<Measures>;

/** All measurements of all subjects. */
export type Rounds = ReadonlyMap<string, readonly Measures[]>;

/**
 * Measures all subjects, one right after the other, as often as is said: every other round backwards, so that
 * none always comes after the same one.
 */
export async function measureRounds(
  count: number,
  subjects: ReadonlyMap<string, Measure>,
): Promise<Rounds> {
  const rounds = new Map<string, Measures[]>([...subjects.keys()].map((name) => [name, []]));
  for (let round = 0; round < count; round++) {
    const order = [...subjects];
    if (round % 2 === 1) order.reverse();
    for (const [name, measure] of order) rounds.get(name)!.push(await measure());
  }
  return rounds;
}

/** Takes one name of the measurements out as a figure; subjects that lack it in any round are left out. */
export function figureOf(
  rounds: Rounds,
  name: string,
  about: { readonly key: string; readonly title: string; readonly unit: Unit },
): Figure {
  const samples: Record<string, number[]> = {};
  for (const [subject, measures] of rounds) {
    const numbers = measures.map((measure) => measure[name]).filter((value) => value !== undefined);
    if (numbers.length === measures.length && numbers.length > 0) samples[subject] = numbers;
  }
  return { ...about, samples };
}
