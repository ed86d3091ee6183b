import { assertEquals, assertMatch } from "@std/assert";
import { startServer, startWorker } from "../support/cluster.ts";
import { freePort } from "../support/ports.ts";

const NONE = '{"ok":false,"error":"ningún worker disponible"}';
const WHOLE = '{"ok":true,"result":285,"parts":[{"a":1,"b":3,"result":14},' +
  '{"a":4,"b":6,"result":77},{"a":7,"b":9,"result":194}]}';

Deno.test("workers die one after the other, to the last, and come back", async () => {
  const ports = [freePort(), freePort(), freePort()];
  const workers = await Promise.all(ports.map((port) => startWorker({ port })));
  await using stack = new AsyncDisposableStack();
  for (const worker of workers) stack.use(worker);
  await using server = await startServer({ workers });
  await server.untilStates("up", "up", "up");
  using connection = await server.connect();
  const sum = () => connection.ask('{"op":"sum_squares","n":9}');
  const add = () => connection.ask('{"op":"add","a":10,"b":5}');

  assertEquals(await sum(), WHOLE);
  // No waiting until the server has noticed: the very next request must go well.
  await workers[1]!.kill();
  assertEquals(await sum(), WHOLE);
  await workers[0]!.kill();
  assertEquals(await sum(), WHOLE);
  assertMatch(await add(), /^\{"ok":true,"result":15\.0/);
  await workers[2]!.kill();
  assertEquals(await sum(), NONE);
  assertEquals(await add(), NONE);
  const named = JSON.parse(await connection.ask('{"id":1,"op":"add","a":1,"b":2}'));
  assertEquals([named.id, named.error, named.code], [
    1,
    "ningún worker disponible",
    "no_worker_available",
  ]);
  await server.untilStates("down", "down", "down");

  // Back on its port, used again by the same server, and by a connection of before.
  stack.use(await startWorker({ port: ports[1]! }));
  await server.untilStates("down", "up", "down");
  assertEquals(await sum(), WHOLE);
  stack.use(await startWorker({ port: ports[0]! }));
  stack.use(await startWorker({ port: ports[2]! }));
  const before = await server.untilStates("up", "up", "up");
  assertEquals(await sum(), WHOLE);
  const after = (await server.status()).workers;
  const gained = after.map(({ completed }, place) => completed - before[place]!.completed);
  assertEquals(gained, [1, 1, 1]);
});

Deno.test("a worker that is stopped in good order costs nothing either", async () => {
  await using one = await startWorker();
  await using two = await startWorker();
  await using server = await startServer({ workers: [one, two] });
  await server.untilStates("up", "up");
  using connection = await server.connect();
  const requests = '{"op":"add","a":10,"b":5}\n'.repeat(2000);
  await connection.send(requests);
  one.process.kill(Deno.build.os === "windows" ? "SIGKILL" : "SIGTERM");
  await connection.send(requests);
  const reply = '{"ok":true,"result":15.0,"a":10.0,"b":5.0,"op":"add"}';
  for (const line of await connection.lines(4000)) if (line !== reply) assertEquals(line, reply);
  await server.untilStates("down", "up");
});
