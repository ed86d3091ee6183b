/**
 * Runs a cluster of real processes for long, under load and under random faults, and checks every reply.
 *
 * ```sh
 * deno task soak --minutes 10
 * deno task soak --minutes 0.2 --seed 7    # the same choices again
 * ```
 *
 * It ends with 1 if a reply is wrong, lost or says `"ok": false`, if a role does not end in good order, or if
 * one of the processes that lived from the second minute to the end keeps over 10 % more memory than it did then,
 * all garbage collected.
 *
 * @module
 */

import { startCluster } from "./soak/cluster.ts";
import { Faults } from "./soak/faults.ts";
import { Loads } from "./soak/loads.ts";
import { judgeGrowth, Memory } from "./soak/memory.ts";
import { pause } from "../tests/support/waiting.ts";

const MINUTE_MS = 60_000;
const { minutes, seed } = readArguments(Deno.args);
say(
  `seed ${seed}, ${minutes} min: a server, 3 configured workers and 1 that joins, a client with a batch`,
);
Deno.exit(await soak() ? 0 : 1);

async function soak(): Promise<boolean> {
  await using cluster = await startCluster();
  const loads = new Loads(cluster, seed);
  const faults = new Faults(cluster, seed);
  const memory = new Memory(() => [...cluster.processes(), ...loads.processes()]);
  const failures: string[] = [];
  const failed = (error: unknown) => {
    failures.push(error instanceof Error ? error.stack ?? error.message : String(error));
  };
  const running = [loads, faults, memory].map((part) => part.run().catch(failed));

  const startedMs = performance.now();
  const endMs = startedMs + minutes * MINUTE_MS;
  for (let minute = 1; performance.now() < endMs && failures.length === 0; minute++) {
    const untilMs = Math.min(startedMs + minute * MINUTE_MS, endMs);
    while (performance.now() < untilMs && failures.length === 0) await pause(100);
    const passed = Math.min(minute, minutes);
    const { requests, longestPauseMs } = loads.take();
    say(
      `minute ${passed}: ${requests} requests, ${failures.length} failures, ${faults.count} faults, ` +
        `longest pause ${longestPauseMs.toFixed(1)} ms; memory ${memory.text}`,
    );
    // Whoever has not lived for a minute has not loaded all that it needs.
    if (minute === 1) await memory.compareFromNow().catch(failed);
  }

  // First whoever is disturbed is well again, then everybody's memory is looked at for the last time, then the
  // last replies come, then everything ends.
  faults.stop();
  await running[1];
  const growths = failures.length === 0 ? await memory.growth().catch(failed) ?? [] : [];
  memory.stop();
  await running[2];
  loads.stop();
  await running[0];
  if (failures.length === 0) failures.push(...await cluster.end());
  say(`memory at the start ${memory.firstText}; at the end ${memory.text}`);
  const growth = judgeGrowth(growths);
  for (const line of growth.lines) say(line);
  failures.push(...growth.failures);
  for (const failure of failures) say(`failure: ${failure}`);
  say(
    `${loads.requests} requests, ${failures.length} failures, ${faults.count} faults, seed ${seed}`,
  );
  return failures.length === 0;
}

function readArguments(args: readonly string[]): { minutes: number; seed: number } {
  const values = { minutes: 10, seed: Math.floor(Math.random() * 2 ** 31) };
  const words = args.filter((word) => word !== "--").flatMap((word) => word.split("=", 2));
  for (let index = 0; index < words.length; index += 2) {
    const name = words[index]?.slice(2);
    const value = Number(words[index + 1]);
    const isKnown = words[index]?.startsWith("--") && (name === "minutes" || name === "seed");
    if (!isKnown || !(value > 0) || (name === "seed" && !Number.isSafeInteger(value))) {
      say(
        `cannot use "${words[index]} ${words[index + 1] ?? ""}": --minutes NUMBER, --seed INTEGER`,
      );
      Deno.exit(2);
    }
    values[name as "minutes" | "seed"] = value;
  }
  return values;
}

function say(text: string): void {
  const bytes = new TextEncoder().encode(`[soak] ${text}\n`);
  for (let written = 0; written < bytes.length;) {
    written += Deno.stdout.writeSync(bytes.subarray(written));
  }
}
