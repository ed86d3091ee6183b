import { parseArgs } from "@std/cli/parse-args";
import type { RegimeName } from "./cluster/regime.ts";
import { projectPath } from "./paths.ts";

/** How the benchmark was asked to run. */
export interface Flags {
  readonly isQuick: boolean;
  /** Whether `client map` is measured, and not requests. */
  readonly isMap: boolean;
  /** Scenarios by name, or loads of them by key; all if there are none. */
  readonly scenarios: readonly string[];
  readonly pairs: number;
  readonly sources: boolean;
  readonly executables: boolean;
  /** The folder of another tree, whose sources are measured beside ours. */
  readonly against: string | undefined;
  /** The folder of the executables. */
  readonly dist: string;
  readonly regime: RegimeName;
  readonly daskEnvironment: string | undefined;
  readonly rayEnvironment: string | undefined;
  /** The folder for results; nothing is written without one. */
  readonly output: string | undefined;
}

/** What --help prints. */
export const HELP = `Usage: deno task bench [flags]

Measures ourselves, the floor (a raw relay over an echo) and peers in turn, prints medians, spread and the
ratio to the floor, writes bench/results/DATE.json, .md and .svg, and shows them in the READMEs.

Flags:
  --quick            Two minutes at most, a few scenarios from the sources, beside the last result that was
                     kept; for looking, writes nothing
  --map              client map instead of requests, beside its own peers; writes DATE-map.json and so on
  --scenario NAME    Only this one (in_flight), or one load of it (in_flight/1x64); may be given again. Writes
                     nothing unless --output says so
  --against DIR      The sources of this tree beside our own, with the ratio of ours to theirs; writes nothing
  --pairs N          Rounds of all subjects (default: 9; peers of a map in every third)
  --sources          Only our sources
  --executables      Only our executables (default: both)
  --dist DIR         Where the executables are (default: dist)
  --regime NAME      free: processes run where the system puts them; one-core: all on the first (default: free)
  --with-dask VENV   Measure Dask distributed of this virtual environment, too
  --with-ray VENV    Measure Ray of this virtual environment, too
  --output DIR       Where results go (default: bench/results, for a whole run)
  --help             Show this help
`;

const DEFAULT_PAIRS = 9;
const QUICK_PAIRS = 3;

/**
 * Reads the command line; `undefined` if help is wanted.
 *
 * @throws {TypeError} If it makes no sense.
 */
export function readFlags(args: readonly string[]): Flags | undefined {
  const flags = parseArgs(args.filter((argument) => argument !== "--"), {
    boolean: ["quick", "map", "sources", "executables", "help"],
    string: ["scenario", "against", "pairs", "dist", "regime", "with-dask", "with-ray", "output"],
    collect: ["scenario"],
    unknown: (argument) => {
      throw new TypeError(`Unknown argument "${argument}"`);
    },
  });
  if (flags.help) return undefined;
  const isQuick = flags.quick;
  const pairs = Number(flags.pairs ?? (isQuick ? QUICK_PAIRS : DEFAULT_PAIRS));
  if (!Number.isInteger(pairs) || pairs < 1) {
    throw new TypeError(`--pairs must be a whole number from 1, not "${flags.pairs}"`);
  }
  const { regime = "free" } = flags;
  if (regime !== "free" && regime !== "one-core") {
    throw new TypeError(`--regime must be free or one-core, not "${regime}"`);
  }
  const isOneAsked = flags.sources !== flags.executables;
  const { against } = flags;
  const isWhole = !isQuick && flags.scenario.length === 0 && against === undefined;
  return {
    isQuick,
    isMap: flags.map,
    scenarios: flags.scenario,
    pairs,
    sources: isOneAsked ? flags.sources : true,
    executables: flags.executables || !isOneAsked && !isQuick && against === undefined,
    against,
    dist: flags.dist ?? projectPath("dist"),
    regime,
    daskEnvironment: flags["with-dask"],
    rayEnvironment: flags["with-ray"],
    output: flags.output ?? (isWhole ? projectPath("bench/results") : undefined),
  };
}
