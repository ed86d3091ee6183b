import type { Programs } from "../cluster/programs.ts";
import type { Regime } from "../cluster/regime.ts";
import type { Generator } from "../load/generator.ts";
import type { Figure } from "../measure/figure.ts";

/** How much is measured: for a result, for a look, or only to see that it works. */
export type Size = "full" | "quick" | "tiny";

/** What every scenario is given. */
export interface Context {
  readonly size: Size;
  /** The builds of our programs that are measured. */
  readonly builds: readonly Programs[];
  readonly regime: Regime;
  readonly generator: Generator;
  /** Rounds: how often everything is measured, all subjects in each. */
  readonly pairs: number;
  /** How long a load runs before it counts. */
  readonly warmUpMs: number;
  /** How long a load counts. */
  readonly sampleMs: number;
  /** Whether a load is to be measured, by its key: all are, unless some were named. */
  readonly isWanted: (key: string) => boolean;
  /** Takes a line about what is being measured. */
  readonly note: (text: string) => void;
}

/** One thing that is measured. */
export interface Scenario {
  /** Its name on the command line, and the first word of its figures' keys. */
  readonly name: string;
  /** What it measures, in a few words. */
  readonly title: string;
  /** Measures. What it starts ends with it. */
  readonly run: (context: Context) => Promise<readonly Figure[]>;
}

/** What is to be taken for each size. */
export function pick<T>(context: Pick<Context, "size">, sizes: Readonly<Record<Size, T>>): T {
  return sizes[context.size];
}
