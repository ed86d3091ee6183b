import { assertEquals, assertMatch } from "@std/assert";
import { runClient, startServer, startWorker } from "../support/cluster.ts";
import { TemporaryFolder } from "../support/paths.ts";
import { freePort } from "../support/ports.ts";
import { type RoleName, runRole, startRole } from "../support/roles.ts";

Deno.test("one config file serves all three roles, and flags win over it", async () => {
  await using folder = new TemporaryFolder();
  const [workerPort, serverPort] = [freePort(), freePort()];
  const path = await folder.write(
    "cluster.jsonc",
    `{
      // One file for the whole room.
      "host": "127.0.0.1",
      "worker": { "port": ${workerPort} },
      "calc_server": { "port": ${serverPort}, "workers": ["127.0.0.1:${workerPort}"], },
      /* What students ask for most. */
      "client": { "port": ${serverPort}, "op": "sum_squares", "n": 3, "pretty": true },
    }`,
  );
  const config = ["--config", path];
  await using worker = startRole("worker", config);
  await worker.stdout.line(new RegExp(`^\\[worker\\] listening on 127\\.0\\.0\\.1:${workerPort}$`));
  await using server = startRole("calc_server", config);
  await server.stdout.line(new RegExp(`^Workers: \\['127\\.0\\.0\\.1:${workerPort}'\\]$`));

  const block = '{\n  "ok": true,\n  "result": 14,\n  "parts": [\n' +
    '    {"a": 1, "b": 3, "result": 14}\n  ]\n}\n';
  assertEquals(await runClient(config), { code: 0, stdout: block, stderr: "" });
  const add = await runClient([...config, "--op", "add", "--a", "1", "--b", "2"]);
  assertMatch(add.stdout, /^\{\n {2}"ok": true,\n {2}"result": 3\.0,/);
  const other = await runClient([...config, "--port", String(freePort())]);
  assertEquals(other.code, 3);
});

Deno.test("a config file is found from the folder in which a role runs", async () => {
  await using folder = new TemporaryFolder();
  await folder.write("cluster.jsonc", '{ "worker": { "port": 0 } }');
  await using worker = startRole("worker", ["--config", "cluster.jsonc"], { cwd: folder.path });
  await worker.stdout.line(/^\[worker\] listening on /);
});

Deno.test("a config file with a mistake is refused by name", async (t) => {
  await using folder = new TemporaryFolder();
  const cases: readonly (readonly [RoleName, string, string])[] = [
    ["calc_server", '{ "wokers": [] }', 'unknown key "wokers"; did you mean "workers"?'],
    ["client", '{ "client": { "prot": 1 } }', 'unknown key "client.prot"; did you mean "port"?'],
    [
      "worker",
      '{ "port": "6001" }',
      'key "port" must be a whole number from 0 to 65535, not "6001"',
    ],
  ];
  for (const [role, text, problem] of cases) {
    await t.step(`${role} ${text}`, async () => {
      const path = await folder.write("wrong.jsonc", text);
      const { code, stdout, stderr } = await runRole(role, ["--config", path]);
      assertEquals([code, stdout], [2, ""]);
      const shown = path.length > 60 ? `${path.slice(0, 24)}...${path.slice(-24)}` : path;
      const [first = ""] = stderr.split("\n");
      const quoted = JSON.stringify(shown) + (shown === path ? "" : ` (${path.length} characters)`);
      assertEquals(first, `${role}: Cannot read config ${quoted}: ${problem}`);
    });
  }
});

Deno.test("--worker-timeout and --max-line-bytes of a config file are used", async () => {
  await using folder = new TemporaryFolder();
  await using worker = await startWorker();
  const path = await folder.write("small.jsonc", '{ "max-line-bytes": 64 }');
  await using server = await startServer({ workers: [worker], args: ["--config", path] });
  await server.untilStates("up");
  using connection = await server.connect();
  assertMatch(await connection.ask('{"op":"add","a":10,"b":5}'), /^\{"ok":true,"result":15\.0/);
  const long = `{"op":"add","a":10,"b":5,"note":"${"x".repeat(64)}"}`;
  assertMatch(await connection.ask(long), /la línea supera el máximo/);
  assertEquals(await connection.rest(), []);
});
