import { startCluster, type Target } from "../cluster/cluster.ts";
import type { Programs } from "../cluster/programs.ts";
import type { Figure } from "../measure/figure.ts";
import { figureOf, measureRounds, type Measures } from "../measure/rounds.ts";
import { memoryOf } from "../measure/usage.ts";
import { measureLoad } from "./load_measures.ts";
import { eachBuild } from "./loads.ts";
import { type Context, pick, type Scenario } from "./scenario.ts";

const MEGABYTE = 1e6;
/** How long a cluster is left alone before it counts as at rest. */
const REST_MS = 500;
/** Requests in flight on one connection that fill a server, and the connections that it takes. */
const FLOOD = { window: 14_286, connections: 7 };
/** How long the flood lasts: it takes a while until its first requests are answered. */
const FLOOD_MS = 2000;

/** Memory of the roles at rest, under load, and with as many requests in flight as a server takes. */
export const MEMORY: Scenario = {
  name: "memory",
  title: "resident memory, 2 workers",
  run: async (context) => {
    // Each round needs a fresh cluster: what was once taken from the system does not always go back.
    const fresh = { ...context, pairs: pick(context, { full: 3, quick: 1, tiny: 1 }) };
    const subjects = eachBuild(fresh, (programs) => measureOne(fresh, programs));
    const rounds = await measureRounds(fresh.pairs, subjects);
    return FIGURES.map(([name, title]): Figure =>
      figureOf(rounds, name, { key: `memory/${name}`, title, unit: "MB" })
    );
  },
};

const FIGURES = [
  ["rest_server", "server at rest"],
  ["rest_worker", "worker at rest"],
  ["load_server", "server after 256 in flight for a while, peak"],
  ["load_worker", "worker after 256 in flight for a while, peak"],
  ["flood_server", "server after 100,000 in flight, peak"],
] as const;

async function measureOne(context: Context, programs: Programs): Promise<Measures> {
  context.note(`memory of the ${programs.name}`);
  await using target = await startCluster({ programs, regime: context.regime });
  await new Promise((resolve) => setTimeout(resolve, REST_MS));
  const rest = memories(target, "residentBytes");
  await measureLoad(context, target, { kind: "closed", connections: 1, window: 256 }, AULA);
  const load = memories(target, "peakBytes");
  const { window, connections } = pick(context, {
    full: FLOOD,
    quick: FLOOD,
    tiny: { window: 50, connections: 2 },
  });
  const sampleMs = pick(context, { full: FLOOD_MS, quick: FLOOD_MS, tiny: context.sampleMs });
  const shape = { kind: "closed", connections, window } as const;
  await measureLoad({ ...context, sampleMs }, target, shape, AULA);
  return {
    ...{ rest_server: rest.server, rest_worker: rest.worker },
    ...{ load_server: load.server, load_worker: load.worker },
    flood_server: memories(target, "peakBytes").server,
  };
}

const AULA = { style: "aula" } as const;

/** Megabytes of the server and of the first worker. */
function memories(target: Target, which: "residentBytes" | "peakBytes"): Measures {
  const megabytes = (role: string) => {
    const pid = target.processes[role]?.[0]?.pid;
    const bytes = pid === undefined ? undefined : memoryOf(pid)?.[which];
    return bytes === undefined ? undefined : bytes / MEGABYTE;
  };
  return { server: megabytes("server"), worker: megabytes("workers") };
}
