import { assert, assertEquals } from "@std/assert";
import { HEDGE_MIN_MS } from "../../src/limits.ts";
import { startServer, startWorkers } from "../support/cluster.ts";
import { until } from "../support/waiting.ts";

/** A server's own clock is told of in whole milliseconds. */
const ROUNDING_MS = 2;

/** How long the slowest attempt at some work was under way, as the replies explain it, in milliseconds. */
function slowestMs(replies: readonly string[]): number {
  const attempts = replies.map((reply) => JSON.parse(reply).explain.work)
    .flatMap((work: { attempts: { at_ms: number; ms: number }[] }[]) => work)
    .flatMap(({ attempts }) => attempts);
  return Math.max(...attempts.map(({ at_ms, ms }) => at_ms + ms));
}

Deno.test("n requests reach each of k workers n / k times, whichever connections they come on", async (t) => {
  await using workers = await startWorkers(3);
  await using server = await startServer({ workers });
  await server.untilStates("up", "up", "up");

  /** What each worker has done, and since when each is up, once all of them are. */
  const rest = () =>
    until("the end of all work", async () => {
      const { workers, uptime_ms } = await server.status();
      if (workers.some(({ in_flight }) => in_flight > 0)) return false;
      const completed = workers.map(({ completed }) => completed);
      const upSinceMs = workers.map(({ state, for_ms }) => {
        return state === "up" ? uptime_ms - for_ms : NaN;
      });
      return { completed, upSinceMs };
    });
  const trusted = () =>
    until("the trust in all workers", async () => {
      const now = await rest();
      if (!now.upSinceMs.some(Number.isNaN)) return now;
      // One that is on probation is trusted again by what it does, and not by waiting.
      await server.ask('{"op":"add","a":1,"b":2}');
    });
  /**
   * Asks, and looks at what came to each worker. On a busy machine one may be asked for what hangs on another, or
   * lose the trust it had: only where the server's own clock shows that, all is asked anew.
   */
  const isEven = async (total: number, ask: () => Promise<string[]>) => {
    await until("requests of which none is asked twice", async () => {
      const before = await trusted();
      const slowMs = slowestMs(await ask());
      const after = await rest();
      const counts = after.completed.map((count, place) => count - before.completed[place]!);
      const isSteady = after.upSinceMs.every((sinceMs, place) => {
        return Math.abs(sinceMs - before.upSinceMs[place]!) <= ROUNDING_MS;
      });
      const isHedged = slowMs >= HEDGE_MIN_MS && counts.reduce((sum, count) => sum + count) > total;
      if (isHedged || !isSteady) return false;
      assertEquals(counts.reduce((sum, count) => sum + count), total, `${counts}: ${slowMs} ms`);
      assert(Math.max(...counts) - Math.min(...counts) <= 1, `${counts}`);
      return true;
    });
  };
  const inTurn = async (count: number, ask: (k: number) => Promise<string>) => {
    const replies: string[] = [];
    for (let k = 0; k < count; k++) replies.push(await ask(k));
    return replies;
  };

  await t.step("one connection, one after the other", () =>
    isEven(10, async () => {
      using connection = await server.connect();
      return await inTurn(10, () => connection.ask('{"op":"add","a":1,"b":2,"explain":true}'));
    }));
  await t.step(
    "a connection for each",
    () => isEven(7, () => inTurn(7, () => server.ask('{"op":"mul","a":1,"b":2,"explain":true}'))),
  );
  await t.step("several connections in turn, all operations mixed", () =>
    isEven(41, async () => {
      const ops = ["add", "sub", "mul", "div"];
      const connections = await Promise.all(Array.from({ length: 4 }, () => server.connect()));
      const replies = await inTurn(41, (k) => {
        return connections[k % 4]!.ask(`{"op":"${ops[k % 3]}","a":1,"b":2,"explain":true}`);
      });
      for (const connection of connections) connection.close();
      return replies;
    }));
  await t.step("many at once", () =>
    isEven(1000, async () => {
      using connection = await server.connect();
      await connection.send('{"op":"add","a":1,"b":2,"explain":true}\n'.repeat(1000));
      return await connection.lines(1000);
    }));
  await t.step("through the client", () =>
    isEven(3, () =>
      inTurn(3, async () => {
        const words = ["--op", "add", "--a", "1", "--b", "2", "--explain"];
        return (await server.client(words)).stdout;
      })));
  await t.step(
    "divisions by zero are work as well",
    () => isEven(6, () => inTurn(6, () => server.ask('{"op":"div","a":1,"b":0,"explain":true}'))),
  );
  await t.step(
    "a sum gives each worker its own range",
    () =>
      isEven(12, () => inTurn(4, () => server.ask('{"op":"sum_squares","n":9,"explain":true}'))),
  );
});
