import { assert, assertEquals } from "@std/assert";
import { FIRST_CONNECT_WAIT_MS } from "../../src/limits.ts";
import { startServer, startWorker } from "../support/cluster.ts";
import { freePort } from "../support/ports.ts";
import { until } from "../support/waiting.ts";

const NO_WORKER = '{"ok":false,"error":"ningún worker disponible"}';

Deno.test("a server starts with its workers down and uses each once it comes up", async () => {
  const ports = [freePort(), freePort(), freePort()];
  const names = ports.map((port) => `127.0.0.1:${port}`);
  await using server = await startServer({ workers: names });
  await server.untilStates("down", "down", "down");
  const sum = '{"op":"sum_squares","n":9}';
  assertEquals(await server.ask(sum), NO_WORKER);

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
  let served = 0;
  await until("the replies", async () => {
    await using server = await startServer({ workers: [worker] });
    const reply = await server.ask('{"op":"add","a":1,"b":2}');
    if (/^\{"ok":true,"result":3\.0/.test(reply)) return ++served === 5;
    assertEquals(reply, NO_WORKER);
    // On a busy machine the worker may greet too late: by the server's own clock, which is told of in milliseconds.
    await server.untilStates("up");
    const { uptime_ms, workers } = await server.status();
    const upAtMs = uptime_ms - workers[0]!.for_ms;
    assert(upAtMs > FIRST_CONNECT_WAIT_MS - 5, `refused, and the worker was up at ${upAtMs} ms`);
  });
});
