/**
 * Purpose: a job that its user has left is over on every machine, whatever its function is doing.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { isGone } from "../support/children.ts";
import { MapCluster } from "../support/map_cluster.ts";
import { busySlot, jobsOf } from "../support/map_room.ts";
import { until } from "../support/waiting.ts";

// The processes of a worker are found on Linux only.
const ignore = Deno.build.os !== "linux";

const ENDS: readonly (readonly [what: string, signal: Deno.Signal, status: number])[] = [
  ["Ctrl-C", "SIGINT", 130],
  ["the end of its client's connection", "SIGKILL", 137],
];

Deno.test("client map", { ignore }, async (t) => {
  await using cluster = await MapCluster.launch(2);
  await cluster.server.untilStates("up", "up");
  await cluster.write("f.js", "export function map() { console.log('begun'); for (;;); }");
  for (const [what, signal, status] of ENDS) {
    await t.step(`ends everywhere with ${what}, and its slots are gone`, async () => {
      await using client = cluster.start(["f.js", "--range", "1..1000"]);
      for (const { name } of cluster.workers) {
        await client.stderr.line(new RegExp(`^\\[${RegExp.escape(name)} · \\d+\\] begun$`));
      }
      const slots = await Promise.all(cluster.workers.map(({ process }) => busySlot(process)));
      assertEquals((await jobsOf(cluster.server)).length, 1);
      client.kill(signal);
      assertEquals((await client.outcome()).code, status);
      for (const pid of slots) await until(`the end of slot ${pid}`, () => isGone(pid));
      await until("no job", async () => (await jobsOf(cluster.server)).length === 0);
      const states = (await cluster.server.status()).workers.map(({ state }) => state);
      assertEquals(states, ["up", "up"], "no worker is blamed");
    });
  }
});
