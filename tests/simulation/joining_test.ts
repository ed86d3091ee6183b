import { assert, assertEquals } from "@std/assert";
import { JOINED_PLACE_MS } from "../../src/limits.ts";
import type { Cluster } from "./cluster.ts";
import { asking, assertAllRight, countWork, partsNow, started } from "./scenario.ts";

function names(cluster: Cluster): string[] {
  return cluster.status().workers.map(({ name }) => name);
}

Deno.test("joining: workers join after the configured ones, and take part in splits at once", () => {
  const cluster = started({ workers: [undefined], joined: ["lab-a", "lab-b"] });
  assertEquals(names(cluster)[0], "w1:5000");
  assertEquals(names(cluster).slice(1).sort(), ["lab-a", "lab-b"]);
  assertEquals(partsNow(cluster), 3);
});

Deno.test("joining: a second machine of a name is told apart", () => {
  const cluster = started({ workers: [], joined: ["lab", "lab", "lab"] });
  assertEquals(names(cluster), ["lab", "lab#2", "lab#3"]);
});

Deno.test("joining: the same process that dials again replaces its old connection", () => {
  const cluster = started({ workers: [], joined: ["lab"] });
  // The worker hears of the loss, the server never.
  for (const socket of cluster.worker("lab").node.connections.values()) socket.reset(1, Infinity);
  cluster.clock.runUntil(1000);
  assertEquals(names(cluster), ["lab"]);
  assertEquals(cluster.states(), ["up"]);
  assertEquals(partsNow(cluster), 1);
});

Deno.test("joining: a new process of a lost worker's name takes its place", () => {
  const cluster = started({ workers: [undefined], joined: ["lab-a", "lab-b"] });
  const before = names(cluster);
  const slot = cluster.worker("lab-a");
  slot.node.kill();
  cluster.clock.runUntil(2000);
  cluster.restart(slot);
  cluster.clock.runUntil(3000);
  assertEquals(names(cluster), before);
  assertEquals(cluster.states(), ["up", "up", "up"]);
});

Deno.test("joining: a lost worker keeps its place for a minute, and its range is done by others", () => {
  const cluster = started({ workers: [undefined], joined: ["lab"] });
  const lostMs = cluster.clock.nowMs;
  cluster.worker("lab").node.kill();
  cluster.clock.runUntil(lostMs + JOINED_PLACE_MS - 1000);
  assertEquals(partsNow(cluster), 2);
  cluster.clock.runUntil(lostMs + JOINED_PLACE_MS + 1000);
  assertEquals(partsNow(cluster), 1);
  assertEquals(names(cluster), ["w1:5000"]);
});

Deno.test("joining: a goodbye gives the place up at once", () => {
  const cluster = started({ workers: [undefined], joined: ["lab"] });
  const { node } = cluster.worker("lab");
  node.post(() => node.step({ kind: "stop" }));
  cluster.clock.runUntil(cluster.clock.nowMs + 20);
  assert(!node.isAlive);
  assertEquals(names(cluster), ["w1:5000"]);
  assertEquals(partsNow(cluster), 1);
});

Deno.test("joining: who comes in the place of one that left may be lost and keep it", () => {
  const cluster = started({ workers: [undefined], joined: ["lab"] });
  const slot = cluster.worker("lab");
  const { node } = slot;
  node.post(() => node.step({ kind: "stop" }));
  cluster.clock.runUntilDone(() => !node.isAlive, 5000, 1);
  cluster.restart(slot);
  cluster.clock.runUntil(cluster.clock.nowMs + 500);
  assertEquals(names(cluster), ["w1:5000", "lab"]);
  slot.node.kill();
  cluster.clock.runUntil(cluster.clock.nowMs + 5000);
  assertEquals(names(cluster), ["w1:5000", "lab"], "a loss is no goodbye");
});

Deno.test("joining: a worker that is told to end while it joins ends at once", () => {
  for (let ms = 0; ms < 3; ms += 0.1) {
    const cluster = started({ workers: [], joined: ["lab"], network: { delayMs: 1 } });
    const slot = cluster.worker("lab");
    slot.node.kill();
    cluster.restart(slot);
    cluster.clock.runUntil(cluster.clock.nowMs + ms);
    const { node } = slot;
    node.post(() => node.step({ kind: "stop" }));
    cluster.clock.runUntil(cluster.clock.nowMs + 1500);
    assert(!node.isAlive, `stopped ${ms} ms after its start`);
    assertEquals(cluster.network.faults, []);
  }
});

Deno.test("draining: a drained worker gets nothing new, and again when it is undrained", () => {
  const cluster = started({ workers: [undefined, undefined] });
  const work = countWork(cluster.worker("w2").node);
  const client = asking(cluster, { window: 4, pauseMs: 5 });
  const tell = (op: string) => {
    const connection = 77_000_000 + cluster.dice.below(1000);
    const bytes = new TextEncoder().encode(`{"op":"${op}","worker":"w2:5000"}\n`);
    cluster.server.step({ kind: "accepted", connection, remote: "admin" });
    cluster.server.stepIgnoring({ kind: "received", connection, bytes }, connection);
    cluster.server.step({ kind: "closed", connection, reason: "done" });
  };
  cluster.clock.runUntil(300);
  assert(work.done > 10);
  tell("drain");
  assertEquals(cluster.states(), ["up", "draining"]);
  cluster.clock.runUntil(320);
  const drained = work.done;
  cluster.clock.runUntil(1000);
  assertEquals(work.done, drained);
  tell("undrain");
  cluster.clock.runUntil(1100);
  assert(work.done > drained);
  client.leave();
  assertAllRight(client);
});

Deno.test("leaving: a goodbye costs no retry, and what is in flight is finished", () => {
  const cluster = started({ workers: [undefined, undefined] });
  const work = cluster.workers.map(({ node }) => countWork(node));
  const client = asking(cluster, { window: 16, pauseMs: 2, requests: 800 });
  cluster.clock.runUntil(140);
  const { node } = cluster.worker("w2");
  node.post(() => node.step({ kind: "stop" }));
  assert(cluster.clock.runUntilDone(() => client.isDone, 10_000));
  assert(!node.isAlive);
  assertAllRight(client);
  assertEquals(work.reduce((total, { done }) => total + done, 0), 800);
});
