/**
 * Purpose: a job that its user has left is over on every machine, whatever its function is doing.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { isGone } from "../support/children.ts";
import { type Listening, type Server, startServer, startWorker } from "../support/cluster.ts";
import { TemporaryFolder } from "../support/paths.ts";
import type { Process } from "../support/process.ts";
import { busySlot, jobsOf } from "../support/map_room.ts";
import { startRole } from "../support/roles.ts";
import { until } from "../support/waiting.ts";

// The processes of a worker are found on Linux only.
const ignore = Deno.build.os !== "linux";

const ENDS: readonly (readonly [what: string, signal: Deno.Signal, status: number])[] = [
  ["Ctrl-C", "SIGINT", 130],
  ["the end of its client's connection", "SIGKILL", 137],
];

Deno.test("client map", { ignore }, async (t) => {
  await using stack = new AsyncDisposableStack();
  const args = ["--allow-code", "--slots", "1"];
  const workers = await Promise.all([1, 2].map(() => startWorker({ args })));
  for (const worker of workers) stack.use(worker);
  const [near, far] = workers as [Listening, Listening];
  const below = stack.use(await startServer({ workers: [far] }));
  const server = stack.use(await startServer({ workers: [near, below] }));
  await server.untilStates("up", "up");
  const folder = stack.use(new TemporaryFolder());
  await folder.write("f.js", "export function map() { console.log('begun'); for (;;); }");

  /** Waits until each machine is busy, and gives the processes that are. */
  const busySlots = async (client: Process): Promise<number[]> => {
    for (const { name } of workers) {
      await client.stderr.line(new RegExp(`^\\[${RegExp.escape(name)} · \\d+\\] begun$`));
    }
    return await Promise.all(workers.map(({ process }) => busySlot(process)));
  };
  const start = () => {
    const words = ["map", "f.js", "--range", "1..1000", "--port", String(server.address.port)];
    return startRole("client", words, { cwd: folder.path });
  };

  for (const [what, signal, status] of ENDS) {
    await t.step(`ends everywhere with ${what}, and its slots are gone`, async () => {
      await using client = start();
      const slots = await busySlots(client);
      for (const one of [server, below]) assertEquals((await jobsOf(one)).length, 1);
      client.kill(signal);
      assertEquals((await client.outcome()).code, status);
      await untilOver(slots, [server, below]);
      const states = (await server.status()).workers.map(({ state }) => state);
      assertEquals(states, ["up", "up"], "no worker is blamed");
    });
  }

  await t.step("ends below a server that is killed, and its slots are gone", async () => {
    await using client = start();
    const slots = await busySlots(client);
    client.kill("SIGSTOP");
    await server.kill();
    await untilOver(slots, [below]);
    client.kill("SIGKILL");
  });
});

/** Waits until all is over. That it is so within a second is seen to where there is a clock: in the simulation. */
async function untilOver(slots: readonly number[], servers: readonly Server[]): Promise<void> {
  await until("the end", async () => {
    const gone = await Promise.all(slots.map(isGone));
    const jobs = await Promise.all(servers.map(jobsOf));
    return gone.every((one) => one) && jobs.every(({ length }) => length === 0);
  });
}
