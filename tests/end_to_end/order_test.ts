import { assert, assertEquals } from "@std/assert";
import { startServer, startWorker } from "../support/cluster.ts";
import { FakeWorker } from "../support/fake_worker.ts";
import { fullWorker, rightReply } from "../support/scripts.ts";

/** A worker that keeps requests whose `a` is above 100 until it is told to answer them. */
function slowWorker(): { worker: FakeWorker; release: () => void } {
  const released = Promise.withResolvers<void>();
  const worker = new FakeWorker(fullWorker(async (peer, line) => {
    const answer = () => peer.send(rightReply(line) + "\n");
    if (JSON.parse(line).a > 100) released.promise.then(answer);
    else await answer();
  }));
  return { worker, release: released.resolve };
}

Deno.test("bare requests are answered in order, those with an id as soon as they are done", async () => {
  const { worker, release } = slowWorker();
  await using _worker = worker;
  await using server = await startServer({ workers: [worker], args: ["--worker-timeout", "1m"] });
  await server.untilStates("up");
  using connection = await server.connect();
  await connection.send(
    '{"op":"add","a":101,"b":0}\n' +
      '{"op":"add","a":1,"b":0}\n' +
      '{"id":"slow","op":"add","a":102,"b":0}\n' +
      '{"id":"quick","op":"add","a":2,"b":0}\n' +
      '{"id":"wrong","op":"pow"}\n' +
      "what is this?\n" +
      '{"id":"pong","op":"ping"}\n' +
      '{"op":"add","a":3,"b":0}\n',
  );
  const early = [await connection.line(), await connection.line(), await connection.line()];
  const idOf = (line: string) => JSON.parse(line).id;
  assertEquals(early.map(idOf).sort(), ["pong", "quick", "wrong"]);

  release();
  const late = await connection.lines(5);
  const bare = late.filter((line) => idOf(line) === undefined).map((line) => JSON.parse(line));
  assertEquals(bare.map(({ a, error }) => a ?? error), [101, 1, "la línea no es JSON válido", 3]);
  const slow = late.filter((line) => idOf(line) === "slow");
  assertEquals(slow, ['{"id":"slow","ok":true,"result":102.0,"a":102.0,"b":0.0,"op":"add"}']);
});

Deno.test("a slow request of one connection holds up no other connection", async () => {
  const { worker, release } = slowWorker();
  await using _worker = worker;
  await using server = await startServer({ workers: [worker], args: ["--worker-timeout", "1m"] });
  await server.untilStates("up");
  using slow = await server.connect();
  await slow.send('{"op":"add","a":101,"b":0}\n');
  for (let a = 0; a < 10; a++) {
    const reply = await server.ask(`{"op":"add","a":${a},"b":0}`);
    assert(reply.startsWith(`{"ok":true,"result":${a}.0`), reply);
  }
  release();
  assert((await slow.line()).startsWith('{"ok":true,"result":101.0'));
});

Deno.test("an id that is used again is answered each time, and an id may be any text", async () => {
  await using worker = await startWorker();
  await using server = await startServer({ workers: [worker] });
  await server.untilStates("up");
  const ids = [
    '"a"',
    '"a"',
    '""',
    "0",
    "-0",
    "-7",
    "9007199254740991",
    '"\\u0000\\n\\""',
    '"1"',
    "1",
  ];
  using connection = await server.connect();
  await connection.send(ids.map((id) => `{"id":${id},"op":"add","a":1,"b":2}\n`).join(""));
  const seen = (await connection.lines(ids.length)).map((line) => {
    const { id, ...rest } = JSON.parse(line);
    assertEquals(rest, { ok: true, result: 3, a: 1, b: 2, op: "add" });
    return JSON.stringify(id);
  });
  const expected = ids.map((id) => JSON.stringify(JSON.parse(id)));
  assertEquals(seen.sort(), expected.sort());
});
