import { ask, portOf, startCluster } from "../cluster/cluster.ts";
import { Child } from "../cluster/child.ts";
import { CountingRelay } from "../cluster/counting_relay.ts";
import type { Programs } from "../cluster/programs.ts";
import { requireRight } from "../load/generator.ts";
import { figureOf, measureRounds, type Measures } from "../measure/rounds.ts";
import { eachBuild } from "./loads.ts";
import type { Context, Scenario } from "./scenario.ts";

const FIGURES = [
  ["request", "request, client to server"],
  ["reply", "reply, server to client"],
  ["to_worker", "request, server to worker"],
  ["from_worker", "reply, worker to server"],
] as const;

/** Bytes of one addition on both ways, counted on the wire. They do not vary: one round is enough. */
export const WIRE_BYTES: Scenario = {
  name: "wire_bytes",
  title: "bytes of one addition on the wire",
  run: async (context) => {
    const subjects = eachBuild(context, (programs) => measureOne(context, programs));
    const rounds = await measureRounds(1, subjects);
    return FIGURES.map(([name, title]) =>
      figureOf(rounds, name, { key: `wire_bytes/${name}`, title, unit: "bytes" })
    );
  },
};

async function measureOne(context: Context, programs: Programs): Promise<Measures> {
  const { regime, generator } = context;
  await using worker = new Child(regime.words(programs.words("worker", "--port", "0")));
  await using relay = new CountingRelay(portOf(await worker.listening()));
  await using target = await startCluster({ programs, regime, addresses: [relay.address] });
  const before = relay.counts;
  const { sentBytes, receivedBytes, goodInAll } = requireRight(
    await generator.run({
      port: target.port,
      shape: { kind: "closed", connections: 1, window: 16 },
      exercises: { style: "aula" },
      warmUpMs: 0,
      durationMs: Math.min(context.sampleMs, 300),
    }),
  );
  // The server has the last reply of the worker before we have ours.
  await ask(target.port, '{"op":"ping"}');
  const after = relay.counts;
  return {
    request: sentBytes / goodInAll,
    reply: receivedBytes / goodInAll,
    to_worker: (after.toTarget - before.toTarget) / goodInAll,
    from_worker: (after.fromTarget - before.fromTarget) / goodInAll,
  };
}
