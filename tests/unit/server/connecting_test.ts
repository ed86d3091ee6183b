import { assert, assertEquals } from "@std/assert";
import { ADD, NO_WORKER, PARTS_9, Scenario, SUM_15, SUM_9 } from "./scenario.ts";

Deno.test("a request that comes before the first connects have ended waits for them", () => {
  const scenario = Scenario.started({ workers: 3 }, ({ workers }) => {
    for (const worker of workers) worker.connects = "silent";
  });
  const client = scenario.asking(ADD, SUM_9);
  scenario.advance(400);
  assertEquals(client.lines, []);
  scenario.step({ kind: "closed", connection: -1, reason: "connection refused" });
  scenario.step({ kind: "closed", connection: -2, reason: "connection refused" });
  assertEquals(client.lines, [], "one of them may still connect");
  scenario.step({ kind: "closed", connection: -3, reason: "connection refused" });
  assertEquals(client.lines, [NO_WORKER, NO_WORKER], "at once when the last has failed");
  scenario.assertQuiet();
});

Deno.test("a machine that does not answer a connect counts as down after 1 s", () => {
  const scenario = Scenario.started({ workers: 2 }, ({ workers }) => {
    for (const worker of workers) worker.connects = "silent";
  });
  const client = scenario.asking(ADD);
  scenario.advance(999);
  assertEquals([client.lines.length, scenario.states()], [0, ["connecting", "connecting"]]);
  scenario.advance(1);
  assertEquals(client.lines, [NO_WORKER]);
  assertEquals(scenario.states(), ["down", "down"]);
  assertEquals(scenario.ask(ADD), NO_WORKER, "now at once");
  scenario.assertQuiet();
});

Deno.test("a request waits no longer than 1 s for first connects", () => {
  const scenario = Scenario.started(
    { workers: 1 },
    ({ workers }) => workers[0]!.connects = "silent",
  );
  scenario.advance(800);
  const client = scenario.asking(ADD);
  scenario.advance(200);
  assertEquals(client.lines, [NO_WORKER]);
});

Deno.test("a request does not wait for a silent worker when another is up", () => {
  const scenario = Scenario.started(
    { workers: 3 },
    ({ workers }) => workers[0]!.connects = "silent",
  );
  assertEquals(scenario.ask(SUM_9), PARTS_9);
  assertEquals(scenario.ask(ADD), SUM_15);
});

Deno.test("a request before the first step's connects is served when they succeed", () => {
  const scenario = new Scenario({ workers: 3 });
  const client = scenario.asking(SUM_9);
  assertEquals(client.lines, [PARTS_9]);
  scenario.assertQuiet();
});

Deno.test("a dial that never ends is given up and tried again, one at a time", () => {
  const scenario = Scenario.started(
    { workers: 1 },
    ({ workers }) => workers[0]!.connects = "silent",
  );
  scenario.advance(60_000);
  const times = scenario.worker(0).dialledAtMs;
  for (let index = 1; index < times.length; index++) {
    const pauseMs = times[index]! - times[index - 1]!;
    assert(pauseMs >= 1000 && pauseMs <= 1600, `${times}`);
  }
});

Deno.test("a worker that is moved to another address is dialled there at once", () => {
  const scenario = Scenario.started({ workers: 1 });
  scenario.kill(scenario.worker(0));
  scenario.advance(10_000);
  const effects = scenario.machine.readdress(0, { host: "elsewhere", port: 7 }, scenario.nowMs);
  const connects = effects.filter((effect) => effect.kind === "connect");
  assertEquals(connects.map(({ address }) => address), [{ host: "elsewhere", port: 7 }]);
  assertEquals(scenario.status().workers[0]!.name, "elsewhere:7");
  assertEquals(scenario.machine.readdress(5, { host: "nobody", port: 7 }, scenario.nowMs), []);
});

Deno.test("the same seed gives the same dials", () => {
  const run = (seed: number): readonly number[] => {
    const scenario = Scenario.started({ workers: 1, seed }, ({ workers }) => {
      workers[0]!.connects = "refuses";
    });
    scenario.advance(10_000);
    return scenario.worker(0).dialledAtMs;
  };
  assertEquals(run(7), run(7));
  assert(run(7).join() !== run(8).join());
});
