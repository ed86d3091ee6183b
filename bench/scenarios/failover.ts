import { startCluster } from "../cluster/cluster.ts";
import type { Programs } from "../cluster/programs.ts";
import type { Figure } from "../measure/figure.ts";
import { figureOf, measureRounds, type Measures } from "../measure/rounds.ts";
import { eachBuild } from "./loads.ts";
import { type Context, pick, type Scenario } from "./scenario.ts";

/** How a worker is lost. */
const LOSSES = [
  ["none", undefined, "no worker lost"],
  ["killed", "SIGKILL", "a worker killed (SIGKILL)"],
  ["stopped", "SIGSTOP", "a worker stopped (SIGSTOP)"],
] as const;

/** More than can pass while one reply is late. */
const BOOK_SIZE = 65_536;

/**
 * What a client notices when one of three workers is lost under load: the longest time without any reply, and
 * the replies that are not right. Beside it the same load without a loss, which has pauses of its own.
 */
export const FAILOVER: Scenario = {
  name: "failover",
  title: "one of 3 workers lost, 64 in flight",
  run: async (context) => {
    const figures: Figure[] = [];
    for (const [name, signal, title] of LOSSES) {
      context.note(title);
      const subjects = eachBuild(context, (programs) => lose(context, programs, signal));
      const rounds = await measureRounds(context.pairs, subjects);
      const figure = (what: string, text: string, unit: "ms" | "count") =>
        figureOf(rounds, what, {
          key: `failover/${name}/${what}`,
          title: `${title}: ${text}`,
          unit,
        });
      figures.push(
        figure("pause", "longest pause", "ms"),
        figure("slowest", "slowest request", "ms"),
        figure("failed", "requests failed", "count"),
      );
    }
    return figures;
  },
};

async function lose(
  context: Context,
  programs: Programs,
  signal: Deno.Signal | undefined,
): Promise<Measures> {
  const { regime, generator, warmUpMs } = context;
  const durationMs = pick(context, { full: 1000, quick: 1000, tiny: 300 });
  await using target = await startCluster({ programs, regime, workers: 3 });
  const victim = target.processes.workers![1]!;
  const loss = setTimeout(() => {
    if (signal !== undefined) victim.kill(signal);
  }, warmUpMs + durationMs / 3);
  try {
    const { longestPauseMs, latency, failed, wrong } = await generator.run({
      port: target.port,
      shape: { kind: "closed", connections: 1, window: 64 },
      exercises: { style: "aula" },
      bookSize: BOOK_SIZE,
      warmUpMs,
      durationMs,
    });
    return { pause: longestPauseMs, slowest: latency.max, failed: failed + wrong };
  } finally {
    clearTimeout(loss);
  }
}
