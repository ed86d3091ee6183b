import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  type Server,
  startJoinedWorker,
  startServer,
  startWorker,
  type WorkerStatus,
} from "../support/cluster.ts";
import { FakeWorker } from "../support/fake_worker.ts";
import type { LineClient } from "../support/line_client.ts";
import { freePort } from "../support/ports.ts";
import { runRole, startRole } from "../support/roles.ts";
import { fullWorker } from "../support/scripts.ts";
import { until } from "../support/waiting.ts";

const ADD = '{"op":"add","a":1,"b":2}';
const ADDED = '{"ok":true,"result":3.0,"a":1.0,"b":2.0,"op":"add"}';
const SUM = '{"op":"sum_squares","n":9}';
const THREE_PARTS = '{"ok":true,"result":285,"parts":[{"a":1,"b":3,"result":14},' +
  '{"a":4,"b":6,"result":77},{"a":7,"b":9,"result":194}]}';
const TWO_PARTS =
  '{"ok":true,"result":285,"parts":[{"a":1,"b":5,"result":55},{"a":6,"b":9,"result":230}]}';
const NONE = '{"ok":false,"error":"ningún worker disponible"}';
const NOT_ALLOWED = "el servidor no lo permite desde la red sin --insecure";

const names = (workers: readonly WorkerStatus[]) => workers.map(({ name }) => name);

/** The workers that did the ranges of a sum, in order. */
async function whoDidWhat(server: Server): Promise<string[]> {
  const reply = JSON.parse(await server.ask('{"op":"sum_squares","n":9,"explain":true}'));
  return reply.explain.work.map(({ attempts }: { attempts: { worker: string }[] }) =>
    attempts.at(-1)!.worker
  );
}

function joinLine(members: object): string {
  return JSON.stringify({ op: "join", protocol: 1, name: "raw", instance: "one", ...members });
}

/** Joins as a program in any language might, over a bare connection. */
async function joinRaw(server: Server, members: object): Promise<[LineClient, string]> {
  const connection = await server.connect();
  return [connection, JSON.parse(await connection.ask(joinLine(members))).name];
}

Deno.test("workers that join are enough for a cluster", async (t) => {
  await using server = await startServer();
  assertMatch(server.process.stdout.text, /^Workers: \[\]$/m);

  await t.step("without any there is nobody to ask", async () => {
    assertEquals(await server.ask(ADD), NONE);
    assertEquals(await server.ask(SUM), NONE);
    const empty = '{"ok":true,"result":0,"parts":[]}';
    assertEquals(await server.ask('{"op":"sum_squares","n":0}'), empty);
  });
  await t.step("one says where it joins, and listens nowhere", async () => {
    await using worker = await startJoinedWorker([server], ["--name", "window-seat"]);
    const [only] = await server.untilStates("up");
    assertEquals([only!.name, only!.joined, only!.protocol], ["window-seat", true, "full"]);
    assertEquals(await server.ask(ADD), ADDED);
    assertEquals(worker.stdout.text, `[worker] joining ${server.name}\n`);
    assertEquals(worker.stderr.text, `[worker] joined ${server.name} as window-seat\n`);
  });
  await t.step("one without a name is known by its machine's", async () => {
    await using _worker = await startJoinedWorker([server]);
    // The one before was lost, and keeps its place for a minute.
    const [, latter] = await server.untilStates("down", "up");
    assertEquals(latter!.name, Deno.hostname());
    assertEquals(await server.ask(SUM), TWO_PARTS);
    assertEquals(await whoDidWhat(server), [Deno.hostname(), Deno.hostname()]);
  });
});

Deno.test("workers that join come after the configured ones, in the order in which they do", async () => {
  await using configured = await startWorker();
  await using server = await startServer({ workers: [configured] });
  await server.untilStates("up");
  await using _one = await startJoinedWorker([server], ["--name", "lab"]);
  await using _other = await startJoinedWorker([server], ["--name", "lab"]);
  const workers = await server.untilStates("up", "up", "up");
  assertEquals(names(workers), [configured.name, "lab", "lab#2"]);
  assertEquals(workers.map(({ joined }) => joined), [false, true, true]);
  assertEquals(await server.ask(SUM), THREE_PARTS);
  assertEquals(await whoDidWhat(server), names(workers));
  for (let k = 0; k < 6; k++) assertEquals(await server.ask(ADD), ADDED);
  const completed = (await server.status()).workers.map(({ completed }) => completed);
  assertEquals(completed, [4, 4, 4]);
  const { stdout } = await server.client(["status"]);
  assertMatch(stdout, /"name": "lab#2", .*"joined": true/);
});

Deno.test("a worker may join and listen at once", async () => {
  await using server = await startServer();
  const port = freePort();
  await using worker = await startJoinedWorker([server], ["--port", String(port)]);
  await worker.stdout.line(/^\[worker\] joining /);
  assertMatch(worker.stdout.text, /^\[worker\] listening on 127\.0\.0\.1:\d+\n\[worker\] joining /);
  await using another = await startServer({ workers: [`127.0.0.1:${port}`] });
  assertEquals(await server.ask(ADD), ADDED);
  assertEquals(await another.ask(ADD), ADDED);
});

Deno.test("a worker that joins waits for its server, and dials again when that was started anew", async () => {
  const port = freePort();
  await using worker = startRole("worker", ["--join", `127.0.0.1:${port}`, "--name", "patient"]);
  await worker.stderr.line(
    /^\[worker\] warning: cannot join 127\.0\.0\.1:\d+ yet: connection refused$/,
  );
  for (let round = 0; round < 2; round++) {
    await using server = await startServer({ port });
    const [back] = await server.untilStates("up");
    assertEquals(back!.name, "patient");
    assertEquals(await server.ask(ADD), ADDED);
    await server.kill();
    const lost = new RegExp(`^\\[worker\\] warning: lost 127\\.0\\.0\\.1:${port}: `, "gm");
    await until("the loss", () => worker.stderr.text.match(lost)?.length === round + 1);
  }
});

Deno.test("a worker that joins two servers works for both", async () => {
  await using first = await startServer();
  await using second = await startServer();
  await using worker = await startJoinedWorker([first, second], ["--name", "both"]);
  for (const server of [first, second]) {
    const workers = await server.untilStates("up");
    assertEquals(names(workers), ["both"]);
    assertEquals(await server.ask(ADD), ADDED);
  }
  // The loss of one is no matter to the other.
  await first.kill();
  await worker.stderr.line(/lost/);
  assertEquals(await second.ask(ADD), ADDED);
  await second.untilStates("up");
});

Deno.test("who can be reached from beyond loopback takes joins and drains only with --insecure", async (t) => {
  await using listed = await startWorker();
  const open = { args: ["--host", "0.0.0.0"], workers: [listed] };
  const drain = `{"id":1,"op":"drain","worker":"${listed.name}"}`;

  await t.step("without it they are refused", async () => {
    await using server = await startServer(open);
    await server.untilStates("up");
    const near = { name: `127.0.0.1:${server.address.port}` };
    await using worker = startRole("worker", ["--join", near.name]);
    await worker.stderr.line(
      new RegExp(
        `^\\[worker\\] error: ${near.name} refused to be joined: ${RegExp.escape(NOT_ALLOWED)}$`,
      ),
    );
    const refusal = `"ok":false,"error":"${NOT_ALLOWED}"`;
    assertEquals(await server.ask(joinLine({})), `{${refusal}}`);
    assertEquals(await server.ask(drain), `{"id":1,${refusal},"code":"not_allowed"}`);
    const drained = await server.client(["drain", listed.name]);
    assertEquals([drained.code, drained.stderr], [1, ""]);
    assertEquals(names(await server.untilStates("up")), [listed.name]);
    const said = server.process.stderr.text;
    assert(said.includes("joins, drains and code are refused"), said);
    assert(!said.includes("anybody"), said);
  });
  await t.step("with it they are taken, and that is said once", async () => {
    await using server = await startServer({ ...open, args: [...open.args, "--insecure"] });
    await server.untilStates("up");
    const near = { name: `127.0.0.1:${server.address.port}` };
    await using _one = await startJoinedWorker([near], ["--name", "one"]);
    await using _other = await startJoinedWorker([near], ["--name", "other"]);
    await server.untilStates("up", "up", "up");
    assertMatch(await server.ask(drain), /^\{"id":1,"ok":true,"op":"drain",/);
    assertEquals(await server.ask(SUM), THREE_PARTS);
    const said = server.process.stderr.text.split("\n").filter((line) => line.includes("anybody"));
    assertEquals(said.length, 1);
    assertMatch(
      said[0]!,
      /^\[calc-server\] warning: --insecure: anybody who reaches this port may join/,
    );
  });
  await t.step("--insecure on loopback changes nothing, and says nothing", async () => {
    await using server = await startServer({ args: ["--insecure"] });
    await using _worker = await startJoinedWorker([server]);
    const said = server.process.stderr.text;
    assert(!said.includes("joins and drains"), said);
    assert(!said.includes("anybody"), said);
  });
});

Deno.test("another version of the protocol is refused with both versions", async () => {
  await using server = await startServer();
  const error = "las versiones del protocolo no coinciden: 99 ≠ 1";
  using connection = await server.connect();
  const join = joinLine({ protocol: 99, id: 1 });
  const refusal = `{"id":1,"ok":false,"error":"${error}","code":"protocol_mismatch"}`;
  assertEquals(await connection.ask(join), refusal);
  assertEquals(
    await connection.ask('{"op":"hello","protocol":99}'),
    `{"ok":false,"error":"${error}"}`,
  );
  // The connection goes on, and may still do better.
  assertMatch(await connection.ask(joinLine({})), /^\{"ok":true,"op":"join","protocol":1,/);
  assertEquals(names(await server.untilStates("up")), ["raw"]);
});

Deno.test("a join that is none is refused, and so is one to a worker", async () => {
  await using server = await startServer();
  await using worker = await startWorker();
  for (const members of [{ name: "" }, { name: 7 }, { instance: "" }, { protocol: "1" }]) {
    assertMatch(await server.ask(joinLine(members)), /^\{"ok":false,/);
  }
  assertEquals((await server.status()).workers, []);
  const { stderr } = worker.process;
  assertMatch(await worker.ask(joinLine({})), /^\{"ok":false,"error":"esto es un worker: /);
  assertEquals(stderr.text, "");
  const { code } = await runRole("worker", ["--join", "nonsense"]);
  assertEquals(code, 2);
});

Deno.test("the same instance that dials again takes its own place, another one of that name a new place", async () => {
  await using server = await startServer({ args: ["--worker-timeout", "1m"] });
  const [first, name] = await joinRaw(server, { cores: 4, platform: "nowhere" });
  using _first = first;
  assertEquals(name, "raw");
  // Work that the old connection has in hand is done over the new one.
  using client = await server.connect();
  await client.send(ADD + "\n");
  const { op, hops } = JSON.parse(await first.line());
  assertEquals([op, hops], ["add", 1]);
  const [again, sameName] = await joinRaw(server, {});
  using _again = again;
  assertEquals(sameName, "raw");
  assertEquals(await first.rest(), []);
  const repeated = JSON.parse(await again.line());
  assertEquals([repeated.op, repeated.a, repeated.b], ["add", 1, 2]);
  await again.send(`{"id":${repeated.id},"ok":true,"result":3.0}\n`);
  assertEquals(await client.line(), ADDED);

  const [other, otherName] = await joinRaw(server, { instance: "two" });
  using _other = other;
  assertEquals(otherName, "raw#2");
  const [third, thirdName] = await joinRaw(server, { instance: "three" });
  using _third = third;
  assertEquals(thirdName, "raw#3");
  const workers = await server.untilStates("up", "up", "up");
  assertEquals(names(workers), ["raw", "raw#2", "raw#3"]);
  assertEquals(workers[0]!.completed, 1);
});

Deno.test("a join that comes while replies are due is refused, and nothing is lost", async () => {
  await using worker = new FakeWorker(fullWorker(() => {}));
  await using server = await startServer({ workers: [worker] });
  await server.untilStates("up");
  using connection = await server.connect();
  const add = '{"op":"add","a":1,"b":2,"timeout_ms":50}';
  const join = '{"op":"join","protocol":1,"name":"a","instance":"b"}';
  await connection.send(`${add}\n${join}\n{"op":"ping"}\n`);
  assertEquals(await connection.lines(3), [
    '{"ok":false,"error":"se agotó el tiempo de la solicitud"}',
    '{"ok":false,"error":"join debe ser la única solicitud pendiente de su conexión"}',
    '{"ok":true}',
  ]);
  assertEquals((await server.status()).workers.length, 1);
  const { code, stdout } = await server.client(["--batch"], { stdin: join });
  assertEquals([code, stdout.startsWith('{"ok":false')], [1, true]);
});
