import { assert } from "@std/assert";
import { SOURCES } from "../../bench/cluster/programs.ts";
import { Regime } from "../../bench/cluster/regime.ts";
import { Generator } from "../../bench/load/generator.ts";
import { peers } from "../../bench/peers/scenario.ts";
import { SCENARIOS } from "../../bench/scenarios/all.ts";
import type { Scenario } from "../../bench/scenarios/scenario.ts";

// Purpose: every scenario still runs against the roles as they are now. Figures are looked at for sense, never
// for speed.

const WITHOUT_OTHERS = peers({
  daskEnvironment: undefined,
  rayEnvironment: undefined,
  found: {},
  missing: [],
});

for (const scenario of [...SCENARIOS, WITHOUT_OTHERS]) {
  Deno.test(`the scenario ${scenario.name} runs and gives figures that make sense`, async () => {
    const figures = await runTiny(scenario);
    assert(figures.length > 0);
    for (const { key, samples } of figures) {
      assert(key.startsWith(scenario.name), key);
      assert(Object.values(samples).every(({ length }) => length > 0), key);
      const numbers = Object.values(samples).flat();
      // Memory that the system took back from an idle server may make a difference negative.
      assert(numbers.every(Number.isFinite), `${key}: ${numbers}`);
      if (key.endsWith("/failed")) assert(numbers.every((number) => number === 0), key);
      if (/\/(p50|p99|per_second|cpu_client|throughput|request|reply)$/.test(key)) {
        assert(numbers.every((number) => number > 0), `${key}: ${numbers}`);
      }
    }
  });
}

async function runTiny(scenario: Scenario): ReturnType<Scenario["run"]> {
  const regime = await Regime.find("free");
  await using generator = new Generator(regime);
  return await scenario.run({
    size: "tiny",
    builds: [SOURCES],
    regime,
    generator,
    pairs: 1,
    warmUpMs: 0,
    sampleMs: 150,
    isWanted: () => true,
    note: () => {},
  });
}
