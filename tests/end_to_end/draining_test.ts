import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Server, startJoinedWorker, startServer, startWorkers } from "../support/cluster.ts";

const ADD = '{"op":"add","a":1,"b":2}';
const ADDED = '{"ok":true,"result":3.0,"a":1.0,"b":2.0,"op":"add"}';
const SUM = '{"op":"sum_squares","n":4}';
const TWO_PARTS =
  '{"ok":true,"result":30,"parts":[{"a":1,"b":2,"result":5},{"a":3,"b":4,"result":25}]}';
const NONE = '{"ok":false,"error":"ningún worker disponible"}';

/** How much each worker does of some work that all of them could do. */
async function gained(server: Server): Promise<number[]> {
  const before = (await server.status()).workers;
  for (let k = 0; k < 4; k++) assertEquals(await server.ask(ADD), ADDED);
  assertEquals(await server.ask(SUM), TWO_PARTS);
  const after = (await server.status()).workers;
  return after.map(({ completed }, place) => completed - before[place]!.completed);
}

Deno.test("client drain and undrain", async (t) => {
  await using workers = await startWorkers(1);
  await using server = await startServer({ workers });
  await using _joined = await startJoinedWorker([server], ["--name", "window seat"]);
  await server.untilStates("up", "up");
  const configured = workers[0]!.name;

  await t.step("a drained worker gets nothing new, and its ranges are done by others", async () => {
    assertEquals(await gained(server), [3, 3]);
    assertEquals(await server.client(["drain", configured]), {
      code: 0,
      stdout: `{"ok": true, "op": "drain", "worker": "${configured}", "state": "draining"}\n`,
      stderr: "",
    });
    const [drained] = await server.untilStates("draining", "up");
    assertEquals(drained!.reason, "drained by request");
    assertEquals(await gained(server), [0, 6]);
    // Twice is as good as once.
    assertEquals((await server.client(["drain", configured])).code, 0);
    await server.untilStates("draining", "up");
  });
  await t.step("joined workers are drained by the name that status shows", async () => {
    assertEquals((await server.client(["drain", "window seat"])).code, 0);
    await server.untilStates("draining", "draining");
    assertEquals(await server.ask(ADD), NONE);
    const reply = JSON.parse(await server.ask('{"id":1,"op":"add","a":1,"b":2}'));
    assertEquals([reply.ok, reply.code], [false, "no_worker_available"]);
  });
  await t.step("undrain undoes it", async () => {
    assertEquals(await server.client(["undrain", "window seat"]), {
      code: 0,
      stdout: '{"ok": true, "op": "undrain", "worker": "window seat", "state": "up"}\n',
      stderr: "",
    });
    assertEquals(await gained(server), [0, 6]);
    assertEquals((await server.client(["undrain", configured])).code, 0);
    await server.untilStates("up", "up");
    assertEquals(await gained(server), [3, 3]);
    assertEquals((await server.client(["undrain", configured])).code, 0);
  });
  await t.step("a worker that nobody knows is an error", async () => {
    for (const name of ["drain", "undrain"]) {
      assertEquals(await server.client([name, "nobody"]), {
        code: 1,
        stdout: '{"ok": false, "error": "no hay ningún worker con ese nombre: \\"nobody\\""}\n',
        stderr: "",
      });
    }
    assertEquals((await server.client(["drain"])).code, 2);
    await server.untilStates("up", "up");
  });
  await t.step("as lines of the protocol", async () => {
    using connection = await server.connect();
    assertEquals(
      await connection.ask(`{"id":"d","op":"drain","worker":"${configured}"}`),
      `{"id":"d","ok":true,"op":"drain","worker":"${configured}","state":"draining"}`,
    );
    assertEquals(
      await connection.ask('{"id":7,"op":"undrain","worker":"nobody"}'),
      '{"id":7,"ok":false,"error":"no hay ningún worker con ese nombre: \\"nobody\\"",' +
        '"code":"unknown_worker"}',
    );
    for (const worker of ['""', "7", "null", `"${"x".repeat(201)}"`]) {
      const reply = await connection.ask(`{"op":"drain","worker":${worker}}`);
      assertMatch(reply, /^\{"ok":false,"error":/);
    }
    assertMatch(await connection.ask('{"op":"drain"}'), /^\{"ok":false,"error":/);
    assertEquals(
      await connection.ask(`{"op":"undrain","worker":"${configured}"}`),
      `{"ok":true,"op":"undrain","worker":"${configured}","state":"up"}`,
    );
    assertEquals(await connection.ask(ADD), ADDED);
    const refusal = await workers[0]!.ask(`{"op":"drain","worker":"${configured}"}`);
    assertMatch(refusal, /^\{"ok":false,"error":"esto es un worker: /);
  });
});

Deno.test("a worker that was drained while it was away comes back drained", async () => {
  await using server = await startServer();
  const start = () => startJoinedWorker([server], ["--name", "lab"]);
  await using first = await start();
  await server.untilStates("up");
  first.kill("SIGKILL");
  await first.status;
  await server.untilStates("down");
  const { code, stdout } = await server.client(["drain", "lab"]);
  assertEquals(code, 0);
  assertMatch(stdout, /"state": "down"/);
  await using _second = await start();
  await server.untilStates("draining");
  assertEquals(await server.ask(ADD), NONE);
  assertEquals((await server.client(["undrain", "lab"])).code, 0);
  await server.untilStates("up");
  assertEquals(await server.ask(ADD), ADDED);
});

Deno.test("a drained worker finishes what it has", async () => {
  await using server = await startServer({ args: ["--worker-timeout", "1m"] });
  using worker = await server.connect();
  await worker.ask('{"op":"join","protocol":1,"name":"raw","instance":"one"}');
  using client = await server.connect();
  await client.send(ADD + "\n");
  const { id } = JSON.parse(await worker.line());
  assertMatch(await server.ask('{"op":"drain","worker":"raw"}'), /"state":"draining"\}$/);
  const [drained] = await server.untilStates("draining");
  assertEquals(drained!.in_flight, 1);
  await worker.send(`{"id":${id},"ok":true,"result":3.0}\n`);
  assertEquals(await client.line(), ADDED);
  // It stays connected, and is asked whether it lives.
  const ping = JSON.parse(await worker.line());
  assert(ping.op === "ping", JSON.stringify(ping));
});
