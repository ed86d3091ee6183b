/**
 * The benchmark: see bench/NOTES.md.
 *
 * ```sh
 * deno task bench                          # requests: twenty minutes
 * deno task bench --map                    # client map: half an hour
 * deno task bench --quick                  # two minutes, beside the last result that was kept
 * deno task bench --scenario in_flight     # one scenario
 * ```
 *
 * @module
 */
import { judgeAims } from "./aims.ts";
import { killChildren } from "./cluster/child.ts";
import {
  executablesIn,
  MissingPrograms,
  type Programs,
  SOURCES,
  sourcesIn,
} from "./cluster/programs.ts";
import { Regime } from "./cluster/regime.ts";
import { type Flags, HELP, readFlags } from "./flags.ts";
import { Generator, MANY_FILES } from "./load/generator.ts";
import type { Figure } from "./measure/figure.ts";
import { peers } from "./peers/scenario.ts";
import { mapScenarios } from "./map/all.ts";
import { note, print } from "./print.ts";
import { againstTable, comparisonTable } from "./report/comparison.ts";
import { aimsTable, conditions, figuresTable, resultMarkdown } from "./report/markdown.ts";
import { aimsPlot } from "./report/plot.ts";
import {
  commitOf,
  encodeResult,
  isBusy,
  latestResult,
  nameOf,
  type Result,
  thisMachine,
} from "./report/result.ts";
import { PROJECT } from "./paths.ts";
import { RESULTS, showResults } from "./show.ts";
import { endOnSignals } from "./signals.ts";
import { SCENARIOS } from "./scenarios/all.ts";
import type { Context, Scenario } from "./scenarios/scenario.ts";

/** What a look takes: those with an aim that a change of the code moves first. */
const QUICK = ["in_flight", "worker_count", "sum_squares", "memory", "failover", "start_up"];

/** What is added to the name of a result in which something of ours failed: the READMEs do not show such a one. */
const INCOMPLETE = "-incomplete";

/** How long a load counts, and how long it runs before. */
const TIMES = {
  full: { warmUpMs: 100, sampleMs: 600 },
  quick: { warmUpMs: 100, sampleMs: 300 },
};

if (import.meta.main) {
  endOnSignals();
  Deno.exitCode = await main(Deno.args);
}

async function main(args: readonly string[]): Promise<number> {
  try {
    const flags = readFlags(args);
    if (flags === undefined) print(HELP);
    else return await runAndReport(flags);
    return 0;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (error instanceof TypeError) note(`${error.message}. See --help`);
    else note(error instanceof MissingPrograms ? error.message : String(error.stack));
    return error instanceof TypeError ? 2 : 1;
  } finally {
    killChildren();
  }
}

/** A scenario that fails costs its own figures, and the exit status. */
async function runAndReport(flags: Flags): Promise<number> {
  const broken: string[] = [];
  await report(await run(flags, broken), flags, broken.length === 0);
  for (const why of broken) note(`FAILED: ${why}`);
  return broken.length === 0 ? 0 : 1;
}

async function run(flags: Flags, broken: string[]): Promise<Result> {
  const { isQuick, pairs, scenarios: wanted } = flags;
  const machine = thisMachine();
  if (isBusy(machine)) {
    note(`load ${machine.loadBefore}: other work runs here, and will be in the figures`);
  }
  const date = new Date().toISOString();
  const commit = await commitOf(PROJECT);
  const builds: Programs[] = [];
  if (flags.sources) builds.push(SOURCES);
  if (flags.executables) builds.push(await executablesIn(flags.dist));
  if (flags.against !== undefined) builds.push(await sourcesIn(flags.against));
  const regime = await Regime.find(flags.regime);
  const suite = flags.isMap ? "map" : "requests";
  const size = isQuick ? "quick" : "full";
  const missing: string[] = [];
  const found: Record<string, string> = {};
  await using generator = new Generator(regime, MANY_FILES);
  const times = TIMES[size];
  const context: Context = {
    ...{ size, builds, regime, generator, pairs, ...times },
    isWanted: (key) => wanted.length === 0 || wanted.some((one) => `${key}/`.startsWith(`${one}/`)),
    note: (text) => note(`  ${text}`),
  };
  const figures: Figure[] = [];
  for (const scenario of chosen(flags, found, missing)) {
    note(`${scenario.name}: ${scenario.title}`);
    const startedMs = performance.now();
    const measured = await scenario.run(context).catch((error) => {
      const why = `${scenario.name}: ${error instanceof Error ? error.message : error}`;
      note(`FAILED: ${why}\n${error?.stack}`);
      broken.push(why);
      return undefined;
    });
    if (measured === undefined) continue;
    if (measured.length === 0) throw new TypeError(`--scenario names no load of ${scenario.name}`);
    note(`  took ${Math.round((performance.now() - startedMs) / 1000)} s`);
    print(`\n## ${scenario.name}: ${scenario.title}\n\n${figuresTable(measured)}\n`);
    figures.push(...measured);
  }
  return {
    ...{ version: 1, suite, date, machine, deno: Deno.version.deno },
    ...(commit === undefined ? {} : { commit }),
    builds: Object.fromEntries(builds.map(({ name, deno }) => [name, deno])),
    ...{
      regime: regime.name,
      size,
      pairs,
      sampleMs: times.sampleMs,
      peers: found,
      missing: [...missing, ...broken],
      figures,
    },
  };
}

function chosen(flags: Flags, found: Record<string, string>, missing: string[]): Scenario[] {
  const { daskEnvironment, rayEnvironment } = flags;
  const options = { daskEnvironment, rayEnvironment, found, missing };
  const requests = [...SCENARIOS, peers(options)];
  const jobs = mapScenarios(options);
  const all = [...requests, ...jobs];
  const names = flags.scenarios.length > 0
    ? new Set(flags.scenarios.map((one) => one.split("/", 1)[0]!))
    : flags.isQuick && !flags.isMap
    ? QUICK
    : (flags.isMap ? jobs : requests).map(({ name }) => name);
  return [...names].map((name) => {
    const scenario = all.find((one) => one.name === name);
    if (scenario !== undefined) return scenario;
    const known = all.map((one) => one.name).join(", ");
    throw new TypeError(`--scenario must be one of ${known}, not "${name}"`);
  });
}

async function report(result: Result, flags: Flags, isWhole: boolean): Promise<void> {
  const judged = judgeAims(result);
  const measured = judged.filter(({ value }) => value !== undefined);
  print(`\n## Aims\n\n${aimsTable(measured)}\n\n${conditions(result)}\n`);
  if (flags.against !== undefined) {
    print(`\n## Ours against ${flags.against}\n\n${againstTable(result.figures)}\n`);
  }
  const committed = await latestResult(RESULTS, result.suite);
  if (flags.isQuick && committed !== undefined) {
    print(`\n## Beside the last result\n\n${comparisonTable(result.figures, committed)}\n`);
  }
  if (flags.output === undefined) return;
  await Deno.mkdir(flags.output, { recursive: true });
  const path = `${flags.output}/${nameOf(result)}${isWhole ? "" : INCOMPLETE}`;
  await Deno.writeTextFile(`${path}.json`, encodeResult(result));
  await Deno.writeTextFile(`${path}.md`, resultMarkdown(result));
  const title = `Aula on ${result.machine.cores} cores, ${result.date.slice(0, 10)}: the aims`;
  await Deno.writeTextFile(`${path}.svg`, aimsPlot(judged, title));
  note(`written: ${path}.json, .md and .svg`);
  if (isWhole) await showResults();
}
