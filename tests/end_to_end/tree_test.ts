import { assert, assertEquals, assertMatch } from "@std/assert";
import { startServer, startWorkers } from "../support/cluster.ts";
import { freePort } from "../support/ports.ts";

const WHOLE =
  '{"ok":true,"result":385,"parts":[{"a":1,"b":5,"result":55},{"a":6,"b":10,"result":330}]}';

Deno.test("a server can be another server's worker", async (t) => {
  await using workers = await startWorkers(3);
  await using left = await startServer({ workers: workers.slice(0, 2) });
  await using right = await startServer({ workers: workers.slice(2) });
  await using top = await startServer({ workers: [left, right] });
  const states = await top.untilStates("up", "up");
  await left.untilStates("up", "up");
  await right.untilStates("up");

  await t.step("it speaks the full protocol", () => {
    assertEquals(states.map(({ protocol }) => protocol), ["full", "full"]);
  });
  await t.step("sums are split over the servers", async () => {
    assertEquals(await top.ask('{"op":"sum_squares","n":10}'), WHOLE);
  });
  await t.step("operations go round, and errors of the arithmetic come through", async () => {
    for (let k = 0; k < 4; k++) {
      assertMatch(await top.ask(`{"op":"add","a":${k},"b":1}`), /^\{"ok":true,/);
      const error = '{"ok":false,"error":"División por cero"}';
      assertEquals(await top.ask('{"op":"div","a":1,"b":0}'), error);
    }
    const { requests } = await left.status();
    assert(requests.received! >= 4, JSON.stringify(requests));
  });
  await t.step("a server whose workers are all down is one failed attempt", async () => {
    await workers[2]!.kill();
    await right.untilStates("down");
    const reply = JSON.parse(await top.ask('{"op":"sum_squares","n":10,"explain":true}'));
    assertEquals(reply.result, 385);
    const attempts: { worker: string; outcome: string }[] = reply.explain.work[1].attempts;
    assertEquals(attempts.map(({ worker, outcome }) => [worker, outcome]), [
      [right.name, 'answered "ningún worker disponible"'],
      [left.name, "ok"],
    ]);
    for (let k = 0; k < 8; k++) {
      assertEquals(await top.ask('{"op":"sum_squares","n":10}'), WHOLE);
      assertMatch(await top.ask(`{"op":"add","a":${k},"b":1}`), /^\{"ok":true,/);
    }
  });
});

Deno.test("two servers that name each other do no harm", async () => {
  const [one, other] = [freePort(), freePort()];
  await using first = await startServer({ port: one, workers: [`127.0.0.1:${other}`] });
  await using second = await startServer({ port: other, workers: [`127.0.0.1:${one}`] });
  await first.untilStates("up");
  await second.untilStates("up");
  const none = '{"ok":false,"error":"ningún worker disponible"}';
  for (let k = 0; k < 3; k++) {
    assertEquals(await first.ask('{"op":"add","a":1,"b":2}'), none);
    assertEquals(await second.ask('{"op":"sum_squares","n":9}'), none);
  }
  const { requests } = await first.status();
  // Each request of ours came by a few times, not for ever, and none is left.
  assert(requests.received! <= 6 * 10, JSON.stringify(requests));
  assertEquals(requests.in_flight, 0);
});

Deno.test("a server that names itself does no harm", async () => {
  const port = freePort();
  await using server = await startServer({ port, workers: [`127.0.0.1:${port}`] });
  await server.untilStates("up");
  const none = '{"ok":false,"error":"ningún worker disponible"}';
  assertEquals(await server.ask('{"op":"add","a":1,"b":2}'), none);
});
