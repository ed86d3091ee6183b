/**
 * Purpose: a job that its user has left is over on every machine within a second, whatever its function is doing.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { DROP_GRACE_MS } from "../../src/limits.ts";
import { BusyWorker } from "./busy_worker.ts";
import { type ClientProcess, JobCluster } from "./job_cluster.ts";

const SECOND_MS = 1000;
/** The longest that bytes are on their way from a client to the last worker, and timers late. */
const WAYS_MS = 5;

type End = (cluster: JobCluster, client: ClientProcess) => void;

const ENDS: Readonly<Record<string, End>> = {
  "is cancelled": (cluster) => {
    assert(JSON.parse(cluster.ask(cluster.server, '{"op":"cancel","job":"1"}')).ok);
  },
  "is closed by its client": (_, { node }) => {
    const text = '{"op":"close","job":7}\n';
    node.carryOut([{ kind: "write", connection: -1, text }]);
  },
  "has a client that ends": (_, { node }) => node.step({ kind: "stop" }),
  "has a client that is killed": (_, { node }) => node.kill(),
};

for (const [what, end] of Object.entries(ENDS)) {
  for (const levels of [1, 2, 3]) {
    Deno.test(`jobs: one that ${what} is over within a second, ${levels} deep`, () => {
      const { cluster, client, busy } = underWay(levels);
      end(cluster, client);
      cluster.clock.runUntil(cluster.clock.nowMs + SECOND_MS);
      assertEquals(busy(), 0, "no slot is at it any more");
      assertIdle(cluster);
    });
  }
}

Deno.test("jobs: one whose server is killed is over within a second below it", () => {
  const { cluster, busy } = underWay(3);
  cluster.server.kill();
  cluster.clock.runUntil(cluster.clock.nowMs + SECOND_MS);
  assertEquals(busy(), 0, "no slot is at it any more");
  assertIdle(cluster);
});

Deno.test("jobs: an item that its client takes back is over after its time of grace", () => {
  const { cluster, client, busy } = underWay(3);
  const text = '{"op":"drop","job":7,"chunk":1}\n';
  client.node.carryOut([{ kind: "write", connection: -1, text }]);
  cluster.clock.runUntil(cluster.clock.nowMs + DROP_GRACE_MS + WAYS_MS);
  assertEquals(busy(), 0, "no slot is at it any more");
});

/** Two workers below so many servers, and a job of which each has begun an item that never ends. */
function underWay(levels: number) {
  const workers: BusyWorker[] = [];
  const cluster = new JobCluster({
    seed: levels,
    slots: [1, 1],
    levels,
    playWorker: (options) => {
      const worker = new BusyWorker(options);
      workers.push(worker);
      return worker;
    },
  });
  const client = cluster.client({ count: 1000 });
  const busy = () => workers.reduce((sum, worker) => sum + worker.busy.size, 0);
  assert(cluster.clock.runUntilDone(() => busy() === 2, 10_000, 5), `${busy()} have begun`);
  // Longer than it takes to learn whatever can be learnt of the machines.
  cluster.clock.runUntil(cluster.clock.nowMs + 3 * SECOND_MS);
  assertEquals([busy(), client.machine.isDone], [2, false]);
  return { cluster, client, busy };
}

/** No server knows of a job, and nobody has done anything against the rules. */
function assertIdle(cluster: JobCluster): void {
  for (const server of cluster.servers) {
    assertEquals(JSON.parse(cluster.ask(server, '{"op":"jobs"}')).jobs, []);
  }
  assertEquals(cluster.network.faults, []);
}
