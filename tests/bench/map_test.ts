import { assert, assertEquals } from "@std/assert";
import type { Programs } from "../../bench/cluster/programs.ts";
import { SOURCES } from "../../bench/cluster/programs.ts";
import { Regime } from "../../bench/cluster/regime.ts";
import { Generator } from "../../bench/load/generator.ts";
import { mapScenarios } from "../../bench/map/all.ts";
import { descendants } from "../../bench/map/processes.ts";
import { countWrong } from "../../bench/map/runs.ts";
import { projectPath } from "../../bench/paths.ts";

// Purpose: every scenario of `client map` runs, and finds wrong results. Figures are looked at for sense, never
// for speed.

const HAS_MAP = await Deno.stat(projectPath("src/cli/run_map.ts")).then(() => true, () => false);
const BUILDS: readonly Programs[] = HAS_MAP ? [SOURCES] : [];

const found: Record<string, string> = {};
const missing: string[] = [];
const OPTIONS = { daskEnvironment: undefined, rayEnvironment: undefined, found, missing };

for (const scenario of mapScenarios(OPTIONS)) {
  Deno.test(`the scenario ${scenario.name} runs and gives figures that make sense`, async () => {
    const regime = await Regime.find("free");
    await using generator = new Generator(regime);
    const figures = await scenario.run({
      ...{ size: "tiny", builds: BUILDS, regime, generator, pairs: 1, warmUpMs: 0, sampleMs: 150 },
      isWanted: () => true,
      note: () => {},
    });
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
