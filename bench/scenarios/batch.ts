import { Child } from "../cluster/child.ts";
import type { Target } from "../cluster/cluster.ts";
import type { Programs } from "../cluster/programs.ts";
import { Book } from "../load/book.ts";
import { checkRepeated, writeRepeated } from "../load/repeated.ts";
import type { Unit } from "../measure/figure.ts";
import { figureOf, measureRounds, type Measures } from "../measure/rounds.ts";
import { endedChildrenCpuMs, memoryOf } from "../measure/usage.ts";
import { eachBuild, startTargets } from "./loads.ts";
import { type Context, pick, type Scenario } from "./scenario.ts";

/** Lines of the book that the file repeats. */
const BOOK_SIZE = 4096;
/** How often the client's memory is looked at. */
const LOOK_MS = 50;

/** A file of additions through `client --batch` to another file, every line checked. */
export const BATCH: Scenario = {
  name: "batch",
  title: "client --batch from a file to a file, 2 workers",
  run: async (context) => {
    const repeats = pick(context, { full: 2442, quick: 122, tiny: 1 });
    const folder = await Deno.makeTempDir({ prefix: "aula bench " });
    try {
      const book = new Book(BOOK_SIZE, { style: "aula", hasId: false });
      await writeRepeated(`${folder}/in`, book.requests, repeats);
      await using targets = await startTargets(context, {});
      const subjects = eachBuild(context, (programs) => {
        const target = targets.all.get(programs.name)!;
        return measureOne(context, programs, target, { folder, book, repeats });
      });
      const pairs = Math.min(context.pairs, pick(context, { full: 3, quick: 2, tiny: 1 }));
      const rounds = await measureRounds(pairs, subjects);
      const lines = (repeats * BOOK_SIZE).toLocaleString("en-US");
      const figure = (name: string, title: string, unit: Unit) =>
        figureOf(rounds, name, { key: `batch/${name}`, title, unit });
      return [
        figure("per_second", `${lines} lines`, "/s"),
        figure("cpu_client", "processor time of the client, a line", "us"),
        figure("peak", "highest memory of the client", "MB"),
      ];
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
};

interface Files {
  readonly folder: string;
  readonly book: Book;
  readonly repeats: number;
}

async function measureOne(
  context: Context,
  programs: Programs,
  target: Target,
  { folder, book, repeats }: Files,
): Promise<Measures> {
  const words = programs.words(
    "client",
    ...["--port", String(target.port), "--batch"],
    ...["--input", `${folder}/in`, "--output", `${folder}/out`],
  );
  context.note(`${repeats * BOOK_SIZE} lines through the ${programs.name}`);
  const cpuBefore = endedChildrenCpuMs();
  const startedMs = performance.now();
  await using client = new Child(context.regime.words(words));
  let peakBytes: number | undefined;
  const look = setInterval(() => {
    peakBytes = memoryOf(client.pid)?.peakBytes ?? peakBytes;
  }, LOOK_MS);
  const { success } = await client.status;
  clearInterval(look);
  const seconds = (performance.now() - startedMs) / 1000;
  // Nothing else of ours has ended meanwhile.
  const cpuAfter = endedChildrenCpuMs();
  if (!success) throw new Error("Cannot count this: the batch failed");
  await checkRepeated(`${folder}/out`, book.replies, repeats);
  const lines = repeats * BOOK_SIZE;
  return {
    per_second: lines / seconds,
    cpu_client: cpuBefore === undefined || cpuAfter === undefined
      ? undefined
      : (cpuAfter - cpuBefore) * 1000 / lines,
    peak: peakBytes === undefined ? undefined : peakBytes / 1e6,
  };
}
