import { assert, assertEquals } from "@std/assert";
import { MAX_PIPELINED_REQUESTS, MAX_REQUESTS } from "../../src/limits.ts";
import { drawLargest } from "./requests.ts";
import { asking, assertAllRight, longestWaitMs, started } from "./scenario.ts";

Deno.test("clients: one that floods does not starve another", () => {
  const cluster = started({ workers: [undefined, undefined] });
  for (const { node } of cluster.workers) node.stepMs = 50;
  const flood = asking(cluster, { name: "flood", window: 16_000, requests: 30_000 });
  cluster.clock.runUntil(200);
  assert(cluster.status().requests.waiting! > 5000);
  const polite = asking(cluster, { name: "polite", window: 1, requests: 3 });
  assert(cluster.clock.runUntilDone(() => polite.isDone, 20_000));
  assert(!flood.isDone, "the flood is still there");
  // Both windows of the workers are full; a turn comes with the next reply.
  assert(longestWaitMs(polite) < 600, `${longestWaitMs(polite)} ms`);
  assertAllRight(polite);
});

Deno.test("clients: a server takes no more than its bounds from those who flood it", () => {
  const cluster = started({ workers: [undefined] });
  cluster.worker("w1").node.hang();
  const floods = Array.from(
    { length: 8 },
    (_, index) => asking(cluster, { name: `flood${index}`, window: 20_000, requests: 20_000 }),
  );
  let most = 0;
  for (let ms = 100; ms < 1900; ms += 100) {
    cluster.clock.runUntil(ms);
    const { requests } = cluster.status();
    most = Math.max(most, requests.in_flight!);
  }
  // Each may have gone on to the end of what one read had brought.
  const chunk = 2500;
  assert(most <= MAX_REQUESTS + floods.length * chunk, `${most} held`);
  assert(most > 4 * MAX_PIPELINED_REQUESTS, `${most} held`);
  cluster.worker("w1").node.goOn();
  assert(cluster.clock.runUntilDone(() => floods.every((one) => one.isDone), 60_000, 500));
  const { requests } = cluster.status();
  assertEquals([requests.in_flight, requests.waiting], [0, 0]);
});

Deno.test("clients: one that does not read is read no more, and gets all its replies when it does", () => {
  const cluster = started({ workers: [undefined, undefined] });
  const pauses: string[] = [];
  cluster.server.onStep = (_, effects) => {
    for (const { kind } of effects) if (kind === "pause" || kind === "resume") pauses.push(kind);
  };
  const hog = asking(cluster, { name: "hog", window: 900, requests: 900, draw: drawLargest });
  cluster.clock.runUntil(103);
  const [socket] = hog.node.connections.values();
  socket!.pause();
  cluster.clock.runUntil(1500);
  assertEquals(pauses, ["pause"]);
  // Who reads is not kept waiting meanwhile.
  const polite = asking(cluster, { name: "polite", requests: 20 });
  cluster.clock.runUntil(2000);
  assert(polite.isDone);
  socket!.resume();
  assert(cluster.clock.runUntilDone(() => hog.isDone, 20_000), `${hog.held} wait`);
  assertAllRight(hog, [2]);
  assertEquals(pauses.at(-1), "resume");
});

Deno.test("clients: with two servers, the loss of one loses and doubles nothing", () => {
  const cluster = started({ workers: [undefined, undefined], servers: 2 });
  const client = asking(cluster, { window: 64, pauseMs: 5, requests: 2000 });
  cluster.clock.runUntil(150);
  cluster.server.kill();
  assert(cluster.clock.runUntilDone(() => client.isDone, 30_000));
  assertAllRight(client);
  assert(client.all.every(({ endings }) => endings === 1));
  assert(longestWaitMs(client) < 50, `${longestWaitMs(client)} ms`);
});

Deno.test("clients: with two servers, one that falls silent is left for the other", () => {
  const cluster = started({ workers: [undefined, undefined], servers: 2 });
  const client = asking(cluster, { window: 64, pauseMs: 5, requests: 2000 });
  cluster.clock.runUntil(150);
  cluster.server.kill(true);
  cluster.network.switchOff("s1", true);
  assert(cluster.clock.runUntilDone(() => client.isDone, 30_000), `${client.held} wait for ever`);
  assertAllRight(client);
});
