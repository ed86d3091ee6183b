import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Programs } from "../../bench/cluster/programs.ts";
import { SOURCES } from "../../bench/cluster/programs.ts";
import { Regime } from "../../bench/cluster/regime.ts";
import { Generator } from "../../bench/load/generator.ts";
import { mapScenarios } from "../../bench/map/all.ts";
import { timeSubjects } from "../../bench/map/compare.ts";
import { findMapPeers } from "../../bench/map/peers.ts";
import { descendants } from "../../bench/map/processes.ts";
import { countWrong, digestOf, openPlace, timeJob } from "../../bench/map/runs.ts";
import { SEQUENTIAL_DENO, type Subject, toFile } from "../../bench/map/subject.ts";
import type { Context } from "../../bench/scenarios/scenario.ts";

// Purpose: every scenario of `client map` runs, and finds wrong results. Figures are looked at for sense, never
// for speed.

const BUILDS: readonly Programs[] = [SOURCES];

const found: Record<string, string> = {};
const missing: string[] = [];
const OPTIONS = { daskEnvironment: undefined, rayEnvironment: undefined, found, missing };

async function tinyContext(): Promise<Context> {
  const regime = await Regime.find("free");
  const generator = new Generator(regime);
  return {
    ...{ size: "tiny", builds: BUILDS, regime, generator, pairs: 1, warmUpMs: 0, sampleMs: 150 },
    isWanted: () => true,
    note: () => {},
  };
}

for (const scenario of mapScenarios(OPTIONS)) {
  Deno.test(`the scenario ${scenario.name} runs and gives figures that make sense`, async () => {
    const context = await tinyContext();
    await using generator = context.generator;
    const figures = await scenario.run(context);
    for (const { key, samples } of figures) {
      assert(key.startsWith(scenario.name), key);
      for (const { name } of BUILDS) assertEquals(samples[name]?.length, 1, key);
      const numbers = Object.values(samples).flat();
      assert(
        numbers.every((number) => Number.isFinite(number) && number >= 0),
        `${key}: ${numbers}`,
      );
      if (/\/(missing|hung)$/.test(key)) assertEquals(samples.sources ?? [0], [0], key);
      if (key.endsWith("/named")) assertEquals(samples.sources ?? [1], [1], key);
      if (key.startsWith("map_faults/none/")) {
        const wrong = key.endsWith("/gap") ? [] : numbers.filter((number) => number > 0);
        assertEquals(wrong, [], key);
      }
    }
    assertEquals(descendants(Deno.pid).filter((pid) => pid !== generator.pid), []);
  });
}

Deno.test("every peer of client map is measured, or named as missing", () => {
  const names = [...Object.values(found), ...missing].join();
  for (const name of ["Pool", "Parallel", "dask", "ray"]) assert(names.includes(name), name);
});

Deno.test("countWrong() counts what is missing, what is too much, and else what stands elsewhere", () => {
  const right = ["1", "2", "2", "3"];
  assertEquals(countWrong(right, right), 0);
  assertEquals(countWrong(right, ["1", "2", "3"]), 1);
  assertEquals(countWrong(right, ["1", "2", "2", "2", "4"]), 3);
  assertEquals(countWrong(right, ["1", "2", "3", "2"]), 2);
});

Deno.test("a peer that fails or differs is named and left out, and one of ours that does ends it", async () => {
  const context = await tinyContext();
  await using _generator = context.generator;
  await using place = await openPlace(context.regime);
  const subject = (name: string, script: string): Subject => ({
    ...{ name, tongue: "deno", saysReady: false },
    words: (_work, _chunk, output) => toFile(["sh", "-c", script], output),
  });
  const missing: string[] = [];
  const rightOf = () => digestOf(new TextEncoder().encode("1\n"));
  const compare = (...subjects: Subject[]) =>
    timeSubjects(context, { place, missing }, {
      ...{ key: "here", subjects, rightOf },
      workOf: () => ({ kind: "range", count: 1 }),
    });
  const rounds = await compare(
    subject("good", "echo 1"),
    subject("wrong", "echo 2"),
    subject("broken", "echo no room >&2; exit 3"),
  );
  assertEquals([...rounds.keys()], ["good"]);
  assertEquals(missing, [
    "wrong (here): its results differ from the right ones, of one process alone",
    'broken (here): it ended with status 3, and said "no room"',
  ]);
  await assertRejects(
    () => compare(subject("sources", "echo 2")),
    Error,
    "sources (here): its results",
  );
});

Deno.test("a peer's sum is right where it is larger than 32 bits", async () => {
  const context = await tinyContext();
  await using _generator = context.generator;
  await using place = await openPlace(context.regime);
  const work = { kind: "sum", count: 6_000_000, steps: 1 } as const;
  const right = await timeJob(place, SEQUENTIAL_DENO, work, 1);
  assert(Number(await Deno.readTextFile(`${place.folder}/${SEQUENTIAL_DENO.name}`)) > 2 ** 31);
  const peers = await findMapPeers({ ...OPTIONS, found: {}, missing: [] });
  for (const peer of peers.filter(({ tongue }) => tongue === "deno")) {
    assertEquals(
      await timeJob(place, peer, work, 2_000_000).then(({ digest }) => digest),
      right.digest,
    );
  }
});
