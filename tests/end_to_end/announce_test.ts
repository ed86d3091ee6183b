import { assertEquals, assertMatch } from "@std/assert";
import { runClient, startServer, startWorker } from "../support/cluster.ts";
import { freePort, hasIpv6 } from "../support/ports.ts";
import { type RoleName, runRole } from "../support/roles.ts";

Deno.test("a worker's stdout is one line that names its port", async () => {
  const port = freePort();
  await using worker = await startWorker({ port });
  worker.process.kill("SIGTERM");
  const { code, stdout } = await worker.process.outcome();
  assertEquals([code, stdout], [0, `[worker] listening on 127.0.0.1:${port}\n`]);
});

Deno.test("a server's stdout is two lines: its port and its workers", async () => {
  const port = freePort();
  await using server = await startServer({
    port,
    workers: ["127.0.0.1:6001", "127.0.0.1:6002", "127.0.0.1:6003"],
  });
  server.process.kill("SIGTERM");
  const { code, stdout } = await server.process.outcome();
  assertEquals(code, 0);
  assertEquals(
    stdout,
    `[calc-server] listening on 127.0.0.1:${port}\n` +
      "Workers: ['127.0.0.1:6001', '127.0.0.1:6002', '127.0.0.1:6003']\n",
  );
});

Deno.test("--workers takes spaces, commas, repetition, = and IPv6", async (t) => {
  const forms: readonly (readonly [string[], string])[] = [
    [["--workers", "a:1", "b:2"], "['a:1', 'b:2']"],
    [["--workers", "a:1,b:2", "c:3,"], "['a:1', 'b:2', 'c:3']"],
    [["--workers", "a:1 b:2"], "['a:1', 'b:2']"],
    [["--workers", "a:1", "--workers", "b:2"], "['a:1', 'b:2']"],
    [["--workers=a:1,b:2", "--workers=c:3"], "['a:1', 'b:2', 'c:3']"],
    [["--workers", "[::1]:6001", "10.0.0.7:6002"], "['[::1]:6001', '10.0.0.7:6002']"],
  ];
  for (const [args, list] of forms) {
    await t.step(args.join(" "), async () => {
      await using server = await startServer({ args: ["--log-level", "error", ...args] });
      await server.process.stdout.line(new RegExp(`^Workers: ${RegExp.escape(list)}$`));
    });
  }
});

Deno.test({
  name: "every role speaks IPv6",
  ignore: !hasIpv6(),
  fn: async () => {
    await using worker = await startWorker({ args: ["--host", "::1"] });
    await worker.process.stdout.line(/^\[worker\] listening on \[::1\]:\d+$/);
    await using server = await startServer({ workers: [worker], args: ["--host", "[::1]"] });
    await server.process.stdout.line(/^\[calc-server\] listening on \[::1\]:\d+$/);
    await server.untilStates("up");
    const port = String(server.address.port);
    for (const host of ["::1", "[::1]"]) {
      const { code } = await runClient(["--host", host, "--port", port, "ping"]);
      assertEquals(code, 0);
    }
  },
});

Deno.test("a role that cannot listen ends with 3 and one line", async (t) => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  const cases: readonly (readonly [RoleName, string[]])[] = [
    ["worker", []],
    ["calc_server", ["--workers", "127.0.0.1:6001"]],
  ];
  for (const [role, args] of cases) {
    await t.step(`${role}: the port is taken`, async () => {
      const outcome = await runRole(role, ["--port", String(port), ...args]);
      const why = "the address is already in use";
      const stderr = `${role}: Cannot listen on 127.0.0.1:${port}: ${why}\n`;
      assertEquals(outcome, { code: 3, stdout: "", stderr });
    });
    await t.step(`${role}: the address is not ours`, async () => {
      // 192.0.2.0/24 is for documentation, and belongs to nobody.
      const outcome = await runRole(role, ["--host", "192.0.2.1", "--port", "0", ...args]);
      assertEquals([outcome.code, outcome.stdout], [3, ""]);
      assertMatch(
        outcome.stderr,
        new RegExp(`^${role}: Cannot listen on 192\\.0\\.2\\.1:0: .+\n$`),
      );
    });
    await t.step(`${role}: the host has no address`, async () => {
      const outcome = await runRole(role, ["--host", "no-such-host.invalid", ...args]);
      assertEquals([outcome.code, outcome.stdout], [3, ""]);
      assertMatch(outcome.stderr, new RegExp(`^${role}: Cannot listen on no-such-host.+\n$`));
    });
  }
});
