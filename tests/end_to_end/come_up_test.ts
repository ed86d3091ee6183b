import { assertEquals, assertMatch } from "@std/assert";
import { startServer, startWorker } from "../support/cluster.ts";
import { freePort } from "../support/ports.ts";

Deno.test("a server starts with its workers down and uses each once it comes up", async () => {
  const ports = [freePort(), freePort(), freePort()];
  const names = ports.map((port) => `127.0.0.1:${port}`);
  await using server = await startServer({ workers: names });
  await server.untilStates("down", "down", "down");
  const sum = '{"op":"sum_squares","n":9}';
  assertEquals(await server.ask(sum), '{"ok":false,"error":"ningún worker disponible"}');

  const whole = '{"ok":true,"result":285,"parts":[{"a":1,"b":3,"result":14},' +
    '{"a":4,"b":6,"result":77},{"a":7,"b":9,"result":194}]}';
  // One worker does the ranges of all three, whichever it is.
  await using _second = await startWorker({ port: ports[1]! });
  await server.untilStates("down", "up", "down");
  assertEquals(await server.ask(sum), whole);
  await using _third = await startWorker({ port: ports[2]! });
  await server.untilStates("down", "up", "up");
  assertEquals(await server.ask(sum), whole);
  await using _first = await startWorker({ port: ports[0]! });
  const workers = await server.untilStates("up", "up", "up");
  assertEquals(await server.ask(sum), whole);
  const before = workers.map(({ completed }) => completed);
  const after = (await server.status()).workers.map(({ completed }) => completed);
  assertEquals(after.map((count, place) => count - before[place]!), [1, 1, 1]);
});

Deno.test("a request that comes with the server's first line waits for the first connects", async () => {
  await using worker = await startWorker();
  // Several times, since it is a race that must end well each time.
  for (let round = 0; round < 5; round++) {
    await using server = await startServer({ workers: [worker] });
    assertMatch(await server.ask('{"op":"add","a":1,"b":2}'), /^\{"ok":true,"result":3\.0/);
  }
});
