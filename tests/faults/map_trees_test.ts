/**
 * Purpose: servers pass jobs down to the servers that are their workers, and lose nothing with one of them.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { startServer } from "../support/cluster.ts";
import { MapCluster } from "../support/map_cluster.ts";
import { assertTakenOver, endsWhole, TRACED, tracesOf, untilAllWork } from "../support/map_room.ts";
import { startRole } from "../support/roles.ts";

const COUNT = 1200;

Deno.test("client map over a tree of servers uses all workers, and may lose a branch", async () => {
  await using left = await MapCluster.launch(1);
  await using right = await MapCluster.launch(1);
  await using top = await startServer({ workers: [left.server, right.server] });
  await top.untilStates("up", "up");
  await left.write("f.js", TRACED);
  const start = (count: number) => {
    const words = ["map", "f.js", "--range", `1..${count}`, "--port", String(top.address.port)];
    return startRole("client", words, { cwd: left.folder.path });
  };
  const names = [...left.workers, ...right.workers].map(({ name }) => name);
  {
    await using client = start(COUNT);
    const traces = tracesOf(await endsWhole(client, COUNT));
    assertEquals([...new Set(traces.map(({ worker }) => worker))].sort(), names.sort());
  }
  await using client = start(COUNT);
  await untilAllWork(client, names);
  await right.server.kill();
  assert(!client.stdout.text.includes(`\n${COUNT ** 2}\n`), "the job is under way");
  assertTakenOver(await endsWhole(client, COUNT), COUNT);
});
