import { assert, assertEquals } from "@std/assert";
import { startServer, startWorker } from "../support/cluster.ts";
import { FakeWorker } from "../support/fake_worker.ts";
import { fullWorker } from "../support/scripts.ts";
import { until } from "../support/waiting.ts";

const EXPIRED = "se agotó el tiempo de la solicitud";

Deno.test("a request whose time is up gets an error, and the worker is told how much is left", async () => {
  await using silent = new FakeWorker(fullWorker(() => {}));
  await using server = await startServer({ workers: [silent], args: ["--worker-timeout", "1m"] });
  await server.untilStates("up");
  const bare = await server.ask('{"op":"add","a":1,"b":2,"timeout_ms":150}');
  assertEquals(bare, `{"ok":false,"error":"${EXPIRED}"}`);
  const named = await server.ask('{"id":1,"op":"sum_squares","n":9,"timeout_ms":150}');
  assertExpired(named, 1);
  // None at all is left from the start.
  const none = await server.ask('{"op":"add","a":1,"b":2,"timeout_ms":0}');
  assertEquals(none, `{"ok":false,"error":"${EXPIRED}"}`);
  const [work] = await until("the worker to be asked", () => silent.work.length > 0 && silent.work);
  const { timeout_ms: left, hops } = JSON.parse(work!);
  assert(left > 0 && left <= 150, work);
  assertEquals(hops, 1);
});

Deno.test("a request with time enough is answered as one without a limit", async () => {
  await using worker = await startWorker();
  await using server = await startServer({ workers: [worker] });
  await server.untilStates("up");
  const reply = '{"ok":true,"result":3.0,"a":1.0,"b":2.0,"op":"add"}';
  assertEquals(await server.ask('{"op":"add","a":1,"b":2,"timeout_ms":19000}'), reply);
  assertEquals(await server.ask('{"op":"add","a":1,"b":2,"timeout_ms":19000.5}'), reply);
});

Deno.test("a deadline ends one request and leaves the others on its connection alone", async () => {
  const released = Promise.withResolvers<void>();
  await using worker = new FakeWorker(fullWorker((peer, line) => {
    const { id, a } = JSON.parse(line);
    const reply = `{"id":${id},"ok":true,"result":${a}}\n`;
    released.promise.then(() => peer.send(reply));
  }));
  await using server = await startServer({ workers: [worker], args: ["--worker-timeout", "1m"] });
  await server.untilStates("up");
  using connection = await server.connect();
  await connection.send('{"id":1,"op":"add","a":1,"b":0}\n');
  const short = await connection.ask('{"id":2,"op":"add","a":2,"b":0,"timeout_ms":50}');
  assertExpired(short, 2);
  // The reply to the second one comes all the same, and disturbs nobody.
  released.resolve();
  const long = await connection.line();
  assertEquals(long, '{"id":1,"ok":true,"result":1.0,"a":1.0,"b":0.0,"op":"add"}');
  await server.untilStates("up");
});

/** With an id there is a code, and besides what was tried until then. */
function assertExpired(line: string, id: number): void {
  const { explain: _tried, ...reply } = JSON.parse(line);
  assertEquals(reply, { id, ok: false, error: EXPIRED, code: "deadline_exceeded" });
}
