import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  CalculationError,
  connect,
  ListenError,
  ProtocolError,
  ReplyTimeoutError,
  ServerUnreachableError,
  startServer,
  startWorker,
} from "../../mod.ts";
import { FakeWorker } from "../support/fake_worker.ts";
import { freePort } from "../support/ports.ts";
import { until } from "../support/waiting.ts";

Deno.test("connect() gives a client that calculates", async (t) => {
  await using one = startWorker({ port: 0 });
  await using two = startWorker({ port: 0 });
  await using server = startServer({ port: 0, workers: [one.address, two.address] });
  await using client = await connect({ port: server.address.port });

  await t.step("the four operations", async () => {
    const results = [client.add(10, 5), client.sub(20, 7), client.mul(6, 9), client.div(10, 4)];
    assertEquals(await Promise.all(results), [15, 13, 54, 2.5]);
    assert(Object.is(await client.mul(-0, 1), -0));
  });
  await t.step("exact sums", async () => {
    assertEquals(await client.sumSquares(3n), {
      result: 14n,
      parts: [{ a: 1n, b: 2n, result: 5n }, { a: 3n, b: 3n, result: 9n }],
    });
    const n = 10n ** 999n;
    assertEquals((await client.sumSquares(n)).result, n * (n + 1n) * (2n * n + 1n) / 6n);
    assertEquals(await client.sumSquares(0n), { result: 0n, parts: [] });
  });
  await t.step("errors are CalculationErrors with a code", async () => {
    const divided = await assertRejects(() => client.div(1, 0), CalculationError);
    assertEquals([divided.name, divided.code], ["CalculationError", "division_by_zero"]);
    assertEquals(divided.message, "División por cero");
    const large = await assertRejects(() => client.mul(1e200, 1e200), CalculationError);
    assertEquals(large.code, "overflow");
    const long = await assertRejects(() => client.sumSquares(10n ** 1000n), CalculationError);
    assertEquals(long.code, "integer_too_long");
  });
  await t.step("operands that cannot be sent are RangeErrors", async () => {
    await assertRejects(() => client.add(NaN, 1), RangeError);
    await assertRejects(() => client.add(1, Infinity), RangeError);
    await assertRejects(() => client.sumSquares(-1n), RangeError);
  });
  await t.step("request() asks anything", async () => {
    const reply = await client.request({ op: "add", a: 1, b: 2, explain: true });
    const { explain, ...rest } = reply;
    assertEquals(rest, { ok: true, result: 3, a: 1, b: 2, op: "add" });
    assert(typeof explain === "object");
    const sum = await client.request({ op: "sum_squares", n: 3n });
    assertEquals(sum.result, 14);
    const error = await assertRejects(() => client.request({ op: "pow" }), CalculationError);
    assertEquals(error.code, "unknown_op");
  });
  await t.step("status() and ping()", async () => {
    await client.ping();
    const status = await client.status();
    assertEquals(status.role, "calc_server");
    assertEquals((status.workers as unknown[]).length, 2);
  });
  await t.step("a thousand requests at once", async () => {
    const sums = Array.from({ length: 1000 }, (_, k) => client.add(k, 1));
    assertEquals(await Promise.all(sums), Array.from({ length: 1000 }, (_, k) => k + 1));
  });
});

Deno.test("a client waits as long as it was told, and gives up when it is told", async (t) => {
  // Says hello and pong, so that one can connect, and nothing else.
  await using deaf = new FakeWorker(async (peer) => {
    for await (const line of peer.lines()) {
      const { id, op } = JSON.parse(line);
      if (op === "ping") await peer.send(`{"id":${id},"ok":true}\n`);
    }
  });
  await using client = await connect({ port: deaf.address.port, timeoutMs: 100 });

  await t.step("the client's own time", async () => {
    await assertRejects(() => client.add(1, 2), ReplyTimeoutError);
  });
  await t.step("a request's own time", async () => {
    await assertRejects(() => client.add(1, 2, { timeoutMs: 30 }), ReplyTimeoutError);
    assertEquals(JSON.parse(deaf.heard.at(-1)!).timeout_ms, 30);
  });
  await t.step("an AbortSignal", async () => {
    const reason = new Error("no longer wanted");
    const early = client.add(1, 2, { signal: AbortSignal.abort(reason) });
    assertEquals(await assertRejects(() => early, Error), reason);
    const controller = new AbortController();
    const late = client.add(1, 2, { signal: controller.signal, timeoutMs: 60_000 });
    controller.abort(reason);
    assertEquals(await assertRejects(() => late, Error), reason);
  });
  await t.step("close() while a request waits", async () => {
    const waiting = client.add(1, 2, { timeoutMs: 60_000 });
    const rejected = assertRejects(() => waiting, Error);
    await client.close();
    await rejected;
    await assertRejects(() => client.add(1, 2), Error);
    await client.close();
  });
});

Deno.test("connect() fails by class where nobody, or not a server, is there", async (t) => {
  const options = { port: freePort(), timeoutMs: 10_000 };
  await t.step("nobody", async () => {
    await assertRejects(() => connect(options), ServerUnreachableError, "connection refused");
  });
  await t.step("an address that says nothing", async () => {
    await using silent = new FakeWorker((peer) => peer.staySilent());
    const { port } = silent.address;
    await assertRejects(() => connect({ port, timeoutMs: 50 }), ReplyTimeoutError);
    const signal = AbortSignal.timeout(50);
    const error = await assertRejects(() => connect({ port, timeoutMs: 60_000, signal }), Error);
    assertEquals(error.name, "TimeoutError");
  });
  await t.step("something that is no server", async () => {
    await using other = new FakeWorker(async (peer) => {
      await peer.line();
      await peer.send("220 mail.example ESMTP\n");
      await peer.staySilent();
    });
    const { port } = other.address;
    const error = await assertRejects(() => connect({ port, timeoutMs: 10_000 }), Error);
    assert(error instanceof ProtocolError || error instanceof ServerUnreachableError, error.name);
  });
  await t.step("no server named", async () => {
    await assertRejects(() => connect({ servers: [] }), RangeError);
  });
});

Deno.test("connect() with several servers uses another when one is lost", async () => {
  await using worker = startWorker({ port: 0 });
  await using first = startServer({ port: 0, workers: [worker.address] });
  await using second = startServer({ port: 0, workers: [worker.address] });
  const nobody = { host: "127.0.0.1", port: freePort() };
  await using client = await connect({ servers: [nobody, first.address, second.address] });
  assertEquals(await client.add(1, 2), 3);
  await first.stop();
  assertEquals(await client.add(3, 4), 7);
});

Deno.test("a lost worker fails over in the library as well", async () => {
  const one = startWorker({ port: 0 });
  await using two = startWorker({ port: 0 });
  await using server = startServer({ port: 0, workers: [one.address, two.address] });
  await using client = await connect({ port: server.address.port });
  const before = await client.sumSquares(10n);
  await one.stop();
  assertEquals(await client.sumSquares(10n), before);
  await two.stop();
  const error = await assertRejects(() => client.sumSquares(10n), CalculationError);
  assertEquals(error.code, "no_worker_available");
});

Deno.test("roles log only where they are given a log, and listen where they are told", async () => {
  const lines: string[] = [];
  await using worker = startWorker({ port: 0 });
  const nobody = { host: "127.0.0.1", port: freePort() };
  const server = startServer({
    port: 0,
    workers: [worker.address, nobody],
    log: (level, text) => lines.push(`${level}: ${text}`),
  });
  await until("both workers to be told of", () => lines.length >= 2);
  const [up, down] = [worker.address, nobody].map(({ host, port }) => `${host}:${port}`);
  assertEquals(lines.sort(), [
    `info: worker ${up} is up`,
    `warn: worker ${down} is down: connection refused`,
  ]);
  const { port } = server.address;
  const error = assertThrows(() => startWorker({ port }), ListenError);
  assertEquals(error.message, `Cannot listen on 127.0.0.1:${port}: the address is already in use`);
  await server.stop();
  await server.finished;
  await server.stop();
  await using again = startWorker({ port });
  assertEquals(again.address, { host: "127.0.0.1", port });
});

Deno.test("options that there are not are refused", async () => {
  const options = { prt: 5001, workers: [] };
  const unknown = { prt: 5001 } as object;
  await assertRejects(() => connect(unknown), TypeError, '"prt": there are host, port, servers');
  assertThrows(() => startServer(options), TypeError, '"prt": there are workers, host, port');
  assertThrows(() => startWorker(unknown), TypeError, '"prt": there are host, port');
});
