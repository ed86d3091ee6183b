import { assert, assertEquals } from "@std/assert";
import { startServer, startWorkers } from "../support/cluster.ts";

Deno.test("n requests reach each of k workers n / k times, whichever connections they come on", async (t) => {
  await using workers = await startWorkers(3);
  await using server = await startServer({ workers });
  let before = (await server.untilStates("up", "up", "up")).map(({ completed }) => completed);

  /** How much each worker has done since the last time. */
  const done = async () => {
    const now = (await server.status()).workers.map(({ completed }) => completed);
    const counts = now.map((count, place) => count - before[place]!);
    before = now;
    return counts;
  };
  const assertEven = (counts: readonly number[], total: number) => {
    assertEquals(counts.reduce((sum, count) => sum + count, 0), total);
    assert(Math.max(...counts) - Math.min(...counts) <= 1, `${counts}`);
  };

  await t.step("one connection, one after the other", async () => {
    using connection = await server.connect();
    for (let k = 0; k < 10; k++) await connection.ask('{"op":"add","a":1,"b":2}');
    assertEven(await done(), 10);
  });
  await t.step("a connection for each", async () => {
    for (let k = 0; k < 7; k++) await server.ask('{"op":"mul","a":1,"b":2}');
    assertEven(await done(), 7);
  });
  await t.step("several connections in turn, all operations mixed", async () => {
    const ops = ["add", "sub", "mul", "div"];
    const connections = await Promise.all(Array.from({ length: 4 }, () => server.connect()));
    for (let k = 0; k < 41; k++) {
      await connections[k % 4]!.ask(`{"op":"${ops[k % 3]}","a":1,"b":2}`);
    }
    for (const connection of connections) connection.close();
    assertEven(await done(), 41);
  });
  await t.step("many at once", async () => {
    using connection = await server.connect();
    await connection.send('{"op":"add","a":1,"b":2}\n'.repeat(1000));
    await connection.lines(1000);
    assertEven(await done(), 1000);
  });
  await t.step("through the client", async () => {
    for (let k = 0; k < 3; k++) await server.client(["--op", "add", "--a", "1", "--b", "2"]);
    assertEquals(await done(), [1, 1, 1]);
  });
  await t.step("divisions by zero are work as well", async () => {
    for (let k = 0; k < 6; k++) await server.ask('{"op":"div","a":1,"b":0}');
    assertEquals(await done(), [2, 2, 2]);
  });
  await t.step("a sum gives each worker its own range", async () => {
    for (let k = 0; k < 4; k++) await server.ask('{"op":"sum_squares","n":9}');
    assertEquals(await done(), [4, 4, 4]);
  });
});
