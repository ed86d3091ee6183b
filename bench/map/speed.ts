import type { Figure } from "../measure/figure.ts";
import { figureOf } from "../measure/rounds.ts";
import type { PeerOptions } from "../peers/peer.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { openBench } from "./cluster.ts";
import { perRound, timeSubjects } from "./compare.ts";
import { digestOf } from "./runs.ts";
import { scaled, trialOf, type Work } from "./work.ts";

const ITEMS = 10_000_000;

/** A trivial function over many items, results as lines in order: what it costs to carry them. */
export function mapSpeed(options: PeerOptions): Scenario {
  return {
    name: "map_speed",
    title: "a trivial function over many items, 2 workers with 1 slot each",
    run: async (context) => {
      await using bench = await openBench(context, options);
      const count = scaled(context, ITEMS);
      const input = `${bench.place.folder}/items`;
      const works: readonly Work[] = [{ kind: "range", count }, { kind: "lines", count, input }];
      for (const { count, input } of [works[1]!, trialOf(works[1]!)]) {
        await writeLines(input!, count, (item) => item);
      }
      const results = `${bench.place.folder}/results`;
      await writeLines(results, count, (item) => 2 * item + 1);
      const expected = await digestOf(await Deno.readFile(results));
      const items = count.toLocaleString("en-US");
      const figures: Figure[] = [];
      for (const work of works.filter(({ kind }) => context.isWanted(`map_speed/${kind}`))) {
        const title = `${items} items ${work.kind === "range" ? "of a range" : "from a file"}`;
        context.note(title);
        const key = `map_speed/${work.kind}`;
        const [workOf, rightOf] = [() => work, () => expected];
        const subjects = bench.subjects;
        const rounds = await timeSubjects(context, bench, { key, subjects, workOf, rightOf });
        const rates = perRound(rounds, (_subject, _round, { ms }) => ({
          per_second: count * 1000 / ms!,
        }));
        const about = { key: `${key}/per_second`, title, unit: "/s" } as const;
        figures.push(figureOf(rates, "per_second", about));
      }
      return figures;
    },
  };
}

async function writeLines(
  path: string,
  count: number,
  valueOf: (item: number) => number,
): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true, truncate: true });
  const encoder = new TextEncoder();
  for (let from = 1; from <= count; from += 100_000) {
    let text = "";
    for (let item = from; item < from + 100_000 && item <= count; item++) {
      text += valueOf(item) + "\n";
    }
    const bytes = encoder.encode(text);
    for (let written = 0; written < bytes.length;) {
      written += await file.write(bytes.subarray(written));
    }
  }
}
