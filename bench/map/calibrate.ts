import { calculatingScript, projectPath } from "../paths.ts";
import { commandOutput } from "../peers/command.ts";
import type { Tongue } from "./subject.ts";

/** How many steps of our function take a millisecond on this machine now, by language. */
export type StepsPerMs = Readonly<Partial<Record<Tongue, number>>>;

/** Counts them for the languages that somebody uses. One that is not there, or cannot tell, is left out. */
export async function calibrate(tongues: Iterable<Tongue>): Promise<StepsPerMs> {
  const scripts: Readonly<Record<Tongue, readonly string[]>> = {
    deno: calculatingScript("bench/map/apply.ts", "calibrate"),
    python: ["python3", projectPath("bench/peers/map_driver.py"), "calibrate"],
  };
  const found: Partial<Record<Tongue, number>> = {};
  for (const tongue of new Set(tongues)) {
    const steps = Number(await commandOutput(scripts[tongue]));
    if (steps > 0) found[tongue] = steps;
  }
  return found;
}

/**
 * Steps for an item that shall take so long.
 *
 * @throws {Error} If it is not known how fast the language is.
 */
export function stepsOf(perMs: StepsPerMs, tongue: Tongue, itemMs: number): number {
  const steps = perMs[tongue];
  if (steps === undefined) throw new Error(`it is not known how fast ${tongue} is`);
  return Math.max(1, Math.round(steps * itemMs));
}
