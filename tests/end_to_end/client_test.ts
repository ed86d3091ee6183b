import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Server, startServer, startWorkers } from "../support/cluster.ts";
import { freePort } from "../support/ports.ts";
import type { Outcome } from "../support/process.ts";
import { FakeWorker } from "../support/fake_worker.ts";
import { runClient } from "../support/cluster.ts";

const EXAMPLES: readonly (readonly [command: string, line: string, code: number])[] = [
  ["--op add --a 10 --b 5", '{"ok": true, "result": 15.0, "a": 10.0, "b": 5.0, "op": "add"}', 0],
  ["--op sub --a 20 --b 7", '{"ok": true, "result": 13.0, "a": 20.0, "b": 7.0, "op": "sub"}', 0],
  ["--op mul --a 6 --b 9", '{"ok": true, "result": 54.0, "a": 6.0, "b": 9.0, "op": "mul"}', 0],
  ["--op div --a 10 --b 2", '{"ok": true, "result": 5.0, "a": 10.0, "b": 2.0, "op": "div"}', 0],
  ["--op div --a 10 --b 0", '{"ok": false, "error": "División por cero"}', 1],
  [
    "--op sum_squares --n 9",
    '{"ok": true, "result": 285, "parts": [{"a": 1, "b": 3, "result": 14}, ' +
    '{"a": 4, "b": 6, "result": 77}, {"a": 7, "b": 9, "result": 194}]}',
    0,
  ],
  // Operands that other parsers of flags lose or round.
  [
    "--op add --a -3 --b=-1e9",
    '{"ok": true, "result": -1000000003.0, "a": -3.0, "b": -1000000000.0, "op": "add"}',
    0,
  ],
  ["--op mul --a -0 --b 5", '{"ok": true, "result": -0.0, "a": -0.0, "b": 5.0, "op": "mul"}', 0],
  [
    "--op add --a 1e300 --b 0",
    '{"ok": true, "result": 1e+300, "a": 1e+300, "b": 0.0, "op": "add"}',
    0,
  ],
  [
    "--op add --a .1 --b 0.2",
    '{"ok": true, "result": 0.30000000000000004, "a": 0.1, "b": 0.2, "op": "add"}',
    0,
  ],
  ["--op mul --a 1e200 --b 1e200", '{"ok": false, "error": "el resultado es demasiado grande"}', 1],
  // Splitting.
  ["--op sum_squares --n 0", '{"ok": true, "result": 0, "parts": []}', 0],
  [
    "--op sum_squares --n 1",
    '{"ok": true, "result": 1, "parts": [{"a": 1, "b": 1, "result": 1}]}',
    0,
  ],
  [
    "--op sum_squares --n 10",
    '{"ok": true, "result": 385, "parts": [{"a": 1, "b": 4, "result": 30}, ' +
    '{"a": 5, "b": 7, "result": 110}, {"a": 8, "b": 10, "result": 245}]}',
    0,
  ],
  // Flags after `--`, which `deno task` hands on, and in either form.
  ["-- --op=add --a=1 --b=2", '{"ok": true, "result": 3.0, "a": 1.0, "b": 2.0, "op": "add"}', 0],
  ["ping", '{"ok": true}', 0],
];

Deno.test("the client prints every reply exactly as documented", async (t) => {
  await using workers = await startWorkers(3);
  await using server = await startServer({ workers });
  await server.untilStates("up", "up", "up");

  for (const [command, line, code] of EXAMPLES) {
    await t.step(`client ${command}`, async () => {
      const words = command.split(" ");
      // The port goes behind the operands: flags may stand anywhere.
      const port = ["--port", String(server.address.port)];
      const outcome = await runClient([...words, ...port]);
      assertEquals(outcome, { code, stdout: line + "\n", stderr: "" });
    });
  }
  await t.step("--pretty", () => printsPretty(server));
  await t.step("an n that no double can hold", () => sumsExactly(server));
  await t.step("--explain", () => explains(server));
  await t.step("status", () => showsStatus(server, workers.map(({ name }) => name)));
});

async function printsPretty(server: Server): Promise<void> {
  const block = `{
  "ok": true,
  "result": 285,
  "parts": [
    {"a": 1, "b": 3, "result": 14},
    {"a": 4, "b": 6, "result": 77},
    {"a": 7, "b": 9, "result": 194}
  ]
}
`;
  const outcome = await server.client(["--op", "sum_squares", "--n", "9", "--pretty"]);
  assertEquals(outcome, { code: 0, stdout: block, stderr: "" });
}

async function sumsExactly(server: Server): Promise<void> {
  const n = 1000000000000000000000n;
  const { code, stdout } = await server.client(["--op", "sum_squares", "--n", String(n)]);
  assertEquals(code, 0);
  const sum = n * (n + 1n) * (2n * n + 1n) / 6n;
  assert(stdout.startsWith(`{"ok": true, "result": ${sum}, "parts": [{"a": 1, "b": `), stdout);
  assert(stdout.includes(`"b": ${n}, `), stdout);
}

async function explains(server: Server): Promise<void> {
  const sum = await server.client(["--op", "sum_squares", "--n", "9", "--explain"]);
  const { explain, ...rest } = JSON.parse(sum.stdout);
  assertEquals(Object.keys(rest), ["ok", "result", "parts"]);
  assertEquals(explain.work.map(({ a, b }: { a: number; b: number }) => [a, b]), [
    [1, 3],
    [4, 6],
    [7, 9],
  ]);
  const { workers } = await server.status();
  for (const [place, { attempts }] of explain.work.entries()) {
    assertEquals(attempts.length, 1);
    assertEquals(attempts[0].worker, workers[place]?.name);
    assertEquals(attempts[0].outcome, "ok");
    assert(attempts[0].ms >= 0 && attempts[0].ms <= explain.ms);
  }
}

async function showsStatus(server: Server, names: readonly string[]): Promise<void> {
  const { code, stdout } = await server.client(["status"]);
  assertEquals(code, 0);
  const status = JSON.parse(stdout);
  assertEquals(status.ok, true);
  assertEquals(status.role, "calc_server");
  assertEquals(status.workers.map(({ name }: { name: string }) => name), names);
}

Deno.test("the client ends with 1 and the reply if every worker is down", async () => {
  await using server = await startServer({
    workers: [`127.0.0.1:${freePort()}`, `127.0.0.1:${freePort()}`],
  });
  const reply = '{"ok": false, "error": "ningún worker disponible"}\n';
  for (const op of [["add", "--a", "10", "--b", "5"], ["sum_squares", "--n", "9"]]) {
    const outcome = await server.client(["--op", ...op]);
    assertEquals(outcome, { code: 1, stdout: reply, stderr: "" });
  }
});

Deno.test("the client ends with 3 and one line if no server can be had", async (t) => {
  const ask = ["--op", "add", "--a", "1", "--b", "2"];
  await t.step("nobody listens", async () => {
    const port = String(freePort());
    const outcome = await runClient(["--port", port, ...ask]);
    assertFailure(outcome, `client: cannot reach 127.0.0.1:${port}: connection refused\n`);
  });
  await t.step("the server says nothing within --timeout", async () => {
    await using silent = new FakeWorker((peer) => peer.staySilent());
    const port = String(silent.address.port);
    const outcome = await runClient(["--port", port, "--timeout", "200ms", ...ask]);
    assertFailure(outcome, `client: ${silent.name} did not answer in time\n`);
  });
  await t.step("the server closes without a word", async () => {
    await using rude = new FakeWorker(() => {});
    const outcome = await runClient(["--port", String(rude.address.port), ...ask]);
    assertEquals(outcome.code, 3);
    assertMatch(outcome.stderr, /^client: cannot reach 127\.0\.0\.1:\d+: [^\n]+\n$/);
  });
  await t.step("what answers is no calc_server", async () => {
    await using other = new FakeWorker(async (peer) => {
      await peer.line();
      await peer.send("HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    const outcome = await runClient(["--port", String(other.address.port), ...ask]);
    assertEquals(outcome.code, 3);
    assertMatch(outcome.stderr, /^client: [^\n]+\n$/);
    assertEquals(outcome.stdout, "");
  });
  await t.step("the host has no address", async () => {
    const outcome = await runClient(["--host", "no-such-host.invalid", ...ask]);
    assertEquals(outcome.code, 3);
    assertMatch(outcome.stderr, /^client: cannot reach no-such-host\.invalid:5000: [^\n]+\n$/);
  });
});

function assertFailure(outcome: Outcome, stderr: string): void {
  assertEquals(outcome, { code: 3, stdout: "", stderr });
}
