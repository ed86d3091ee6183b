import { assert, assertEquals, assertMatch } from "@std/assert";
import { runClient, type Server, startServer, startWorkers } from "../support/cluster.ts";
import { TemporaryFolder } from "../support/paths.ts";
import { freePort } from "../support/ports.ts";
import { startRole } from "../support/roles.ts";
import { within } from "../support/waiting.ts";

const INVALID_JSON = '{"ok":false,"error":"la línea no es JSON válido"}';
const EMPTY = '{"ok":false,"error":"la línea está vacía"}';

/** One line of input and its line of output. */
const PAIRS: readonly (readonly [input: string, output: string])[] = [
  ['{"op":"add","a":1,"b":2}', '{"ok":true,"result":3.0,"a":1.0,"b":2.0,"op":"add"}'],
  ['{"id":7,"op":"add","a":1,"b":3}', '{"id":7,"ok":true,"result":4.0,"a":1.0,"b":3.0,"op":"add"}'],
  // The same id again, and one that is a text with quotes and letters beyond ASCII.
  [
    '{"id":7,"op":"sub","a":1,"b":3}',
    '{"id":7,"ok":true,"result":-2.0,"a":1.0,"b":3.0,"op":"sub"}',
  ],
  [
    '{"op":"mul","id":"ñ\\"$&😀","a":2,"b":3}',
    '{"id":"ñ\\"$&😀","ok":true,"result":6.0,"a":2.0,"b":3.0,"op":"mul"}',
  ],
  ["", EMPTY],
  ["   ", EMPTY],
  ["not json", INVALID_JSON],
  ["[1,2]", '{"ok":false,"error":"la solicitud debe ser un objeto JSON"}'],
  ['  { "op" : "sub", "a" : 5, "b" : 2 }  ', '{"ok":true,"result":3.0,"a":5.0,"b":2.0,"op":"sub"}'],
  ['{"op":"div","a":1,"b":0}', '{"ok":false,"error":"División por cero"}'],
  [
    '{"id":"x","op":"div","a":1,"b":0}',
    '{"id":"x","ok":false,"error":"División por cero","code":"division_by_zero"}',
  ],
  ['{"id":{},"op":"ping"}', '{"ok":false,"error":"\\"id\\" debe ser un texto o un entero seguro"}'],
  [
    '{"id":1,"op":"pow"}',
    '{"id":1,"ok":false,"error":"operación desconocida: \\"pow\\"","code":"unknown_op"}',
  ],
  [
    '{"op":"sum_squares","n":100000000000000000000}',
    '{"ok":true,"result":333333333333333333338333333333333333333350000000000000000000,"parts":[' +
    '{"a":1,"b":50000000000000000000,"result":41666666666666666667916666666666666666675000000000000000000},' +
    '{"a":50000000000000000001,"b":100000000000000000000,"result":291666666666666666670416666666666666666675000000000000000000}]}',
  ],
  [
    "GET / HTTP/1.1",
    '{"ok":false,"error":"esto no es un servidor HTTP: habla JSON, un objeto por línea"}',
  ],
  [
    "x".repeat(1024 * 1024 + 1),
    '{"ok":false,"error":"la línea supera el máximo de bytes permitido"}',
  ],
  [
    '{"op":"channel","protocol":1}',
    '{"ok":false,"error":"channel debe ser la única solicitud pendiente de su conexión"}',
  ],
  ['{"op":"ping"}', '{"ok":true}'],
];

const INPUT = PAIRS.map(([input]) => input).join("\n");
const OUTPUT = PAIRS.map(([, output]) => output + "\n").join("");

Deno.test("client --batch", async (t) => {
  await using workers = await startWorkers(2);
  await using server = await startServer({ workers });
  await server.untilStates("up", "up");
  const step = (name: string, test: (server: Server) => Promise<void>) =>
    t.step(name, () => test(server));

  await step("gives a line for each line, in order", givesEachLine);
  await step("takes CRLF", takesCrlf);
  await step("takes every window", takesEveryWindow);
  await step("ends with 0 if every reply is ok", endsWith0);
  await step("takes nothing and gives nothing", takesNothing);
  await step("refuses a line that is not UTF-8", refusesInvalidUtf8);
  await step("goes from file to file", goesFromFileToFile);
  await step("refuses files that it cannot use", refusesFiles);
});

async function givesEachLine(server: Server): Promise<void> {
  // The last line counts with a newline and without.
  for (const stdin of [INPUT, INPUT + "\n"]) {
    const outcome = await server.client(["--batch"], { stdin });
    assertEquals(outcome, { code: 1, stdout: OUTPUT, stderr: "" });
  }
}

async function takesCrlf(server: Server): Promise<void> {
  const { stdout } = await server.client(["--batch"], { stdin: INPUT.replaceAll("\n", "\r\n") });
  assertEquals(stdout, OUTPUT);
}

async function takesEveryWindow(server: Server): Promise<void> {
  for (const window of ["1", "3", "16384"]) {
    const { stdout } = await server.client(["--batch", "--window", window], { stdin: INPUT });
    assertEquals(stdout, OUTPUT);
  }
}

async function endsWith0(server: Server): Promise<void> {
  const [[input, output] = ["", ""]] = PAIRS;
  const outcome = await server.client(["--batch", "--input", "-", "--output=-"], { stdin: input });
  assertEquals(outcome, { code: 0, stdout: output + "\n", stderr: "" });
}

async function takesNothing(server: Server): Promise<void> {
  const outcome = await server.client(["--batch"], { stdin: "" });
  assertEquals(outcome, { code: 0, stdout: "", stderr: "" });
}

async function refusesInvalidUtf8(server: Server): Promise<void> {
  const ping = new TextEncoder().encode('{"op":"ping"}\n');
  // A stray byte, a character that is cut off, and half a surrogate pair.
  const broken = [[0x22, 0xff, 0x22], [0x22, 0xc3, 0x22], [0xed, 0xa0, 0x80]];
  const lines = broken.flatMap((bytes) => [...bytes, 0x0a]);
  const stdin = new Uint8Array([...ping, ...lines, ...ping]);
  const { code, stdout } = await server.client(["--batch"], { stdin });
  const refused = '{"ok":false,"error":"la línea no es UTF-8 válido"}\n';
  assertEquals([code, stdout], [1, `{"ok":true}\n${refused.repeat(3)}{"ok":true}\n`]);
}

async function goesFromFileToFile(server: Server): Promise<void> {
  await using folder = new TemporaryFolder();
  await folder.write("in.jsonl", INPUT);
  await folder.write("out.jsonl", "what was there before is gone\n".repeat(10_000));
  const files = ["--input", "in.jsonl", "--output", "out.jsonl"];
  const outcome = await server.client(["--batch", ...files], { cwd: folder.path });
  assertEquals(outcome, { code: 1, stdout: "", stderr: "" });
  assertEquals(await Deno.readTextFile(`${folder.path}/out.jsonl`), OUTPUT);
}

async function refusesFiles(server: Server): Promise<void> {
  await using folder = new TemporaryFolder();
  await folder.write("in.jsonl", INPUT);
  const cases: readonly (readonly [string[], RegExp])[] = [
    [["--input", "in.jsonl", "--output", "in.jsonl"], /--input and --output are the same file/],
    [["--input", "none.jsonl"], /cannot read --input "none\.jsonl": no such file/],
    [["--output", "none/out.jsonl"], /cannot write --output "none\/out\.jsonl": no such file/],
    [["--input", "."], /cannot read --input "\.": /],
  ];
  for (const [flags, problem] of cases) {
    const outcome = await server.client(["--batch", ...flags], { cwd: folder.path });
    assertEquals([outcome.code, outcome.stdout], [2, ""], outcome.stderr);
    assertMatch(outcome.stderr, problem);
    assertEquals(outcome.stderr.split("\n").length, 3, outcome.stderr);
  }
  assertEquals(await Deno.readTextFile(`${folder.path}/in.jsonl`), INPUT);
}

Deno.test("client --batch ends with 3 if no server can be reached", async () => {
  const port = String(freePort());
  const outcome = await runClient(["--port", port, "--batch"], { stdin: INPUT });
  const stderr = `client: cannot reach 127.0.0.1:${port}: connection refused\n`;
  assertEquals([outcome.code, outcome.stderr], [3, stderr]);
});

Deno.test("client --batch ends with 3 and one line if its server is lost for good", async () => {
  await using server = await startServer({ workers: [`127.0.0.1:${freePort()}`] });
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const port = String(server.address.port);
  await using client = startRole("client", ["--batch", "--port", port], { stdin: readable });
  const writer = writable.getWriter();
  const ping = new TextEncoder().encode('{"op":"ping"}\n');
  await writer.write(ping);
  await client.stdout.line(/^\{"ok":true\}$/);
  await server.kill();
  await writer.write(ping);
  // Its input is still open, as that of a person who types is.
  const { code } = await within("the end of the client", client.status, 5000);
  await writer.close().catch(() => {});
  const { stdout, stderr } = await client.outcome();
  const lost = `client: cannot reach 127.0.0.1:${port}: connection refused\n`;
  assertEquals({ code, stdout, stderr }, { code: 3, stdout: '{"ok":true}\n', stderr: lost });
});

for (const command of ["ping", "--batch"]) {
  Deno.test({
    name: `client ${command} says in one line that its stdout cannot be written`,
    ignore: Deno.build.os !== "linux",
    fn: async () => {
      await using server = await startServer({ workers: [`127.0.0.1:${freePort()}`] });
      const shellLine = 'exec "$0" "$@" > /dev/full';
      const { code, stderr } = await server.client([command], {
        stdin: '{"op":"ping"}',
        shellLine,
      });
      assertMatch(stderr, /^client: [^\n]+\n$/);
      assert(code !== 0, "a result that is lost is no success");
    },
  });
}
