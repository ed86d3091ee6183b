import { Child } from "../cluster/child.ts";
import { ask, portOf, startCluster } from "../cluster/cluster.ts";
import type { Programs } from "../cluster/programs.ts";
import { figureOf, measureRounds, type Measures } from "../measure/rounds.ts";
import { eachBuild } from "./loads.ts";
import type { Context, Scenario } from "./scenario.ts";

const ADD = '{"op":"add","a":10,"b":5}';
const SUM = '{"ok":true,"result":15.0,"a":10.0,"b":5.0,"op":"add"}';

/** From nothing to the first reply: a whole cluster, and one run of the client. */
export const START_UP: Scenario = {
  name: "start_up",
  title: "start to first reply",
  run: async (context) => {
    const subjects = eachBuild(context, (programs) => measureOne(context, programs));
    const rounds = await measureRounds(context.pairs, subjects);
    const figure = (name: string, title: string) =>
      figureOf(rounds, name, { key: `start_up/${name}`, title, unit: "ms" });
    return [
      figure("cluster", "calc_server --local 2, to the first reply"),
      figure("client", "client --op add, start to end"),
    ];
  },
};

async function measureOne(context: Context, programs: Programs): Promise<Measures> {
  const { regime } = context;
  context.note(`starting ${programs.name}`);
  const startedMs = performance.now();
  await using server = new Child(
    regime.words(programs.words("calc_server", "--port", "0", "--local", "2")),
  );
  const port = portOf(await server.listening());
  const reply = await ask(port, ADD);
  const cluster = performance.now() - startedMs;
  if (reply !== SUM) throw new Error(`Cannot count this: the first reply is ${reply}`);

  await using target = await startCluster({ programs, regime });
  const words = programs.words("client", "--port", String(target.port));
  const clientStartedMs = performance.now();
  await using client = new Child(regime.words([...words, ..."--op add --a 10 --b 5".split(" ")]));
  const { success } = await client.status;
  if (!success) throw new Error("Cannot count this: the client failed");
  return { cluster, client: performance.now() - clientStartedMs };
}
