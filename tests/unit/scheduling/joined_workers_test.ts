import { assert, assertEquals } from "@std/assert";
import { MAX_JOINED_WORKERS } from "../../../src/limits.ts";
import type { JoinRequest } from "../../../src/protocol/messages.ts";
import { JoinedWorkers } from "../../../src/scheduling/joined_workers.ts";
import { Worker } from "../../../src/scheduling/worker.ts";
import type { WorkerPort } from "../../../src/scheduling/worker_port.ts";

/** A port over which nothing happens; it tells when a tick is wanted. */
function quietPort(wakeBy: (atMs: number) => void = () => {}): WorkerPort {
  return {
    workerTimeoutMs: 2000,
    hedgeDelayMs: 100,
    newConnection: () => -1,
    dial: () => {},
    out: (link) => link.out,
    close: () => {},
    attemptEnded: () => true,
    hedge: () => true,
    left: () => {},
    changed: () => {},
    wakeBy,
    random: () => 0,
    log: () => {},
  };
}

function offer(name: string, instance: string): JoinRequest {
  return { op: "join", protocol: 1, name, instance, members: { cores: 2, version: 3 } };
}

Deno.test("a worker that joins is the last, with what it said of itself", () => {
  const workers = [new Worker("w1:6001", { host: "w1", port: 6001 }, quietPort())];
  const joined = new JoinedWorkers(workers, quietPort());
  const worker = joined.take(offer("lab", "i"));
  assert(worker !== undefined && !worker.isConfigured);
  assertEquals([worker.name, worker.facts], ["lab", { cores: 2 }]);
  assertEquals(workers.map(({ name }) => name), ["w1:6001", "lab"]);
  assertEquals(joined.take(offer("renamed", "i")), worker, "an instance is one worker");
  assertEquals(workers.length, 2);
});

Deno.test("one more than 10,000 instances is not taken, but who is known already is", () => {
  const workers: Worker[] = [];
  const joined = new JoinedWorkers(workers, quietPort());
  for (let count = 0; count < MAX_JOINED_WORKERS; count++) {
    assert(joined.take(offer(`lab${count}`, `i${count}`)) !== undefined);
    // Looking for a free name among thousands is not what is tested here.
    workers.length = 0;
  }
  assertEquals(joined.take(offer("one more", "new")), undefined);
  assert(joined.take(offer("lab7", "i7")) !== undefined);
  assertEquals(workers.length, 0);
});

Deno.test("a lost worker's place is given up at its very minute, and a tick is asked for then", () => {
  let wakeAtMs = Infinity;
  const workers: Worker[] = [];
  const joined = new JoinedWorkers(workers, quietPort((atMs) => wakeAtMs = atMs));
  const [one, two] = [joined.take(offer("a", "1")), joined.take(offer("b", "2"))];
  one!.health.connected(0);
  two!.health.connected(0);
  joined.tick(100_000);
  assertEquals([workers.length, wakeAtMs], [2, Infinity], "nobody is lost");
  one!.health.disconnected("reset", 1000);
  joined.tick(1000);
  assertEquals([workers.length, wakeAtMs], [2, 61_000]);
  joined.tick(60_999);
  assertEquals(workers.length, 2);
  joined.tick(61_000);
  assertEquals(workers.map(({ name }) => name), ["b"]);
  // Its name is free, and its instance another worker.
  const again = joined.take(offer("a", "1"));
  assert(again !== one);
  assertEquals(workers.map(({ name }) => name), ["b", "a"]);
});

Deno.test("the instance whose place another has taken is forgotten", () => {
  const workers: Worker[] = [];
  const joined = new JoinedWorkers(workers, quietPort());
  const first = joined.take(offer("a", "1"));
  first!.health.connected(0);
  first!.health.disconnected("reset", 10);
  assertEquals(joined.take(offer("a", "2")), first);
  first!.health.connected(20);
  const other = joined.take(offer("a", "1"));
  assert(other !== first);
  assertEquals(other?.name, "a#2");
});
