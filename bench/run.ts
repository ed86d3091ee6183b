/**
 * The benchmark: see bench/NOTES.md.
 *
 * ```sh
 * deno task bench                          # everything: half an hour
 * deno task bench --quick                  # two minutes, beside the last result that was kept
 * deno task bench --scenario in_flight     # one scenario
 * ```
 *
 * @module
 */
import { judgeAims } from "./aims.ts";
import { killChildren } from "./cluster/child.ts";
import { executablesIn, type Programs, SOURCES } from "./cluster/programs.ts";
import { Regime } from "./cluster/regime.ts";
import { type Flags, HELP, readFlags } from "./flags.ts";
import { Generator } from "./load/generator.ts";
import type { Figure } from "./measure/figure.ts";
import { projectPath } from "./paths.ts";
import { peers } from "./peers/scenario.ts";
import { note, print } from "./print.ts";
import { comparisonTable } from "./report/comparison.ts";
import { aimsTable, conditions, figuresTable, resultMarkdown } from "./report/markdown.ts";
import { aimsPlot } from "./report/plot.ts";
import { encodeResult, latestResult, type Result, thisMachine } from "./report/result.ts";
import { SCENARIOS } from "./scenarios/all.ts";
import { MANY_FILES } from "./scenarios/connection_count.ts";
import type { Context, Scenario } from "./scenarios/scenario.ts";

/** What a look takes: those with an aim that a change of the code moves first. */
const QUICK = ["in_flight", "worker_count", "sum_squares", "memory", "failover", "start_up"];

/** How long a load counts, and how long it runs before. */
const TIMES = {
  full: { warmUpMs: 300, sampleMs: 1000 },
  quick: { warmUpMs: 150, sampleMs: 300 },
};

if (import.meta.main) {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => {
      killChildren();
      Deno.exit(1);
    });
  }
  Deno.exitCode = await main(Deno.args);
}

async function main(args: readonly string[]): Promise<number> {
  try {
    const flags = readFlags(args);
    if (flags === undefined) print(HELP);
    else await report(await run(flags), flags);
    return 0;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    note(error instanceof TypeError ? `${error.message}. See --help` : String(error.stack));
    return error instanceof TypeError ? 2 : 1;
  } finally {
    killChildren();
  }
}

async function run(flags: Flags): Promise<Result> {
  const { isQuick, pairs } = flags;
  const machine = thisMachine();
  const date = new Date().toISOString();
  const builds: Programs[] = [];
  if (flags.sources) builds.push(SOURCES);
  if (flags.executables) builds.push(await executablesIn(flags.dist));
  const regime = await Regime.find(flags.regime);
  const size = isQuick ? "quick" : "full";
  const missing: string[] = [];
  await using generator = new Generator(regime, MANY_FILES);
  const times = TIMES[size];
  const context: Context = {
    ...{ size, builds, regime, generator, pairs, ...times },
    note: (text) => note(`  ${text}`),
  };
  const figures: Figure[] = [];
  for (const scenario of chosen(flags, (why) => missing.push(why))) {
    note(`${scenario.name}: ${scenario.title}`);
    const measured = await scenario.run(context);
    print(`\n## ${scenario.name}: ${scenario.title}\n\n${figuresTable(measured)}\n`);
    figures.push(...measured);
  }
  return {
    ...{ version: 1, date, machine, deno: Deno.version.deno },
    builds: Object.fromEntries(builds.map(({ name, deno }) => [name, deno])),
    ...{ regime: regime.name, size, pairs, sampleMs: times.sampleMs, missing, figures },
  };
}

function chosen(flags: Flags, missing: (why: string) => void): Scenario[] {
  const { daskEnvironment, rayEnvironment } = flags;
  const all = [...SCENARIOS, peers({ daskEnvironment, rayEnvironment, missing })];
  const names = flags.scenarios.length > 0
    ? flags.scenarios
    : flags.isQuick
    ? QUICK
    : all.map(({ name }) => name);
  return names.map((name) => {
    const scenario = all.find((one) => one.name === name);
    if (scenario !== undefined) return scenario;
    const known = all.map((one) => one.name).join(", ");
    throw new TypeError(`--scenario must be one of ${known}, not "${name}"`);
  });
}

async function report(result: Result, flags: Flags): Promise<void> {
  const judged = Object.keys(result.builds).flatMap((build) => judgeAims(result.figures, build));
  const measured = judged.filter(({ value }) => value !== undefined);
  print(`\n## Aims\n\n${aimsTable(measured)}\n\n${conditions(result)}\n`);
  const committed = await latestResult(projectPath("bench/results"));
  if (flags.isQuick && committed !== undefined) {
    print(`\n## Beside the last result\n\n${comparisonTable(result.figures, committed)}\n`);
  }
  if (flags.output === undefined) return;
  await Deno.mkdir(flags.output, { recursive: true });
  const path = `${flags.output}/${result.date.slice(0, 10)}`;
  await Deno.writeTextFile(`${path}.json`, encodeResult(result));
  await Deno.writeTextFile(`${path}.md`, resultMarkdown(result));
  const title = `Aula on ${result.machine.cores} cores, ${result.date.slice(0, 10)}: the aims`;
  await Deno.writeTextFile(`${path}.svg`, aimsPlot(judged, title));
  note(`written: ${path}.json, .md and .svg`);
}
