import { assert, assertEquals } from "@std/assert";
import { startServer, startWorkers } from "../support/cluster.ts";
import type { LineClient } from "../support/line_client.ts";
import { FakeWorker } from "../support/fake_worker.ts";
import { plainWorker, rightReply } from "../support/scripts.ts";
import { until } from "../support/waiting.ts";

const SUM = '{"op":"sum_squares","n":9}';
const EXPLAINED_SUM = '{"op":"sum_squares","n":9,"explain":true}';
const WHOLE = '{"ok":true,"result":285,"parts":[{"a":1,"b":3,"result":14},' +
  '{"a":4,"b":6,"result":77},{"a":7,"b":9,"result":194}]}';

/** One range of an explained sum. */
interface Work {
  readonly attempts: readonly { readonly worker: string }[];
}

Deno.test({
  name: "a worker that hangs gets nothing until it answers again",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await using workers = await startWorkers(3);
    await using server = await startServer({ workers, args: ["--worker-timeout", "200ms"] });
    await server.untilStates("up", "up", "up");
    const hung = workers[1]!;
    hung.process.kill("SIGSTOP");
    using connection = await server.connect();
    const stateOfHung = async () => (await server.status()).workers[1]!.state;
    // What it has in hand is done by others, until the server has seen enough of that.
    await until("the server to suspect it", async () => {
      assertEquals(await connection.ask(SUM), WHOLE);
      return await stateOfHung() !== "up";
    });
    const [one, , three] = (await server.status()).workers;
    assertEquals([one!.state, three!.state], ["up", "up"], "nobody else is blamed");

    for (let k = 0; k < 50; k++) {
      const reply = JSON.parse(await connection.ask(EXPLAINED_SUM));
      assertEquals(reply.result, 285);
      const asked = reply.explain.work.flatMap(({ attempts }: Work) => attempts);
      const names = asked.map(({ worker }: { worker: string }) => worker);
      assert(!names.includes(hung.name), "it gets nothing");
    }

    hung.process.kill("SIGCONT");
    await until("the server to trust it again", async () => {
      assertEquals(await connection.ask(SUM), WHOLE);
      return await stateOfHung() === "up";
    });
    const [, before] = (await server.status()).workers;
    for (let k = 0; k < 10; k++) assertEquals(await connection.ask(SUM), WHOLE);
    const [, after] = (await server.status()).workers;
    assert(after!.completed > before!.completed, "it gets work again");
  },
});

Deno.test({
  name: "when all workers hang the error comes after one time-out each, and goes when they do not",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await using workers = await startWorkers(2);
    await using server = await startServer({ workers, args: ["--worker-timeout", "200ms"] });
    await server.untilStates("up", "up");
    for (const worker of workers) worker.process.kill("SIGSTOP");
    const none = '{"ok":false,"error":"ningún worker disponible"}';
    assertEquals(await server.ask('{"op":"add","a":1,"b":2}'), none);
    for (const worker of workers) worker.process.kill("SIGCONT");
    await server.untilStates("up", "up");
    const three = '{"ok":true,"result":3.0,"a":1.0,"b":2.0,"op":"add"}';
    assertEquals(await server.ask('{"op":"add","a":1,"b":2}'), three);
  },
});

Deno.test("a plain worker that hangs gets nothing but a trial now and then, until it answers", async () => {
  let hangs = true;
  await using worker = new FakeWorker(plainWorker(async (peer, line) => {
    if (!hangs) await peer.send(rightReply(line) + "\n");
  }));
  await using workers = await startWorkers(1);
  await using server = await startServer({
    workers: [worker, ...workers],
    args: ["--worker-timeout", "200ms"],
  });
  await server.untilStates("up", "up");
  using connection = await server.connect();
  const stateOfPlain = async () => (await server.status()).workers[0]!.state;
  await until("the server to suspect it", async () => {
    await answersAll(connection);
    return await stateOfPlain() === "suspect";
  });
  const asked = worker.work.length;
  await answersAll(connection);
  assertEquals(worker.work.length, asked, "nothing before its trial");

  // The trial, due after a second, is one request, however many there are.
  await until("the first trial", async () => await stateOfPlain() === "probation", 5000);
  await answersAll(connection);
  assertEquals(worker.work.length, asked + 1, "one request as a trial");
  await until("its failure", async () => await stateOfPlain() === "suspect");

  hangs = false;
  await until("the server to trust it again", async () => {
    await answersAll(connection);
    return await stateOfPlain() === "up";
  });
  const [plain] = (await server.status()).workers;
  assert(plain!.completed > 0);
});

/** Twenty at once; each is answered right, whoever hangs. */
async function answersAll(connection: LineClient): Promise<void> {
  await connection.send('{"op":"add","a":1,"b":2}\n'.repeat(20));
  const three = '{"ok":true,"result":3.0,"a":1.0,"b":2.0,"op":"add"}';
  for (const line of await connection.lines(20)) assertEquals(line, three);
}
