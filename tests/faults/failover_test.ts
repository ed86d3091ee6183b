import { assertEquals, assertMatch } from "@std/assert";
import { startServer, startWorkers } from "../support/cluster.ts";
import { FakeWorker, type Script } from "../support/fake_worker.ts";
import { freePort } from "../support/ports.ts";
import { fullWorker, plainWorker } from "../support/scripts.ts";
import { until } from "../support/waiting.ts";

const SUM = '{"op":"sum_squares","n":9}';
const WHOLE = '{"ok":true,"result":285,"parts":[{"a":1,"b":3,"result":14},' +
  '{"a":4,"b":6,"result":77},{"a":7,"b":9,"result":194}]}';
const MEGABYTE = 1024 * 1024;

/** Answers every request with a text, in which `ID` stands for the request's id. */
const answers = (text: string): Script =>
  fullWorker((peer, line) => peer.send(text.replace("ID", JSON.parse(line).id) + "\n"));

/** Answers every request with so many bytes that are no line. */
const floods = (megabytes: number): Script =>
  fullWorker(async (peer) => {
    const piece = new Uint8Array(MEGABYTE).fill(0x78);
    for (let k = 0; k < megabytes; k++) await peer.send(piece);
    await peer.staySilent();
  });

/** Each fault of the second of three workers, once it has been asked. */
const FAULTS: readonly (readonly [name: string, script: Script])[] = [
  ["closes when it is asked", fullWorker((peer) => peer.close())],
  [
    "closes in the middle of its reply",
    fullWorker(async (peer) => {
      await peer.send('{"id":1,"ok":tr');
      peer.close();
    }),
  ],
  ["resets the connection when it is asked", async (peer) => {
    // One that is dialled again as the test ends may hear nothing.
    if (await peer.line() === undefined) return;
    await peer.send('{"ok":true,"op":"hello","protocol":1,"role":"worker","version":"0"}\n');
    await peer.reset();
  }],
  ["resets the connection when it is greeted", (peer) => peer.reset()],
  ["closes when it is greeted, always", (peer) => peer.close()],
  ["never answers", fullWorker(() => {})],
  ["never answers, not even pings", async (peer) => {
    await peer.line();
    await peer.send('{"ok":true,"op":"hello","protocol":1,"role":"worker","version":"0"}\n');
    await peer.staySilent();
  }],
  ["sends half a line and stops", fullWorker((peer) => peer.send('{"id":1,"ok":tr'))],
  ["sends 10 MB without a newline", floods(10)],
  ["sends 70 MB without a newline", floods(70)],
  ["answers what is no JSON", answers("rubbish")],
  ["answers invalid UTF-8", fullWorker((peer) => peer.send(new Uint8Array([0xff, 0xfe, 0x0a])))],
  ["answers what is no object", answers("[1,2,3]")],
  ["answers without ok", answers('{"id":ID,"result":77}')],
  ["answers without a result", answers('{"id":ID,"ok":true}')],
  ["answers with a text as result", answers('{"id":ID,"ok":true,"result":"77"}')],
  ["answers with an infinite result", answers('{"id":ID,"ok":true,"result":1e999}')],
  ["answers with a list as result", answers('{"id":ID,"ok":true,"result":[77]}')],
  ["answers without the id", answers('{"ok":true,"result":77}')],
  ["answers with an id that nobody gave", answers('{"id":987654321,"ok":true,"result":1}')],
  ["answers an error without a text", answers('{"id":ID,"ok":false}')],
  [
    "answers that it knows no operation",
    answers('{"id":ID,"ok":false,"error":"operación desconocida"}'),
  ],
  [
    "answers that it has no worker",
    answers('{"id":ID,"ok":false,"error":"ningún worker disponible","code":"no_worker_available"}'),
  ],
  [
    "answers a time-out that nobody set",
    answers(
      '{"id":ID,"ok":false,"error":"se agotó el tiempo de la solicitud","code":"deadline_exceeded"}',
    ),
  ],
  [
    "answers a division by zero where there is none",
    answers('{"id":ID,"ok":false,"error":"División por cero","code":"division_by_zero"}'),
  ],
  ["plain: never answers", plainWorker(() => {})],
  [
    "plain: closes in the middle of its reply",
    plainWorker(async (peer) => {
      await peer.send('{"ok":tr');
      peer.close();
    }),
  ],
  ["plain: answers what is no JSON", plainWorker((peer) => peer.send("?\n"))],
  ["plain: says nothing to hello, and nothing at all", (peer) => peer.staySilent()],
];

Deno.test("no fault of a worker costs a request, and parts are as without it", async (t) => {
  await using workers = await startWorkers(2);
  const [first, third] = workers;

  for (const [name, script] of FAULTS) {
    await t.step(name, async () => {
      await using faulty = new FakeWorker(script);
      await using server = await startServer({
        workers: [first!, faulty, third!],
        args: ["--worker-timeout", "1s"],
      });
      // On a busy machine they may be greeted later than a request waits for that.
      await until("the two others", async () => {
        const { workers: [one, , other] } = await server.status();
        return [one, other].every((worker) => worker!.state === "up");
      });
      using connection = await server.connect();
      assertEquals(await connection.ask(SUM), WHOLE);
      // Many at once, so that some are on their way when it fails, and again when it is known.
      for (let round = 0; round < 2; round++) await asksMany(connection);
      assertEquals(await connection.ask(SUM), WHOLE);
      const { workers: [, { completed } = { completed: -1 }], requests } = await server.status();
      assertEquals(completed, 0, "nothing that it said was believed");
      assertEquals([requests.failed, requests.in_flight, requests.waiting], [0, 0, 0]);
    });
  }
  await t.step("is not there at all", async () => {
    await using server = await startServer({
      workers: [first!, `127.0.0.1:${freePort()}`, third!],
    });
    using connection = await server.connect();
    assertEquals(await connection.ask(SUM), WHOLE);
    await asksMany(connection);
  });
});

interface Asking {
  send(text: string): Promise<void>;
  lines(count: number): Promise<string[]>;
}

async function asksMany(connection: Asking): Promise<void> {
  const count = 60;
  const requests = Array.from({ length: count }, (_, k) => `{"op":"add","a":${k},"b":1}\n${SUM}\n`);
  const expected = Array.from({ length: count }, (_, k) => [
    `{"ok":true,"result":${k + 1}.0,"a":${k}.0,"b":1.0,"op":"add"}`,
    WHOLE,
  ]);
  await connection.send(requests.join(""));
  assertEquals(await connection.lines(2 * count), expected.flat());
}

Deno.test("a final error of the arithmetic is believed, and asked of nobody else", async () => {
  const overflow =
    '{"id":ID,"ok":false,"error":"el resultado es demasiado grande","code":"overflow"}';
  await using one = new FakeWorker(answers(overflow));
  await using other = new FakeWorker(answers(overflow));
  await using server = await startServer({ workers: [one, other] });
  await server.untilStates("up", "up");
  const reply = '{"ok":false,"error":"el resultado es demasiado grande"}';
  assertEquals(await server.ask('{"op":"mul","a":1e200,"b":1e200}'), reply);
  assertEquals(one.work.length + other.work.length, 1);
});

Deno.test("explain tells of the attempt that failed and of the one that did not", async () => {
  await using workers = await startWorkers(1);
  await using faulty = new FakeWorker(fullWorker((peer) => peer.close()));
  await using server = await startServer({ workers: [faulty, ...workers] });
  await server.untilStates("up", "up");
  const { explain } = JSON.parse(await server.ask('{"op":"sum_squares","n":4,"explain":true}'));
  const [range] = explain.work;
  assertEquals([range.a, range.b], [1, 2]);
  const [failed, done] = range.attempts;
  assertEquals([failed.worker, done.worker], [faulty.name, workers[0]!.name]);
  assertMatch(failed.outcome, /closed/);
  assertEquals(done.outcome, "ok");
});
