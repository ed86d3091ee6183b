import { startFloor } from "../cluster/cluster.ts";
import { type Figure, FLOOR } from "../measure/figure.ts";
import { figureOf, type Measure, measureRounds } from "../measure/rounds.ts";
import { measureLoad } from "../scenarios/load_measures.ts";
import { startTargets } from "../scenarios/loads.ts";
import type { Context, Scenario } from "../scenarios/scenario.ts";
import { findErlang } from "./erlang.ts";
import { findOriginal } from "./original.ts";
import { type Peer, type PeerOptions, present } from "./peer.ts";
import { findPythonLibrary } from "./python_drivers.ts";

/** What others need for one addition at a time, and how many they do, beside us and the floor. */
export function peers(options: PeerOptions): Scenario {
  return {
    name: "peers",
    title: "what a user would pick instead: additions by plain calls",
    run: async (context) => measurePeers(context, await findPeers(options)),
  };
}

async function findPeers(options: PeerOptions): Promise<Peer[]> {
  const found = await Promise.all([
    findOriginal(),
    findErlang(),
    findPythonLibrary("dask", options.daskEnvironment),
    findPythonLibrary("ray", options.rayEnvironment),
  ]);
  return present(found, options);
}

async function measurePeers(context: Context, all: readonly Peer[]): Promise<Figure[]> {
  await using targets = await startTargets(context, { floor: startFloor });
  const subjects = new Map<string, Measure>();
  for (const [name, target] of targets.all) {
    const style = name === FLOOR ? "echo" : "aula";
    subjects.set(name, async () => {
      const load = (window: number) =>
        measureLoad(context, target, { kind: "closed", connections: 1, window }, { style });
      const [one, many] = [await load(1), await load(256)];
      return { p50: one.p50, p99: one.p99, per_second: many.per_second };
    });
  }
  for (const peer of all) {
    subjects.set(peer.name, () => {
      context.note(peer.title);
      return peer.measure(context);
    });
  }
  const rounds = await measureRounds(context.pairs, subjects);
  const figure = (name: string, title: string, unit: "ms" | "/s") =>
    figureOf(rounds, name, { key: `peers/${name}`, title, unit });
  return [
    figure("p50", "one addition: p50", "ms"),
    figure("p99", "one addition: p99", "ms"),
    figure("per_second", "additions by plain calls, best setting", "/s"),
  ];
}
