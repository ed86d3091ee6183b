import { assertEquals, assertMatch } from "@std/assert";
import { runClient, startJoinedWorker, startServer, startWorkers } from "../support/cluster.ts";
import { connect } from "../../mod.ts";
import { freePort } from "../support/ports.ts";

const ADD = ["--op", "add", "--a", "1", "--b", "2"];
const ADDED = '{"ok": true, "result": 3.0, "a": 1.0, "b": 2.0, "op": "add"}\n';

Deno.test("the client uses the first of several servers that answers", async (t) => {
  await using workers = await startWorkers(1);
  await using first = await startServer({ workers });
  await using second = await startServer({ workers });
  await first.untilStates("up");
  await second.untilStates("up");
  const [nobody, another] = [`127.0.0.1:${freePort()}`, `127.0.0.1:${freePort()}`];
  const answered = async () => {
    const statuses = await Promise.all([first.status(), second.status()]);
    return statuses.map(({ requests }) => requests.answered);
  };

  await t.step("the first that is named, if it is there", async () => {
    const outcome = await runClient(["--server", `${first.name},${second.name}`, ...ADD]);
    assertEquals(outcome, { code: 0, stdout: ADDED, stderr: "" });
    assertEquals(await answered(), [1, 0]);
  });
  await t.step("else the next", async () => {
    const servers = `${nobody},${second.name},${first.name}`;
    const outcome = await runClient(["--server", servers, ...ADD]);
    assertEquals(outcome, { code: 0, stdout: ADDED, stderr: "" });
    assertEquals(await answered(), [1, 1]);
    // In every form that --workers takes as well.
    const { code } = await runClient(["ping", "--server", nobody, "--server", another, first.name]);
    assertEquals(code, 0);
  });
  await t.step("a batch as well, bare lines and lines with ids", async () => {
    const outcome = await runClient(["--batch", "--server", `${nobody},${second.name}`], {
      stdin: '{"op":"add","a":1,"b":2}\n{"id":1,"op":"add","a":1,"b":2}\n',
    });
    const reply = '"ok":true,"result":3.0,"a":1.0,"b":2.0,"op":"add"}\n';
    assertEquals(outcome, { code: 0, stdout: `{${reply}{"id":1,${reply}`, stderr: "" });
  });
  await t.step("none: one line, and status 3", async () => {
    const outcome = await runClient(["--server", `${nobody},${another}`, ...ADD]);
    assertEquals([outcome.code, outcome.stdout], [3, ""]);
    assertMatch(outcome.stderr, /^client: cannot reach 127\.0\.0\.1:\d+: connection refused\n$/);
  });
});

Deno.test("a worker that joined two servers serves a client that lost one of them", async () => {
  await using first = await startServer();
  await using second = await startServer();
  await using _worker = await startJoinedWorker([first, second]);
  await first.untilStates("up");
  await second.untilStates("up");
  await using client = await connect({ servers: [first.address, second.address] });
  assertEquals(await client.add(1, 2), 3);
  await first.kill();
  assertEquals(await client.add(3, 4), 7);
  assertEquals((await client.sumSquares(4n)).parts.length, 1);
});

Deno.test("the library stays with a server that works, and returns to it after another was lost", async () => {
  await using workers = await startWorkers(1);
  const port = freePort();
  await using second = await startServer({ workers });
  await second.untilStates("up");
  const servers = [{ host: "127.0.0.1", port }, second.address];
  await using first = await startServer({ workers, port });
  await first.untilStates("up");
  await using client = await connect({ servers });
  for (let k = 0; k < 5; k++) assertEquals(await client.add(k, 1), k + 1);
  assertEquals((await first.status()).requests.answered, 5);
  await first.kill();
  for (let k = 0; k < 5; k++) assertEquals(await client.add(k, 1), k + 1);
  assertEquals((await second.status()).requests.answered, 5);
  await using _again = await startServer({ workers, port });
  await second.kill();
  for (let k = 0; k < 5; k++) assertEquals(await client.add(k, 1), k + 1);
});
