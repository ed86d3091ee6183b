import { assert } from "@std/assert";
import { startServer, startWorkers } from "../support/cluster.ts";
import { until } from "../support/waiting.ts";

Deno.test("n requests reach each of k workers n / k times, whichever connections they come on", async (t) => {
  await using workers = await startWorkers(3);
  await using server = await startServer({ workers });
  let before = (await server.untilStates("up", "up", "up")).map(({ completed }) => completed);

  /** How much each worker has done since the last time, and whether all of them have done it in time. */
  const done = async () => {
    const workers = await until("the end of all work", async () => {
      const { workers } = await server.status();
      return workers.every(({ in_flight }) => in_flight === 0) && workers;
    });
    const now = workers.map(({ completed }) => completed);
    const counts = now.map((count, place) => count - before[place]!);
    before = now;
    return { counts, areUp: workers.every(({ state }) => state === "up") };
  };
  /** What hangs on a worker for long, on a busy machine, is asked of another as well: then it is asked anew. */
  const isEven = async (total: number, ask: () => Promise<unknown>) => {
    await until("requests of which none is asked twice", async () => {
      // One that is on probation is trusted again by what it does, and not by waiting.
      await until("the trust in all workers", async () => {
        return (await done()).areUp || (await server.ask('{"op":"add","a":1,"b":2}'), false);
      });
      await ask();
      const { counts, areUp } = await done();
      if (!areUp || counts.reduce((sum, count) => sum + count, 0) !== total) return false;
      assert(Math.max(...counts) - Math.min(...counts) <= 1, `${counts}`);
      return true;
    });
  };

  await t.step("one connection, one after the other", () =>
    isEven(10, async () => {
      using connection = await server.connect();
      for (let k = 0; k < 10; k++) await connection.ask('{"op":"add","a":1,"b":2}');
    }));
  await t.step("a connection for each", () =>
    isEven(7, async () => {
      for (let k = 0; k < 7; k++) await server.ask('{"op":"mul","a":1,"b":2}');
    }));
  await t.step("several connections in turn, all operations mixed", () =>
    isEven(41, async () => {
      const ops = ["add", "sub", "mul", "div"];
      const connections = await Promise.all(Array.from({ length: 4 }, () => server.connect()));
      for (let k = 0; k < 41; k++) {
        await connections[k % 4]!.ask(`{"op":"${ops[k % 3]}","a":1,"b":2}`);
      }
      for (const connection of connections) connection.close();
    }));
  await t.step("many at once", () =>
    isEven(1000, async () => {
      using connection = await server.connect();
      await connection.send('{"op":"add","a":1,"b":2}\n'.repeat(1000));
      await connection.lines(1000);
    }));
  await t.step("through the client", () =>
    isEven(3, async () => {
      for (let k = 0; k < 3; k++) await server.client(["--op", "add", "--a", "1", "--b", "2"]);
    }));
  await t.step("divisions by zero are work as well", () =>
    isEven(6, async () => {
      for (let k = 0; k < 6; k++) await server.ask('{"op":"div","a":1,"b":0}');
    }));
  await t.step("a sum gives each worker its own range", () =>
    isEven(12, async () => {
      for (let k = 0; k < 4; k++) await server.ask('{"op":"sum_squares","n":9}');
    }));
});
