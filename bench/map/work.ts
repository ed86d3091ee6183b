import { projectPath } from "../paths.ts";
import { type Context, pick } from "../scenarios/scenario.ts";

/**
 * What is done:
 * - `range`: a trivial function over the numbers from 1;
 * - `lines`: the same over a file of them, a line each;
 * - `steps`: so many steps for each number;
 * - `sum`: the sum of what so many steps a number give.
 */
export type Kind = "range" | "lines" | "steps" | "sum";

/** A job that every subject can do; the results are lines, in order. */
export interface Work {
  readonly kind: Kind;
  /** Items: the numbers from 1 to this. */
  readonly count: number;
  /** The file that has them, for `lines`. */
  readonly input?: string;
  /**
   * Steps an item.
   *
   * @default {0}
   */
  readonly steps?: number;
  /**
   * The item that eats all memory, or of a peer kills its process.
   *
   * @default {none}
   */
  readonly poison?: number;
}

/** Rounds of jobs that take seconds: for a look there is one. */
export function pairsOf(context: Context): number {
  return pick(context, { full: context.pairs, quick: 1, tiny: 1 });
}

/** What a trial of chunk sizes does of a job; its file of items stands beside the whole one. */
export function trialOf(work: Work): Work {
  const count = Math.ceil(work.count / 4);
  return { ...work, count, ...(work.input && { input: `${work.input}.trial` }) };
}

/** A number of items of a whole run, scaled down for a look and for a test. */
export function scaled(context: Context, count: number): number {
  return Math.ceil(count * pick(context, { full: 1, quick: 0.05, tiny: 0.002 }));
}

/** The module that a user would write for a kind of work. */
export function moduleOf({ kind }: Work): string {
  const name = kind === "range" || kind === "lines" ? "trivial" : "steps";
  return projectPath(`bench/map/functions/${name}.ts`);
}

/** What `client map` and the scripts are told about a job. */
export function argsOf({ steps = 0, poison = 0 }: Work): { steps: number; poison: number } {
  return { steps, poison };
}
