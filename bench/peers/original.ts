import { Child } from "../cluster/child.ts";
import { portOf } from "../cluster/cluster.ts";
import { requireRight } from "../load/generator.ts";
import { timesOf } from "../scenarios/load_measures.ts";
import { projectPath } from "../paths.ts";
import type { Context } from "../scenarios/scenario.ts";
import { commandOutput } from "./command.ts";
import type { Found } from "./peer.ts";

/** Connections at once that are tried for the highest rate. */
const CONNECTIONS = [2, 4, 8];

/** The original design in plain Python, where there is a Python. */
export async function findOriginal(): Promise<Found> {
  const version = await commandOutput(["python3", "--version"]);
  if (version === undefined) return { missing: "the original design: python3 is not installed" };
  return {
    peer: { name: "original", title: `the original design, ${version}`, measure },
  };
}

async function measure(context: Context): Promise<Record<string, number>> {
  const { regime, generator, warmUpMs, sampleMs: durationMs } = context;
  const start = (script: string, ...args: string[]) =>
    new Child(
      regime.words(["python3", projectPath(`bench/peers/original/${script}.py`), ...args]),
    );
  await using first = start("worker");
  await using second = start("worker");
  const workers = await Promise.all([first.listening(), second.listening()]);
  await using coordinator = start("coordinator", ...workers);
  const port = portOf(await coordinator.listening());
  const run = async (connections: number) => {
    const shape = { kind: "one_shot", connections } as const;
    const exercises = { style: "python", hasId: false } as const;
    const result = await generator.run({ port, shape, exercises, warmUpMs, durationMs });
    return timesOf(requireRight(result));
  };
  const { p50, p99, per_second: alone } = await run(1);
  let best = alone!;
  for (const connections of CONNECTIONS) {
    best = Math.max(best, (await run(connections)).per_second!);
  }
  return { p50: p50!, p99: p99!, per_second: best };
}
