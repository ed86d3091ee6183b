import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { type Server, startServer, startWorker } from "../support/cluster.ts";
import { childrenOf, isGone } from "../support/children.ts";
import { until } from "../support/waiting.ts";

const WHOLE = '{"ok": true, "result": 14, "parts": [{"a": 1, "b": 2, "result": 5}, ' +
  '{"a": 3, "b": 3, "result": 9}]}\n';
const SUM = ["--op", "sum_squares", "--n", "3"];

Deno.test("--local starts workers of its own, named in the line of workers", async () => {
  await using server = await startServer({ args: ["--local", "2"] });
  const names = await workerNames(server);
  assertEquals(names.length, 2);
  // No waiting for states: the command works from the first line on.
  assertEquals(await server.client(SUM), { code: 0, stdout: WHOLE, stderr: "" });
  assertEquals((await server.status()).workers.map(({ name }) => name), names);
});

Deno.test("--local workers run functions of users with --allow-code, and without it do not", async () => {
  for (const [args, slots] of [[["--allow-code"], 1], [[], undefined]] as const) {
    await using server = await startServer({ args: ["--local", "1", ...args] });
    await server.untilStates("up");
    const [worker] = (await server.status()).workers as readonly { slots?: number }[];
    assertEquals(worker?.slots, slots);
  }
});

Deno.test("--local without a number starts one worker per core", async () => {
  await using server = await startServer({ args: ["--local"] });
  assertEquals((await workerNames(server)).length, navigator.hardwareConcurrency);
});

Deno.test("--local workers come after those of --workers, in order", async () => {
  await using worker = await startWorker();
  await using server = await startServer({ workers: [worker], args: ["--local", "2"] });
  const names = await workerNames(server);
  assertEquals(names.length, 3);
  assertEquals(names[0], worker.name);
  await server.untilStates("up", "up", "up");
});

Deno.test({
  name: "a local worker that was killed is started again in its place",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    await using server = await startServer({ args: ["--local", "2"] });
    await server.untilStates("up", "up");
    const before = await childrenOf(server.process.pid);
    assertEquals(before.length, 2);
    // Twice, the second time at once: the new one is looked after like the old.
    for (let round = 0; round < 2; round++) {
      const [victim] = await childrenOf(server.process.pid);
      Deno.kill(victim!, "SIGKILL");
      await until("another child", async () => {
        const now = await childrenOf(server.process.pid);
        return now.length === 2 && !now.includes(victim!);
      });
      await server.untilStates("up", "up");
      assertEquals(await server.client(SUM), { code: 0, stdout: WHOLE, stderr: "" });
    }
    assertNotEquals(await childrenOf(server.process.pid), before);
    assertMatch(
      server.process.stderr.text,
      /local worker \S+ ended \(SIGKILL\): starting it again/,
    );
  },
});

for (const signal of ["SIGTERM", "SIGINT", "SIGKILL"] as const) {
  Deno.test({
    name: `local workers end with a server that ends by ${signal}`,
    // Windows ends a process by any of these at once; SIGKILL stands for them.
    ignore: Deno.build.os === "windows" && signal !== "SIGKILL",
    fn: async () => {
      await using server = await startServer({ args: ["--local", "2"] });
      await server.untilStates("up", "up");
      const names = await workerNames(server);
      const children = Deno.build.os === "linux" ? await childrenOf(server.process.pid) : [];
      await using _orphans = { [Symbol.asyncDispose]: () => endAll(children) };
      server.process.kill(signal);
      const { code } = await server.process.outcome();
      if (signal !== "SIGKILL") assertEquals(code, 0);
      for (const name of names) await until(`nobody at ${name}`, () => isRefused(name));
      for (const pid of children) await until(`the end of ${pid}`, () => isGone(pid));
      if (signal !== "SIGKILL") {
        assert(!server.process.stderr.text.includes("ended ("), server.process.stderr.text);
      }
    },
  });
}

Deno.test({
  name: "local workers leave the stop to their server when Ctrl-C reaches all of them",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    await using server = await startServer({ args: ["--local", "2"] });
    await server.untilStates("up", "up");
    const children = await childrenOf(server.process.pid);
    for (const pid of children) Deno.kill(pid, "SIGINT");
    assertEquals(await server.client(SUM), { code: 0, stdout: WHOLE, stderr: "" });
    assertEquals(await childrenOf(server.process.pid), children);
    assert(!server.process.stderr.text.includes("ended ("), server.process.stderr.text);
    server.process.kill("SIGINT");
    assertEquals((await server.process.outcome()).code, 0);
  },
});

async function workerNames(server: Server): Promise<string[]> {
  const [line] = await server.process.stdout.line(/^Workers: .*$/);
  return [...line.matchAll(/'([^']+)'/g)].map(([, name]) => name!);
}

/** Ends those that should have ended, so that a failure leaves nothing running. */
async function endAll(pids: readonly number[]): Promise<void> {
  for (const pid of pids) if (!await isGone(pid)) Deno.kill(pid, "SIGKILL");
}

async function isRefused(name: string): Promise<boolean> {
  const [hostname = "", port] = name.split(":");
  try {
    (await Deno.connect({ hostname, port: Number(port) })).close();
    return false;
  } catch {
    return true;
  }
}
