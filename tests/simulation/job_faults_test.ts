import { assert, assertEquals } from "@std/assert";
import { JobCluster } from "./job_cluster.ts";
import { PLAIN_FUNCTION } from "./job_function.ts";

Deno.test("jobs: an item that kills its worker is named, all others have values, and nobody else is blamed", () => {
  const cluster = new JobCluster({ seed: 4, slots: [2, 2, 2] });
  const work = { ...PLAIN_FUNCTION, itemMs: () => 2, kills: (item: bigint) => item === 777n };
  const client = cluster.client({ count: 3000, work });
  cluster.runUntilDone(client);
  assertEquals([client.machine.fault, client.machine.failure], [undefined, undefined]);
  assertEquals([client.machine.told, client.machine.crashes], [3000, [777n]]);
  cluster.check();
});

Deno.test("jobs: items that throw are told of in their places", () => {
  const cluster = new JobCluster({ seed: 5, slots: [2, 2] });
  const work = { ...PLAIN_FUNCTION, throws: (item: bigint) => item % 10n === 3n };
  const client = cluster.client({ count: 1000, work });
  cluster.runUntilDone(client);
  assertEquals([client.machine.fault, client.machine.failures.length], [undefined, 100]);
  cluster.check();
});

Deno.test("jobs: a worker that hangs holds nobody up for longer than it takes to miss it", () => {
  const cluster = new JobCluster({ seed: 6, slots: [2, 2] });
  const client = cluster.client({ count: 4000 });
  cluster.clock.runUntil(500);
  cluster.workers[0]!.node.hang();
  cluster.runUntilDone(client, 12_000);
  assertEquals([client.machine.fault, client.machine.told], [undefined, 4000]);
  cluster.check();
});

Deno.test("jobs: what the slowest machine has at the end is done by another as well", () => {
  const cluster = new JobCluster({ seed: 7, slots: [1, 1], slowness: [1, 2000] });
  const client = cluster.client({ count: 400, work: { ...PLAIN_FUNCTION, itemMs: () => 10 } });
  cluster.runUntilDone(client);
  assertEquals([client.machine.fault, client.machine.told], [undefined, 400]);
  assert(cluster.clock.nowMs < 7000, `took ${cluster.clock.nowMs} ms`);
  cluster.check();
});

Deno.test("jobs: a client that is gone ends its job everywhere", () => {
  const cluster = new JobCluster({ seed: 8, slots: [2, 2], joinedSlots: [2] });
  const client = cluster.client({ count: 100_000 });
  cluster.clock.runUntil(700);
  client.node.kill();
  cluster.clock.runUntil(710);
  assertEquals(JSON.parse(cluster.ask(cluster.server, '{"op":"jobs"}')).jobs, []);
  for (const { node } of cluster.workers) assert(node.machine.wakeAtMs > 800);
  cluster.check();
});

Deno.test("jobs: joined workers and a tree of coordinators do the same", () => {
  for (const levels of [1, 2, 3]) {
    const cluster = new JobCluster({ seed: 9, slots: [2], joinedSlots: [1, 2], levels });
    for (const input of ["range", "items"] as const) {
      const client = cluster.client({ count: 3000, input });
      const startMs = cluster.clock.nowMs;
      cluster.runUntilDone(client);
      assertEquals([client.machine.fault, client.machine.told], [undefined, 3000]);
      const tookMs = cluster.clock.nowMs - startMs;
      assert(tookMs < 3000 / 5 * (1.4 + 1.5 * levels), `${levels} levels: ${tookMs} ms`);
    }
    cluster.check();
  }
});

Deno.test("jobs: several jobs share the workers", () => {
  const cluster = new JobCluster({ seed: 10, slots: [2, 2] });
  const clients = [1, 2, 3].map((index) =>
    cluster.client({ count: 2000, input: index === 2 ? "items" : "range" })
  );
  for (const client of clients) cluster.runUntilDone(client);
  for (const { machine } of clients) {
    assertEquals([machine.fault, machine.told], [undefined, 2000]);
  }
  assert(cluster.clock.nowMs < 2200, `${cluster.clock.nowMs}`);
  cluster.check();
});

Deno.test("jobs: values of megabytes pass, whoever is ahead waits for room", () => {
  const cluster = new JobCluster({ seed: 11, slots: [2, 2, 2], slowness: [20, 1, 1] });
  const work = { ...PLAIN_FUNCTION, itemMs: () => 20, padding: () => 700_000 };
  const client = cluster.client({ count: 70, work, digestMs: 5 });
  cluster.runUntilDone(client);
  assertEquals([client.machine.fault, client.machine.told], [undefined, 70]);
  cluster.check();
});

Deno.test("jobs: a cancelled job ends, and its client is told why", () => {
  const cluster = new JobCluster({ seed: 12, slots: [2] });
  const client = cluster.client({ count: 100_000 });
  cluster.clock.runUntil(400);
  const [job] = JSON.parse(cluster.ask(cluster.server, '{"op":"jobs"}')).jobs;
  assertEquals([job.job, job.name, job.state, job.total, job.workers, job.slots], [
    "1",
    "squares.ts",
    "running",
    100_000,
    1,
    2,
  ]);
  assertEquals(
    cluster.ask(cluster.server, '{"op":"cancel","job":"1"}'),
    '{"ok":true,"op":"cancel","job":"1"}\n',
  );
  cluster.clock.runUntil(410);
  assertEquals(client.machine.failure, "job_cancelled");
  assertEquals(
    JSON.parse(cluster.ask(cluster.server, '{"id":1,"op":"cancel","job":"1"}')).code,
    "unknown_job",
  );
  cluster.check();
});

Deno.test("jobs: a server that stops lets what runs finish, and gives the rest back", () => {
  const cluster = new JobCluster({ seed: 13, slots: [2, 2] });
  const client = cluster.client({ count: 20_000 });
  cluster.clock.runUntil(1500);
  cluster.server.post(() => cluster.server.step({ kind: "stop" }));
  const stoppedMs = cluster.clock.nowMs;
  cluster.runUntilDone(client);
  assertEquals([client.machine.fault, client.machine.failure], [undefined, "leaving"]);
  assertEquals(client.machine.returned, [client.machine.told + 1]);
  assert(cluster.clock.nowMs - stoppedMs < 1000, `${cluster.clock.nowMs - stoppedMs} ms`);
  cluster.clock.runUntil(stoppedMs + 4000);
  assert(!cluster.server.isAlive);
});

Deno.test("jobs: a worker that is drained or leaves gets nothing new, and loses nothing", () => {
  const cluster = new JobCluster({ seed: 14, slots: [2, 2], joinedSlots: [2] });
  const client = cluster.client({ count: 6000 });
  cluster.clock.runUntil(400);
  cluster.ask(cluster.server, '{"op":"drain","worker":"w1:5000"}');
  const { node } = cluster.workers[2]!;
  node.post(() => node.step({ kind: "stop" }));
  cluster.clock.runUntil(1600);
  const { workers } = JSON.parse(cluster.ask(cluster.server, '{"op":"status"}'));
  assertEquals(workers.map(({ state, running = 0 }: Record<string, unknown>) => [state, running]), [
    ["draining", 0],
    ["up", 2],
  ]);
  cluster.runUntilDone(client);
  assertEquals([client.machine.fault, client.machine.told], [undefined, 6000]);
  cluster.check();
});

Deno.test("jobs: values become one for each stretch, wherever chunks were cut", () => {
  for (const input of ["range", "items"] as const) {
    const cluster = new JobCluster({ seed: 15, slots: [2, 2] });
    const client = cluster.client({
      count: 3000,
      input,
      work: { ...PLAIN_FUNCTION, reduces: true },
    });
    cluster.clock.runUntil(350);
    cluster.workers[0]!.node.kill();
    cluster.runUntilDone(client);
    assertEquals([client.machine.fault, client.machine.told], [undefined, 3000]);
    cluster.check();
  }
});
