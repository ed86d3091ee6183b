import { assert, assertEquals } from "@std/assert";
import { startServer } from "../support/cluster.ts";
import { FakeWorker } from "../support/fake_worker.ts";
import { fullWorker, rightReply } from "../support/scripts.ts";
import { until } from "../support/waiting.ts";

const ADD = '{"op":"add","a":1,"b":2}';
const EXPLAINED_ADD = '{"op":"add","a":1,"b":2,"explain":true}';

/** Who was asked, and with what outcome. */
function attemptsOf(reply: string): [worker: string, outcome: string][] {
  const { explain } = JSON.parse(reply);
  return explain.work[0].attempts.map((
    { worker, outcome }: { worker: string; outcome: string },
  ) => [worker, outcome]);
}

Deno.test("what hangs on one worker is done by another, long before its time is up", async () => {
  let hangs = false;
  await using slow = new FakeWorker(fullWorker(async (peer, line) => {
    if (!hangs) await peer.send(rightReply(line) + "\n");
  }));
  await using quick = new FakeWorker(
    fullWorker((peer, line) => peer.send(rightReply(line) + "\n")),
  );
  await using server = await startServer({
    workers: [slow, quick],
    args: ["--worker-timeout", "1m"],
  });
  await server.untilStates("up", "up");
  hangs = true;
  // Round robin asks each of them, until the slow one has lost three times in a row.
  await until("its ejection", async () => {
    assertEquals(attemptsOf(await server.ask(EXPLAINED_ADD)), [[quick.name, "ok"]]);
    return (await server.status()).workers[0]!.state === "suspect";
  });
  assert(slow.work.length >= 3, `${slow.work.length} requests`);
  const [{ in_flight, reason } = { in_flight: 0, reason: "" }] = (await server.status()).workers;
  assertEquals([in_flight, reason], [slow.work.length, "slower than others"]);
});

Deno.test("what hangs on the last worker that is trusted is done by one that is not", async () => {
  let fails = true;
  await using ejected = new FakeWorker(fullWorker((peer, line) => {
    const failure = `{"id":${JSON.parse(line).id},"ok":false,"error":"operación desconocida"}`;
    return peer.send((fails ? failure : rightReply(line)) + "\n");
  }));
  let hangs = false;
  await using trusted = new FakeWorker(fullWorker(async (peer, line) => {
    if (!hangs) await peer.send(rightReply(line) + "\n");
  }));
  // Shorter than an ejection, and much longer than it takes to ask a second worker.
  await using server = await startServer({
    workers: [ejected, trusted],
    args: ["--worker-timeout", "700ms"],
  });
  await server.untilStates("up", "up");
  await until("the ejection", async () => {
    await server.ask(ADD);
    return (await server.status()).workers[0]!.state === "suspect";
  });
  fails = false;
  hangs = true;
  assertEquals(attemptsOf(await server.ask(EXPLAINED_ADD)), [[ejected.name, "ok"]]);
});
