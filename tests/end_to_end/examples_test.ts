import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl, PROJECT } from "../support/paths.ts";
import { freePort } from "../support/ports.ts";
import { type Outcome, Process } from "../support/process.ts";
import { DIST, runRole, startRole } from "../support/roles.ts";

// examples/worker.py is run by tests/faults/plain_test.ts.

/** What runs from sources in any case is tested once, with the sources. */
const ignore = DIST !== undefined;

Deno.test({
  name: "examples/library.ts prints what it calculates, with the network as its only permission",
  ignore,
  fn: async () => {
    const outcome = await runExample("library.ts", ["--allow-net"]);
    assertEquals(outcome, {
      code: 0,
      stdout: "10 + 5 = 15\n" +
        "1² + 2² + … + (10¹²)² = 333333333333833333333333500000000000, in 2 parts\n" +
        "10 / 0: División por cero (division_by_zero)\n" +
        "the same sum with one worker less is the same\n",
      stderr: "",
    });
  },
});

Deno.test({
  name: "examples/demo.ts shows every example and the failover, and leaves nothing running",
  ignore,
  fn: async () => {
    const { code, stdout, stderr } = await runExample("demo.ts", ["-A"]);
    assertEquals([code, stderr], [0, ""], stdout);
    const commands = stdout.split("\n").filter((line) => line.startsWith("$ "));
    assertEquals(commands.map((line) => line.split(" ")[1]), [
      ...["worker", "worker", "worker", "calc_server"],
      ...Array.from({ length: 7 }, () => "client"),
      ...["kill", "client", "kill", "kill", "client", "worker", "client", "client"],
    ]);
    assertEquals(stdout.match(/"result": 285, "parts": \[\{"a": 1, "b": 3/g)?.length, 3);
    assertEquals(stdout.match(/ningún worker disponible/g)?.length, 1);
    assertMatch(
      stdout,
      /Every answer was right\. Everything that was started has been stopped\.\n$/,
    );
    await nobodyListens(stdout);
  },
});

Deno.test({
  name: "examples/demo.ts stops what it started when it is interrupted",
  ignore: ignore || Deno.build.os === "windows",
  fn: async () => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      await using demo = startExample("demo.ts", ["-A"]);
      await demo.stdout.line(/^\$ client /);
      demo.kill(signal);
      const { code, stdout } = await demo.outcome();
      assertEquals(code, 130);
      await nobodyListens(stdout);
    }
  },
});

Deno.test("examples/cluster.jsonc is a config of all three roles", async () => {
  const config = ["--config", fromFileUrl(new URL("examples/cluster.jsonc", PROJECT))];
  const [workerPort, serverPort] = [String(freePort()), String(freePort())];
  // The file's own ports may be taken here, and flags win over it.
  await using worker = startRole("worker", [...config, "--port", workerPort]);
  await worker.stdout.line(new RegExp(`^\\[worker\\] listening on 127\\.0\\.0\\.1:${workerPort}$`));
  await using server = startRole("calc_server", [...config, "--port", serverPort]);
  const names = "'127.0.0.1:6001', '127.0.0.1:6002', '127.0.0.1:6003'";
  assertEquals((await server.stdout.line(/^Workers: .*$/))[0], `Workers: [${names}]`);
  const ping = await runRole("client", [...config, "--port", serverPort, "ping"]);
  assertEquals(ping, { code: 0, stdout: '{"ok": true}\n', stderr: "" });
  // Without flags each takes the port of the file, which it names if it cannot have it.
  using _taken = listenIfFree(6001);
  const refused = await runRole("worker", config);
  assertEquals(refused.code, 3);
  assertMatch(refused.stderr, /^worker: Cannot listen on 127\.0\.0\.1:6001: /);
});

function startExample(name: string, permissions: readonly string[]): Process {
  return new Process({
    command: Deno.execPath(),
    args: ["run", "--quiet", ...permissions, `examples/${name}`],
    cwd: fromFileUrl(PROJECT),
    env: { NO_COLOR: "1" },
    clearEnv: false,
  });
}

async function runExample(name: string, permissions: readonly string[]): Promise<Outcome> {
  await using example = startExample(name, permissions);
  return await example.outcome();
}

/** Checks every address that a transcript names as listening. */
async function nobodyListens(transcript: string): Promise<void> {
  const ports = [...transcript.matchAll(/listening on 127\.0\.0\.1:(\d+)/g)].map(([, port]) =>
    port
  );
  assert(ports.length > 0);
  for (const port of ports) {
    const isOpen = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) }).then(
      (conn) => {
        conn.close();
        return true;
      },
      () => false,
    );
    assert(!isOpen, `somebody still listens on ${port}`);
  }
}

/** Takes a port, or leaves it to whoever has it. */
function listenIfFree(port: number): Disposable {
  try {
    const listener = Deno.listen({ hostname: "127.0.0.1", port });
    return { [Symbol.dispose]: () => listener.close() };
  } catch {
    return { [Symbol.dispose]: () => {} };
  }
}
