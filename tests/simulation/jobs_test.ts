import { assert, assertEquals } from "@std/assert";
import { JobCluster } from "./job_cluster.ts";
import { PLAIN_FUNCTION } from "./job_function.ts";

Deno.test("jobs: a range over several workers comes back whole and in order", () => {
  const cluster = new JobCluster({ seed: 1, slots: [1, 2, 4] });
  const client = cluster.client({ count: 20_000 });
  cluster.runUntilDone(client);
  assertEquals([client.machine.fault, client.machine.failure], [undefined, undefined]);
  assertEquals(client.machine.told, 20_000);
  assert(cluster.clock.nowMs < 20_000 / 7 * 1.25, `took ${cluster.clock.nowMs} ms`);
  cluster.check();
});

Deno.test("jobs: lines over several workers come back whole and in order", () => {
  const cluster = new JobCluster({ seed: 2, slots: [1, 2] });
  const client = cluster.client({ count: 5000, input: "items", pieceLines: 300 });
  cluster.runUntilDone(client);
  assertEquals([client.machine.fault, client.machine.failure], [undefined, undefined]);
  assertEquals(client.machine.told, 5000);
  cluster.check();
});

Deno.test("jobs: a worker that is killed costs nothing but its own time", () => {
  const cluster = new JobCluster({ seed: 3, slots: [2, 2] });
  const client = cluster.client({ count: 8000, work: { ...PLAIN_FUNCTION, itemMs: () => 1 } });
  cluster.clock.runUntil(900);
  cluster.workers[0]!.node.kill();
  cluster.runUntilDone(client);
  assertEquals([client.machine.fault, client.machine.failure], [undefined, undefined]);
  assertEquals(client.machine.told, 8000);
  cluster.check();
});
