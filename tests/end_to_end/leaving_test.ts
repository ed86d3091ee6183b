import { assertEquals, assertMatch } from "@std/assert";
import { busyServer } from "../support/busy_server.ts";
import { startJoinedWorker, startServer, startWorker, startWorkers } from "../support/cluster.ts";
import { freePort } from "../support/ports.ts";
import { rightReply } from "../support/scripts.ts";
import { within } from "../support/waiting.ts";

// Windows ends a process by a signal at once: it cannot say goodbye.
const ignore = Deno.build.os === "windows";

const ADD = '{"op":"add","a":1,"b":2}';
const ADDED = '{"ok":true,"result":3.0,"a":1.0,"b":2.0,"op":"add"}';
const SUM = '{"op":"sum_squares","n":4}';
const TWO_PARTS =
  '{"ok":true,"result":30,"parts":[{"a":1,"b":2,"result":5},{"a":3,"b":4,"result":25}]}';
const ONE_PART = '{"ok":true,"result":30,"parts":[{"a":1,"b":4,"result":30}]}';
const GOODBYE = '{"op":"goodbye"}';
const HELLO = '{"op":"hello","protocol":1}';

Deno.test({
  name:
    "a configured worker that is stopped says goodbye, keeps its place, and is used when it is back",
  ignore,
  fn: async () => {
    const port = freePort();
    await using leaving = await startWorker({ port });
    await using staying = await startWorker();
    await using server = await startServer({ workers: [leaving, staying] });
    await server.untilStates("up", "up");
    leaving.process.kill("SIGTERM");
    assertEquals((await leaving.process.outcome()).code, 0);
    await server.process.stderr.line(/worker 127\.0\.0\.1:\d+ is draining: said goodbye$/);
    await server.untilStates("down", "up");
    assertEquals(await server.ask(SUM), TWO_PARTS);
    assertEquals(await server.ask(ADD), ADDED);
    await using _back = await startWorker({ port });
    const workers = await server.untilStates("up", "up");
    assertEquals(workers.map(({ failed }) => failed), [0, 0]);
  },
});

Deno.test({
  name:
    "a joined worker that is stopped loses its place at once, and gets it at the end if it comes back",
  ignore,
  fn: async () => {
    await using server = await startServer();
    await using leaving = await startJoinedWorker([server], ["--name", "leaving"]);
    await using _staying = await startJoinedWorker([server], ["--name", "staying"]);
    await server.untilStates("up", "up");
    assertEquals(await server.ask(SUM), TWO_PARTS);
    leaving.kill("SIGTERM");
    assertEquals((await leaving.outcome()).code, 0);
    await server.untilStates("up");
    assertEquals(await server.ask(SUM), ONE_PART);
    await using _back = await startJoinedWorker([server], ["--name", "leaving"]);
    const workers = await server.untilStates("up", "up");
    assertEquals(workers.map(({ name }) => name), ["staying", "leaving"]);
    assertEquals(await server.ask(SUM), TWO_PARTS);
  },
});

Deno.test({
  name: "a joined worker that has left has no part in the very next sum",
  ignore,
  fn: async () => {
    await using server = await startServer();
    await using leaving = await startJoinedWorker([server]);
    await using _staying = await startJoinedWorker([server]);
    await server.untilStates("up", "up");
    leaving.kill("SIGTERM");
    // It ends when the server has heard its goodbye, and not before.
    await leaving.outcome();
    assertEquals(await server.ask(SUM), ONE_PART);
  },
});

Deno.test("a joined worker that is killed keeps its place, and its range is done by others", async () => {
  await using server = await startServer();
  await using killed = await startJoinedWorker([server], ["--name", "killed"]);
  await using _staying = await startJoinedWorker([server], ["--name", "staying"]);
  await server.untilStates("up", "up");
  killed.kill("SIGKILL");
  await killed.status;
  assertEquals(await server.ask(SUM), TWO_PARTS);
  await server.untilStates("down", "up");
  assertEquals(await server.ask(SUM), TWO_PARTS);
  // Another process of that name takes it.
  await using _another = await startJoinedWorker([server], ["--name", "killed"]);
  const workers = await server.untilStates("up", "up");
  assertEquals(workers.map(({ name }) => name), ["killed", "staying"]);
});

Deno.test("a worker that says goodbye finishes what it has, and gets nothing new", async () => {
  await using server = await startServer({ args: ["--worker-timeout", "1m"] });
  using worker = await server.connect();
  await worker.ask('{"op":"join","protocol":1,"name":"raw","instance":"one"}');
  using client = await server.connect();
  await client.send(ADD + "\n");
  const request = await worker.line();
  await worker.send(GOODBYE + "\n");
  const [leaving] = await server.untilStates("draining");
  assertEquals([leaving!.reason, leaving!.in_flight], ["said goodbye", 1]);
  // Nobody else is left for what comes now.
  assertEquals(await server.ask(ADD), '{"ok":false,"error":"ningún worker disponible"}');
  await worker.send(rightReply(request) + "\n");
  assertEquals(await client.line(), ADDED);
  assertEquals(await worker.rest(), [], "the server closes, having sent nothing more");
});

Deno.test({
  name:
    "a server that is stopped says goodbye to those who said hello, and closes the others after their last reply",
  ignore,
  fn: async () => {
    await using busy = await busyServer();
    const { server, connection, release } = busy;
    using greeted = await server.connect();
    assertMatch(await greeted.ask(HELLO), /^\{"ok":true,"op":"hello","protocol":1,/);
    using idle = await server.connect();
    assertEquals(await idle.ask('{"op":"ping"}'), '{"ok":true}');

    server.process.kill("SIGTERM");
    assertEquals(await idle.rest(), [], "nothing is due to it");
    assertEquals(await greeted.line(), GOODBYE);
    // It may still ask: it decides when it has all that it wants.
    assertEquals(await greeted.ask('{"op":"ping"}'), '{"ok":true}');
    release();
    assertEquals(await connection.rest(), [ADDED]);
    assertEquals(await greeted.ask(ADD), ADDED);
    greeted.close();
    // Half of what it would wait for those who stay.
    await within("the end of the server", server.process.status, 5000);
    assertEquals((await server.process.outcome()).code, 0);
  },
});

Deno.test({
  name: "a server that is stopped lets its joined workers go, and they wait for the next",
  ignore,
  fn: async () => {
    const port = freePort();
    await using server = await startServer({ port });
    await using worker = await startJoinedWorker([server], ["--name", "patient"]);
    await server.untilStates("up");
    server.process.kill("SIGTERM");
    assertEquals((await server.process.outcome()).code, 0);
    await using next = await startServer({ port });
    await next.untilStates("up");
    assertEquals(await next.ask(ADD), ADDED);
    worker.kill("SIGTERM");
    assertEquals((await worker.outcome()).code, 0);
  },
});

Deno.test({
  name: "a server that is another's worker is missed by nobody when it is stopped",
  ignore,
  fn: async () => {
    await using workers = await startWorkers(2);
    await using left = await startServer({ workers: [workers[0]!] });
    await using right = await startServer({ workers: [workers[1]!] });
    await using top = await startServer({ workers: [left, right] });
    await left.untilStates("up");
    await right.untilStates("up");
    await top.untilStates("up", "up");
    left.process.kill("SIGTERM");
    assertEquals((await left.process.outcome()).code, 0);
    assertEquals(await top.ask(SUM), TWO_PARTS);
    const [gone] = await top.untilStates("down", "up");
    assertEquals(gone!.failed, 0);
  },
});

Deno.test({
  name: "a worker that waits for a server ends at once when it is stopped",
  ignore,
  fn: async () => {
    const nobody = { name: `127.0.0.1:${freePort()}` };
    await using server = await startServer();
    await using worker = await startJoinedWorker([server]);
    await using waiting = await startWorker({ args: ["--join", nobody.name] });
    await waiting.process.stderr.line(/cannot join/);
    for (const process of [worker, waiting.process]) {
      process.kill("SIGTERM");
      await within("the end of the worker", process.status, 5000);
      assertEquals((await process.outcome()).code, 0);
    }
  },
});
