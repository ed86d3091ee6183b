import { assert, assertEquals } from "@std/assert";
import {
  addition,
  asking,
  assertAllRight,
  countWork,
  longestWaitMs,
  recordLogs,
  started,
} from "./scenario.ts";

Deno.test("hedging: one of three workers stopped under 64 requests in flight costs one short pause", () => {
  const cluster = started({ workers: [undefined, undefined, undefined] });
  const logs = recordLogs(cluster.server);
  const client = asking(cluster, { window: 64, pauseMs: 60 });
  cluster.clock.runUntil(500);
  const { node } = cluster.worker("w2");
  for (let round = 0; round < 3; round++) {
    const fromMs = cluster.clock.nowMs;
    node.hang();
    cluster.clock.runUntil(fromMs + 500);
    assertEquals(cluster.states()[1], "suspect");
    cluster.clock.runUntil(fromMs + 1500);
    const pauseMs = longestWaitMs(client, fromMs - 100);
    // At most 100 ms until the second worker is asked, and the way there and back with late timers.
    assert(pauseMs > 40 && pauseMs < 130, `round ${round}: ${pauseMs} ms`);
    node.goOn();
    // Its late replies and its probation must not make the next pause longer.
    cluster.clock.runUntil(fromMs + 6000);
    assertEquals(cluster.states(), ["up", "up", "up"]);
  }
  client.leave();
  assertAllRight(client);
  assertEquals(logs.slice(0, 4), [
    "worker w2:5000 is suspect: slower than others",
    "worker w2:5000 is probation: slower than others",
    "worker w2:5000 is up",
    "worker w2:5000 is suspect: slower than others",
  ]);
});

Deno.test("hedging: two of four workers stopped at once cost two short pauses", () => {
  const cluster = started({ workers: [undefined, undefined, undefined, undefined] });
  const client = asking(cluster, { window: 16, pauseMs: 30 });
  cluster.clock.runUntil(500);
  const stopped = ["w2", "w3"].map((name) => cluster.worker(name).node);
  for (let round = 0; round < 3; round++) {
    const fromMs = cluster.clock.nowMs;
    for (const node of stopped) node.hang();
    cluster.clock.runUntil(fromMs + 1500);
    for (const node of stopped) node.goOn();
    cluster.clock.runUntil(fromMs + 9000);
    // What had to wait for one of the stopped is over by now, and counts.
    const pauseMs = longestWaitMs(client, fromMs - 100);
    assert(pauseMs > 40 && pauseMs < 230, `round ${round}: ${pauseMs} ms`);
    assertEquals(cluster.states(), ["up", "up", "up", "up"]);
  }
  client.leave();
  assertAllRight(client);
});

Deno.test("hedging: three lost hedges eject a worker, two do not", () => {
  for (const [window, expected] of [[2, "up"], [9, "suspect"]] as const) {
    const cluster = started({ workers: [undefined, undefined, undefined] });
    cluster.worker("w2").node.hang();
    const client = asking(cluster, { window, requests: window });
    cluster.clock.runUntil(400);
    assertEquals(cluster.states()[1], expected, `${window} requests`);
    assertAllRight(client);
  }
});

Deno.test("hedging: a second worker that fails does not leave the request with the stopped one", () => {
  const cluster = started({ workers: [undefined, "refusing", undefined] });
  cluster.worker("w1").node.hang();
  const client = asking(cluster, { requests: 12, window: 1 });
  cluster.clock.runUntil(3000);
  assert(client.isDone);
  assertAllRight(client);
  const pauseMs = longestWaitMs(client);
  assert(pauseMs < 230, `two hedges at most: ${pauseMs} ms`);
});

Deno.test("hedging: a plain worker that cannot be dialled does not keep what it was given", () => {
  const cluster = started({ workers: ["closing", undefined] });
  cluster.network.switchOff("w1", true);
  const client = asking(cluster, { requests: 12, window: 2 });
  cluster.clock.runUntil(3000);
  assert(client.isDone);
  assertAllRight(client);
  const pauseMs = longestWaitMs(client);
  assert(pauseMs < 130, `${pauseMs} ms`);
});

Deno.test("hedging: a cluster that is slow as a whole is not asked twice for everything", () => {
  const cluster = started({ workers: [undefined, undefined, undefined] });
  const work = cluster.workers.map(({ node }) => countWork(node));
  for (const { node } of cluster.workers) node.stepMs = 140;
  const client = asking(cluster, { window: 128, requests: 3000, draw: addition });
  assert(cluster.clock.runUntilDone(() => client.isDone, 60_000));
  const seconds = cluster.clock.nowMs / 1000;
  const extra = work.reduce((total, { done }) => total + done, 0) - 3000;
  assert(extra > 0, "slow requests are hedged");
  const most = 64 + 300 + 10 * seconds;
  assert(extra <= most, `${extra} asked again in ${seconds} s, at most ${most}`);
  assertAllRight(client);
});
