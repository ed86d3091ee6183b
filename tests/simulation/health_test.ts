import { assert, assertEquals } from "@std/assert";
import { asking, assertAllRight, longestWaitMs, recordLogs, started } from "./scenario.ts";

Deno.test("health: a silent worker is suspect after two heartbeats, given up after three", () => {
  const cluster = started({ workers: [undefined, undefined] });
  const logs = recordLogs(cluster.server);
  cluster.worker("w1").node.hang();
  const stateAt = (ms: number) => {
    cluster.clock.runUntil(ms);
    return cluster.states()[0];
  };
  // Pings go out every second; each that is due finds the one before it unanswered.
  assertEquals([stateAt(900), stateAt(1900), stateAt(2900)], ["up", "up", "up"]);
  assertEquals(stateAt(3100), "suspect");
  assertEquals(stateAt(3900), "suspect");
  assertEquals(stateAt(4100), "connecting");
  assertEquals(stateAt(5300), "down");
  cluster.worker("w1").node.goOn();
  assertEquals(stateAt(6500), "up");
  assertEquals(logs.filter((line) => line.startsWith("worker w1")), [
    "worker w1:5000 is suspect: missed 2 heartbeats",
    "worker w1:5000 is connecting: missed 3 heartbeats",
    "worker w1:5000 is down: no answer",
    "worker w1:5000 is up",
  ]);
});

Deno.test("health: a worker that refuses is ejected for 1 s, 2 s, 4 s … 60 s, with probation between", () => {
  const cluster = started({ workers: [undefined, "refusing"] });
  const changes: { state: string; atMs: number }[] = [];
  cluster.server.onStep = (_, effects) => {
    for (const effect of effects) {
      const state = effect.kind === "log" ? /w2:5000 is (\w+)/.exec(effect.text)?.[1] : undefined;
      if (state !== undefined) changes.push({ state, atMs: cluster.clock.nowMs });
    }
  };
  const client = asking(cluster, { window: 4, pauseMs: 400 });
  cluster.clock.runUntil(250_000);
  assertAllRight(client);
  const pauses = changes.flatMap(({ state, atMs }, index) => {
    const next = changes[index + 1];
    return state === "suspect" && next !== undefined ? [next.atMs - atMs] : [];
  });
  assert(pauses.length >= 8, `${pauses}`);
  pauses.forEach((ms, index) => {
    const fullMs = Math.min(1000 * 2 ** index, 60_000);
    assert(ms >= 0.8 * fullMs - 1 && ms <= fullMs + 50, `ejection ${index}: ${ms}, not ${fullMs}`);
  });
  assertEquals(new Set(changes.map(({ state }) => state)), new Set(["suspect", "probation"]));
});

Deno.test("health: the last worker is asked however slow it seems", () => {
  const cluster = started({ workers: [undefined, "refusing"] });
  // Slower than every limit of a hedge, and by far not dead.
  cluster.worker("w1").node.stepMs = 300;
  const client = asking(cluster, { window: 8, requests: 200 });
  assert(cluster.clock.runUntilDone(() => client.isDone, 120_000));
  assertAllRight(client);
});

Deno.test("health: a server that has slept does not blame its only worker for it", () => {
  const cluster = started({ workers: [undefined] });
  const client = asking(cluster, { window: 4, pauseMs: 10 });
  cluster.clock.runUntil(500);
  cluster.server.jump(30_000);
  cluster.clock.runUntil(5000);
  client.leave();
  assertAllRight(client);
  assert(longestWaitMs(client) < 1500, `${longestWaitMs(client)} ms`);
});

Deno.test("health: an idle cluster wakes for its heartbeats and nothing else", () => {
  const cluster = started({ workers: [undefined, undefined, undefined], joined: ["lab"] });
  cluster.clock.runUntil(5000);
  const before = cluster.server.ticks;
  cluster.clock.runUntil(65_000);
  const perSecond = (cluster.server.ticks - before) / 60;
  assert(perSecond <= 5, `${perSecond} ticks a second`);
});
