import { assert, assertEquals } from "@std/assert";
import { type Server, startServer, startWorker, startWorkers } from "../support/cluster.ts";
import { type FakePeer, FakeWorker, type Script } from "../support/fake_worker.ts";
import { fromFileUrl, PROJECT } from "../support/paths.ts";
import { Process } from "../support/process.ts";
import { plainWorker, rightReply } from "../support/scripts.ts";

const WHOLE = '{"ok":true,"result":285,"parts":[{"a":1,"b":3,"result":14},' +
  '{"a":4,"b":6,"result":77},{"a":7,"b":9,"result":194}]}';

/** Programs that know one line in and one line out, each in its own way. */
const PROGRAMS: readonly (readonly [name: string, script: Script])[] = [
  ["answers what it does not know with an error", plainWorker(answer)],
  ["closes after each reply", closesAfterEachReply],
  ["ends without a word when op is unknown", async (peer) => {
    for await (const line of peer.lines()) {
      if (line.includes('"hello"')) return;
      await answer(peer, line);
    }
  }],
  ["ends without a word when op is unknown, and closes after each reply", async (peer) => {
    const line = await peer.line();
    if (line !== undefined && !line.includes('"hello"')) await answer(peer, line);
  }],
  ["says nothing at all when op is unknown", async (peer) => {
    for await (const line of peer.lines()) if (!line.includes('"hello"')) await answer(peer, line);
  }],
  ["answers what it does not know with a line of its own", async (peer) => {
    for await (const line of peer.lines()) {
      if (line.includes('"hello"')) await peer.send("ERROR: unknown command\n");
      else await answer(peer, line);
    }
  }],
  ["echoes everything that it does not know", async (peer) => {
    for await (const line of peer.lines()) {
      if (line.includes('"hello"')) await peer.send(line + "\n");
      else await answer(peer, line);
    }
  }],
  ["ends its lines with CRLF", plainWorker((peer, line) => peer.send(rightReply(line) + "\r\n"))],
];

async function closesAfterEachReply(peer: FakePeer): Promise<void> {
  const line = await peer.line();
  if (line === undefined) return;
  const isHello = line.includes('"hello"');
  await peer.send(
    isHello ? '{"ok":false,"error":"operación desconocida"}\n' : rightReply(line) + "\n",
  );
}

async function answer(peer: { send(text: string): Promise<void> }, line: string): Promise<void> {
  await peer.send(rightReply(line) + "\n");
}

for (const [name, script] of PROGRAMS) {
  Deno.test(`a plain worker that ${name} does its share`, async () => {
    await using plain = new FakeWorker(script);
    await using workers = await startWorkers(2);
    await using server = await startServer({ workers: [workers[0]!, plain, workers[1]!] });
    const states = await server.untilStates("up", "up", "up");
    assertEquals(states.map(({ protocol }) => protocol), ["full", "plain", "full"]);
    await doesItsShare(server);
    // It was never sent what it could not know.
    for (const line of plain.work) assert(!/"(?:id|hops|timeout_ms)"/.test(line), line);
  });
}

Deno.test("plain workers alone are a cluster as well", async () => {
  await using one = new FakeWorker(plainWorker(answer));
  await using other = new FakeWorker(closesAfterEachReply);
  await using server = await startServer({ workers: [one, other] });
  await server.untilStates("up", "up");
  using connection = await server.connect();
  const count = 500;
  const requests = Array.from({ length: count }, (_, k) => `{"op":"add","a":${k},"b":1}\n`);
  await connection.send(requests.join(""));
  const expected = Array.from(
    { length: count },
    (_, k) => `{"ok":true,"result":${k + 1}.0,"a":${k}.0,"b":1.0,"op":"add"}`,
  );
  assertEquals(await connection.lines(count), expected);
  const { workers } = await server.status();
  assertEquals(workers.map(({ failed }) => failed), [0, 0]);
});

Deno.test("a worker that closes after each reply is enough, however much comes at once", async () => {
  await using worker = new FakeWorker(closesAfterEachReply);
  await using server = await startServer({ workers: [worker] });
  await server.untilStates("up");
  using connection = await server.connect();
  const reply = '{"ok":true,"result":3.0,"a":1.0,"b":2.0,"op":"add"}';
  const count = 200;
  await connection.send('{"op":"add","a":1,"b":2}\n'.repeat(count));
  assertEquals(await connection.lines(count), Array.from({ length: count }, () => reply));
  for (let k = 0; k < 20; k++) assertEquals(await server.ask('{"op":"add","a":1,"b":2}'), reply);
});

Deno.test("a program that serves one connection after the other costs no request", async () => {
  let turn = Promise.resolve();
  await using worker = new FakeWorker((peer) => {
    const mine = turn.then(() => plainWorker(answer)(peer));
    turn = mine.then(() => {}, () => {});
    return mine;
  });
  await using server = await startServer({
    workers: [worker],
    args: ["--worker-timeout", "300ms"],
  });
  await server.untilStates("up");
  using connection = await server.connect();
  const reply = '{"ok":true,"result":3.0,"a":1.0,"b":2.0,"op":"add"}';
  await connection.send('{"op":"add","a":1,"b":2}\n'.repeat(50));
  assertEquals(await connection.lines(50), Array.from({ length: 50 }, () => reply));
});

const python = await findPython();

Deno.test({
  name: "examples/worker.py does its share, is missed by nobody, and comes back" +
    (python === undefined ? " (skipped: no python3 here)" : ""),
  ignore: python === undefined,
  fn: async () => {
    await using stack = new AsyncDisposableStack();
    const script = fromFileUrl(new URL("examples/worker.py", PROJECT));
    const start = async (port: string) => {
      const process = stack.use(
        new Process({ command: python!, args: [script, port], cwd: ".", env: {}, clearEnv: false }),
      );
      const [, found] = await process.stdout.line(/listening on 127\.0\.0\.1:(\d+)$/);
      return { process, port: found! };
    };
    const { process, port } = await start("0");
    await using worker = await startWorker();
    await using server = await startServer({ workers: [`127.0.0.1:${port}`, worker] });
    const [plain] = await server.untilStates("up", "up");
    assertEquals(plain!.protocol, "plain");
    await answersRight(server);
    const [{ completed } = { completed: 0 }] = (await server.status()).workers;
    assert(completed > 0, "it has worked");

    process.kill("SIGKILL");
    await process.status;
    await answersRight(server);
    await server.untilStates("down", "up");
    await start(port);
    await server.untilStates("up", "up");
    await answersRight(server);
  },
});

/** Its part of sums and of single operations, under load too, and nothing that fails. */
async function doesItsShare(server: Server): Promise<void> {
  using connection = await server.connect();
  for (let k = 0; k < 3; k++) {
    assertEquals(await connection.ask('{"op":"sum_squares","n":9}'), WHOLE);
  }
  const count = 300;
  const requests = Array.from({ length: count }, (_, k) => `{"op":"sub","a":${k},"b":1}\n`);
  await connection.send(requests.join(""));
  const expected = Array.from(
    { length: count },
    (_, k) => `{"ok":true,"result":${k - 1}.0,"a":${k}.0,"b":1.0,"op":"sub"}`,
  );
  assertEquals(await connection.lines(count), expected);
  const [, plain] = (await server.status()).workers;
  // Three ranges, and at least one of the operations.
  assert(plain!.completed > 3, JSON.stringify(plain));
  // On a busy machine it may be slower than the others for a moment, and suspect; nothing fails for that.
  assertEquals(plain!.failed, 0);
}

/** Everything that a worker of any kind must be able to do, errors included. */
async function answersRight(server: Server): Promise<void> {
  using connection = await server.connect();
  const cases: readonly (readonly [string, string])[] = [
    ['{"op":"add","a":10,"b":5}', '{"ok":true,"result":15.0,"a":10.0,"b":5.0,"op":"add"}'],
    ['{"op":"sub","a":20,"b":7}', '{"ok":true,"result":13.0,"a":20.0,"b":7.0,"op":"sub"}'],
    ['{"op":"mul","a":6,"b":9}', '{"ok":true,"result":54.0,"a":6.0,"b":9.0,"op":"mul"}'],
    ['{"op":"div","a":10,"b":4}', '{"ok":true,"result":2.5,"a":10.0,"b":4.0,"op":"div"}'],
    ['{"op":"div","a":10,"b":0}', '{"ok":false,"error":"División por cero"}'],
    ['{"op":"mul","a":1e200,"b":1e200}', '{"ok":false,"error":"el resultado es demasiado grande"}'],
    ['{"op":"sum_squares","a":4,"b":6}', '{"ok":true,"result":77}'],
    [
      '{"op":"sum_squares","n":3}',
      '{"ok":true,"result":14,"parts":[{"a":1,"b":2,"result":5},{"a":3,"b":3,"result":9}]}',
    ],
    [
      '{"op":"sum_squares","n":2000000000000000000000}',
      '{"ok":true,"result":2666666666666666666668666666666666666666667000000000000000000000,' +
      '"parts":[{"a":1,"b":1000000000000000000000,' +
      '"result":333333333333333333333833333333333333333333500000000000000000000},' +
      '{"a":1000000000000000000001,"b":2000000000000000000000,' +
      '"result":2333333333333333333334833333333333333333333500000000000000000000}]}',
    ],
  ];
  for (const [request, reply] of cases) {
    for (let k = 0; k < 2; k++) assertEquals(await connection.ask(request), reply);
  }
}

async function findPython(): Promise<string | undefined> {
  for (const command of ["python3", "python"]) {
    try {
      const { success } = await new Deno.Command(command, {
        args: ["-c", "import sys; sys.exit(sys.version_info < (3, 6))"],
        stderr: "null",
      }).output();
      if (success) return command;
    } catch {
      // Not here: the next name.
    }
  }
  return undefined;
}
