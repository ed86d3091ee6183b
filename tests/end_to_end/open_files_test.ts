import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Listening, startServer, startWorker } from "../support/cluster.ts";
import type { LineClient } from "../support/line_client.ts";

/** Enough for a runtime and some connections, and far from enough for what comes. */
const SHELL_LINE = 'ulimit -n 64 && exec "$0" "$@"';
const CONNECTIONS = 150;

Deno.test({
  name: "a role outlives having no file left for another connection",
  ignore: Deno.build.os !== "linux",
  fn: async (t) => {
    await using worker = await startWorker({ shellLine: SHELL_LINE });
    await using server = await startServer({ workers: [worker], shellLine: SHELL_LINE });
    await server.untilStates("up");
    await t.step("worker", () => outlives(worker, "worker"));
    await t.step("calc_server", () => outlives(server, "calc-server"));
    // Its worker was there all the time.
    assertMatch(await server.ask('{"op":"add","a":1,"b":2}'), /^\{"ok":true,"result":3\.0/);
  },
});

async function outlives(role: Listening, name: string): Promise<void> {
  // The system takes them all; the role can accept but a few.
  const connections: LineClient[] = [];
  for (let k = 0; k < CONNECTIONS; k++) connections.push(await role.connect());
  await role.process.stderr.line(
    new RegExp(`^\\[${name}\\] warning: cannot accept a connection: `),
  );
  assertEquals(await connections[0]!.ask('{"op":"ping"}'), '{"ok":true}');
  for (const connection of connections.splice(0, CONNECTIONS - 1)) connection.close();
  // The last had to wait, and is served now; so is everybody who comes.
  const [last] = connections;
  assert(last !== undefined);
  assertEquals(await last.ask('{"op":"ping"}'), '{"ok":true}');
  last.close();
  for (let k = 0; k < 20; k++) assertEquals(await role.ask('{"op":"ping"}'), '{"ok":true}');
}
