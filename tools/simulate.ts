/**
 * Runs the simulation of tests/simulation/ with seeds of one's choice:
 * `deno task sim --seeds 5000 --from 1`, or one seed with everything that happened: `deno task sim --seed 7 --trace`.
 * With `--jobs` it is the simulation of jobs.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { JobRun } from "../tests/simulation/job_run.ts";
import { planOf } from "../tests/simulation/plan.ts";
import { Run } from "../tests/simulation/run.ts";

const encoder = new TextEncoder();
const say = (text: string) => Deno.stdout.writeSync(encoder.encode(text + "\n"));

const flags = parseArgs(Deno.args, {
  string: ["seed", "seeds", "from"],
  boolean: ["trace", "jobs"],
});
const isOne = flags.seed !== undefined;
const from = Number(flags.seed ?? flags.from ?? 1);
const count = isOne ? 1 : Number(flags.seeds ?? 1000);
if (!Number.isSafeInteger(from) || !Number.isSafeInteger(count) || count < 1) {
  say("usage: deno task sim [--jobs] [--seeds N] [--from K] | --seed K [--trace]");
  Deno.exit(2);
}
if (flags.jobs) {
  runJobs();
  Deno.exit(0);
}
if (isOne) say(`plan ${JSON.stringify(planOf(from), (_, value) => value ?? "ours")}`);

const startMs = performance.now();
const failed: number[] = [];
const total = { requests: 0, replies: 0, steps: 0, virtualMs: 0, slowestMs: 0, slowestSeed: 0 };
for (let seed = from; seed < from + count; seed++) {
  const result = new Run(seed, { keepsTrace: flags.trace }).run();
  for (const line of result.lines) say(line);
  total.requests += result.requests;
  total.replies += result.replies;
  total.steps += result.steps;
  total.virtualMs += result.virtualMs;
  if (result.slowestMs > total.slowestMs) {
    total.slowestMs = result.slowestMs;
    total.slowestSeed = seed;
  }
  if (isOne) say(`hash ${result.hash}`);
  if (result.faults.length === 0) continue;
  failed.push(seed);
  say(`seed ${seed} failed; replay: deno task sim --seed ${seed} --trace`);
  for (const fault of result.faults.slice(0, isOne ? 20 : 3)) say(`  ${fault}`);
}
const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
say(`${count} seeds, ${failed.length} failed: ${failed.slice(0, 40).join(" ")}`);
say(
  `${total.requests} requests, ${total.replies} replies, ${total.steps} steps, ` +
    `${Math.round(total.virtualMs / 1000)} s of virtual time in ${seconds} s; ` +
    `slowest reply with a usable worker ${
      total.slowestMs.toFixed(1)
    } ms (seed ${total.slowestSeed})`,
);
if (failed.length > 0) Deno.exit(1);

function runJobs(): void {
  const startMs = performance.now();
  let told = 0;
  const failed: number[] = [];
  for (let seed = from; seed < from + count; seed++) {
    const result = new JobRun(seed, flags.trace).run();
    for (const line of result.lines) say(line);
    told += result.told;
    if (result.faults.length === 0) continue;
    failed.push(seed);
    say(`seed ${seed} failed; replay: deno task sim --jobs --seed ${seed} --trace`);
    for (const fault of result.faults.slice(0, isOne ? 20 : 3)) say(`  ${fault}`);
  }
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  say(`${count} seeds of jobs, ${failed.length} failed; ${told} positions told of in ${seconds} s`);
  if (failed.length > 0) Deno.exit(1);
}
