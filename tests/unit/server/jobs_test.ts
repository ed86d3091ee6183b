import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  JOB_CLIENT_SILENCE_MS,
  JOB_REFUSAL_REST_MS,
  JOB_REFUSED_MS,
  JOB_STALL_MS,
  JOB_WATCH_MS,
  MAX_JOBS,
} from "../../../src/limits.ts";
import { JobWires, OPENING, type Wire } from "./job_wire.ts";

const CHANNEL = { op: "channel", protocol: 1 };
const JOIN = { op: "join", protocol: 1, instance: "i", name: "n", port: 1 };
/** In the place of a fault: a chunk whose number is given twice. */
const TWICE = {};
const RANGE = { op: "chunk", job: 1, chunk: 1, position: 1, count: 3, first: "5", credit: 1000 };

/** A server with one worker, a client with a job, and the code where it belongs. */
function running(input = "range"): { wires: JobWires; client: Wire; worker: Wire } {
  const wires = new JobWires(1);
  wires.greet(wires.dialled[0]!, 1);
  const client = wires.client();
  wires.send(client, { ...OPENING, input });
  assertEquals(wires.messages(client), [
    { op: "need", job: 1 },
    { op: "want", job: 1, want: 1024 * 1024 },
  ]);
  wires.send(client, { op: "code", job: 1, bytes: 3 }, "1+1");
  const worker = wires.channel(1);
  return { wires, client, worker };
}

Deno.test("a job goes to the worker as it came, and its results come back under the client's numbers", () => {
  const { wires, client, worker } = running();
  wires.send(client, { ...RANGE, count: 1 });
  assertEquals(wires.messages(worker), [
    { ...OPENING, hops: 1 },
    { ...RANGE, count: 1, chunk: 1, credit: 512 * 1024 },
  ]);
  wires.send(worker, { op: "need", job: 1 });
  assertEquals(wires.take(worker), '{"op":"code","job":1,"bytes":3}\n1+1');
  wires.send(worker, { op: "started", job: 1, chunk: 1 });
  const print = { op: "print", job: 1, position: 1, text: "hola" };
  wires.send(worker, print);
  wires.send(worker, { op: "result", job: 1, chunk: 1, position: 1, count: 1, bytes: 3 }, "25\n");
  wires.send(worker, { op: "done", job: 1, chunk: 1, ms: 1.23456 });
  assertEquals(
    wires.take(client),
    '{"op":"progress","job":1,"name":"1","workers":0,"slots":0}\n' +
      '{"op":"print","job":1,"position":1,"worker":"w1:1","text":"hola"}\n' +
      '{"op":"result","job":1,"chunk":1,"position":1,"count":1,"bytes":3}\n25\n' +
      '{"op":"done","job":1,"chunk":1,"ms":1.235}\n',
  );
  wires.send(client, { op: "close", job: 1 });
  assertEquals(wires.messages(worker), [{ op: "close", job: 1 }]);
});

Deno.test("code is sent to a worker that asks for it, and asked of a client only once", () => {
  const { wires, client } = running();
  wires.send(client, { op: "close", job: 1 });
  wires.messages(client);
  const other = wires.client();
  wires.send(other, { ...OPENING, job: 9 });
  assertEquals(wires.messages(other), [{ op: "want", job: 9, want: 1024 * 1024 }]);
});

Deno.test("a channel is refused where code is not allowed, beside other requests, and for nobody who joined", () => {
  const wires = new JobWires(0, false);
  const refused = wires.accept();
  wires.send(refused, { id: 1, ...CHANNEL });
  assertStringIncludes(wires.take(refused), '"code":"code_not_allowed"');
  wires.send(refused, { id: 2, op: "cancel", job: "1" });
  assertStringIncludes(wires.take(refused), '"code":"not_allowed"');
  wires.send(refused, { id: 3, op: "jobs" });
  assertEquals(wires.take(refused), '{"id":3,"ok":true,"op":"jobs","jobs":[]}\n');
  const open = new JobWires(1);
  const client = open.accept();
  open.send(client, { id: 1, op: "add", a: 1, b: 2 }, { id: 2, ...CHANNEL });
  assertStringIncludes(open.take(client), '"code":"channel_not_alone"');
  // What stands behind it would be no request, and is no message yet.
  for (const request of [CHANNEL, JOIN]) {
    const hasty = open.accept();
    open.send(hasty, { id: 9, ...request }, `{"op":"pi`);
    open.send(hasty, 'ng","id":1}\n');
    const [first, second] = open.take(hasty).split("\n");
    assertStringIncludes(first!, `"code":"${request.op}_not_alone"`);
    assertEquals(second, '{"id":1,"ok":true}');
  }
  const joined = open.accept();
  open.send(joined, { id: 1, ...CHANNEL, instance: "nobody", slots: 1 });
  assertStringIncludes(open.take(joined), '"code":"unknown_instance"');
  open.send(joined, { id: 1, ...CHANNEL, protocol: 2 });
  assertStringIncludes(open.take(joined), '"code":"protocol_mismatch"');
});

Deno.test("a joined worker's channel is where its chunks go", () => {
  const wires = new JobWires(0);
  const main = wires.accept();
  wires.send(main, {
    op: "join",
    protocol: 1,
    name: "lab",
    instance: "i",
    role: "worker",
    slots: 2,
  });
  const worker = wires.accept();
  wires.send(worker, { ...CHANNEL, instance: "i", slots: 2 });
  assertStringIncludes(wires.take(worker), '"op":"channel"');
  const client = wires.client();
  wires.send(client, OPENING, { op: "code", job: 1, bytes: 3 }, "1+1", { ...RANGE, count: 9 });
  const chunks = wires.messages(worker).filter(({ op }) => op === "chunk");
  assertEquals(chunks.map(({ position, count, first }) => [position, count, first]), [
    [1, 1, "5"],
    [2, 1, "6"],
    [3, 1, "7"],
    [4, 1, "8"],
  ]);
  const again = wires.accept();
  wires.send(again, { ...CHANNEL, instance: "i", slots: 1 });
  assertEquals(worker.end, "close");
  const moved = wires.messages(again).filter(({ op }) => op === "chunk");
  assertEquals(moved.map(({ position }) => position), [1, 2]);
});

Deno.test("a job runs once a worker has begun with it, and waits for a slot until then", () => {
  const { wires, client, worker } = running();
  const asking = wires.accept();
  const state = () => {
    wires.send(asking, { op: "jobs" });
    const { jobs } = JSON.parse(wires.take(asking));
    return jobs.map((job: { state: string; slots: number }) => `${job.state} ${job.slots}`);
  };
  assertEquals(state(), ["waiting 1"]);
  wires.send(client, { ...RANGE, count: 1 });
  assertEquals(state(), ["waiting 1"]);
  wires.send(worker, { op: "started", job: 1, chunk: 1 });
  assertEquals(state(), ["running 1"]);
  wires.send(worker, { op: "result", job: 1, chunk: 1, position: 1, count: 1, bytes: 2 }, "1\n");
  wires.send(worker, { op: "done", job: 1, chunk: 1, ms: 1 });
  assertEquals(state(), ["running 1"]);
  wires.send(worker, { op: "slots", slots: 0 });
  assertEquals(state(), ["waiting 0"]);
});

Deno.test("a job that nobody can do fails at once where all workers are known, and else after a while", () => {
  const known = new JobWires(1);
  known.greet(known.dialled[0]!);
  const client = known.client();
  known.send(client, OPENING);
  assertStringIncludes(known.take(client), '"code":"no_code_worker"');
  const unknown = new JobWires(1);
  const waiting = unknown.client();
  unknown.send(waiting, OPENING, { op: "code", job: 1, bytes: 3 }, "1+1", RANGE);
  for (let ms = 0; ms < JOB_STALL_MS - 2000; ms += 1000) {
    unknown.advance(1000);
    unknown.send(waiting, { op: "pong" });
  }
  assert(!unknown.take(waiting).includes("job_failed"));
  for (let ms = 0; ms < 4000; ms += 1000) {
    unknown.advance(1000);
    unknown.send(waiting, { op: "pong" });
  }
  assertStringIncludes(unknown.take(waiting), '"code":"no_code_worker"');
});

Deno.test("a job waits for a worker that is away: it may come back as one that runs code", () => {
  const wires = new JobWires(1);
  const [before] = wires.dialled;
  wires.greet(before!);
  wires.step({ kind: "closed", connection: before!.connection, reason: "gone" });
  const client = wires.client();
  wires.send(client, OPENING, { op: "code", job: 1, bytes: 3 }, "1+1", RANGE);
  assert(!wires.take(client).includes("job_failed"));
  wires.advance(100);
  wires.greet(wires.dialled.at(-1)!, 1);
  wires.advance(JOB_WATCH_MS);
  const channel = wires.channel(1);
  assertEquals(wires.messages(channel)[1]?.op, "chunk");
});

Deno.test("what is no job is refused, and what nobody may say ends the channel", () => {
  const { wires } = running();
  const cases: [object | string, string][] = [
    [{ ...OPENING, sha256: "x" }, "bad_job"],
    [{ ...OPENING, reduce: "avg" }, "bad_job"],
    [{ ...OPENING, code_bytes: 0 }, "bad_job"],
    [{ ...OPENING, item_timeout_ms: 0 }, "bad_job"],
    [{ ...OPENING, hops: 8 }, "too_many_hops"],
  ];
  for (const [opening, code] of cases) {
    const client = wires.client();
    wires.send(client, opening);
    assertStringIncludes(wires.take(client), `"code":"${code}"`);
    assertEquals(client.end, undefined);
  }
  const faults: (object | string)[] = [
    "hola\n",
    { ...OPENING, job: "1" },
    { ...RANGE, first: "x" },
    { ...RANGE, count: 0 },
    TWICE,
    { ...RANGE, first: undefined, item_bytes: 5 },
    { op: "items", job: 1, chunk: 7, bytes: 0 },
    { op: "credit", job: 1, chunk: 1, credit: -1 },
    { op: "code", job: 1, bytes: 4 },
  ];
  for (const fault of faults) {
    const client = wires.client();
    wires.send(client, { ...OPENING, sha256: "b".repeat(64) });
    for (const one of fault === TWICE ? [RANGE, { ...RANGE, position: 50 }] : [fault]) {
      wires.send(client, one);
    }
    if (typeof fault === "object" && "bytes" in fault && fault.bytes === 4) {
      wires.send(client, "1+11");
    }
    assertEquals(client.end, "close", JSON.stringify(fault));
  }
});

Deno.test("a job is opened once, and there are not more than a server runs", () => {
  const { wires, client } = running();
  wires.send(client, OPENING);
  assertEquals(client.end, "close");
  const many = wires.client();
  for (let job = 1; job <= MAX_JOBS; job++) wires.send(many, { ...OPENING, job });
  assert(!wires.take(many).includes("too_many_jobs"));
  wires.send(many, { ...OPENING, job: MAX_JOBS + 1 });
  assertStringIncludes(wires.take(many), "too_many_jobs");
});

Deno.test("a worker that says what cannot be loses its channel, and its chunks go to it anew", () => {
  const cases: (object | string)[] = [
    "hola\n",
    { op: "result", job: 1, chunk: 1, position: 2, count: 1 },
    { op: "result", job: 1, chunk: 1, position: 1, count: 2 },
    { op: "result", job: 1, chunk: 1, position: 1 },
    { op: "done", job: 1, chunk: 1, ms: 1 },
    { op: "failed", job: 1, chunk: 1, position: 1, cause: "spite" },
  ];
  for (const [index, fault] of cases.entries()) {
    const { wires, client, worker } = running();
    wires.send(client, RANGE);
    wires.send(worker, fault);
    assertEquals(worker.end, "close", JSON.stringify(fault));
    assertEquals(
      wires.logs.filter((text) => text.includes("the channel of")).length,
      1,
      `${index}`,
    );
    wires.advance(1000);
    const again = wires.dialled.at(-1)!;
    assert(again !== worker);
    wires.step({ kind: "connected", connection: again.connection });
    wires.take(again);
    wires.send(again, { ok: true, op: "channel", protocol: 1, slots: 1 });
    const [, chunk] = wires.messages(again);
    assertEquals([chunk!.op, chunk!.position], ["chunk", 1]);
  }
});

Deno.test("a module that cannot be loaded ends the job, and is not kept", () => {
  const { wires, client, worker } = running();
  wires.send(client, RANGE);
  wires.take(client);
  const failure = { op: "job_failed", job: 1, code: "bad_code", error: "no", stack: "at f" };
  wires.send(worker, failure);
  assertEquals(wires.messages(client), [failure]);
  const other = wires.client();
  wires.send(other, OPENING);
  assertEquals(wires.messages(other)[0], { op: "need", job: 1 });
});

const REFUSAL = { op: "job_failed", job: 1, code: "no_code_worker", error: "no" };

Deno.test("a job that is cancelled below is over, and no worker can say so", () => {
  const cancelled = { op: "job_failed", job: 1, code: "job_cancelled", error: "cancelado" };
  const { wires, client, worker } = running();
  wires.send(client, RANGE);
  wires.send(worker, cancelled);
  assertEquals(wires.take(client).includes("job_failed"), false);
  const below = new JobWires(1);
  below.greet(below.dialled[0]!, 1, "calc_server");
  const above = below.client();
  below.send(above, OPENING);
  below.send(above, { op: "code", job: 1, bytes: 3 }, "1+1");
  const channel = below.channel(1);
  below.take(above);
  below.send(channel, cancelled);
  assertStringIncludes(below.take(above), '"op":"job_failed","job":1,"code":"job_cancelled"');
});

Deno.test("a module that runs elsewhere does not end its job where a worker cannot load or set it up", () => {
  for (const code of ["bad_code", "bad_exports", "setup_failed"]) {
    const failed = { op: "job_failed", job: 1, code, error: "dead" };
    const { wires, client, worker } = running();
    wires.send(client, RANGE);
    const [, given] = wires.messages(worker);
    wires.send(worker, { op: "started", job: 1, chunk: given!.chunk });
    wires.send(worker, failed);
    assertEquals(wires.take(client).includes("job_failed"), false, code);
    const early = running();
    early.wires.send(early.client, RANGE);
    early.wires.send(early.worker, failed);
    assertStringIncludes(early.wires.take(early.client), `"code":"${code}"`);
  }
});

Deno.test("what a worker cannot do goes to another, and it is asked again after a while", () => {
  const { wires, client, worker } = running();
  wires.send(client, RANGE);
  assertEquals(wires.messages(worker).map(({ op }) => op), ["open", "chunk", "chunk"]);
  wires.send(worker, REFUSAL);
  const joined = wires.accept();
  wires.send(joined, { op: "join", protocol: 1, name: "lab", instance: "i", slots: 1 });
  const other = wires.accept();
  wires.send(other, { ...CHANNEL, instance: "i", slots: 1 });
  const positions = wires.messages(other).filter(({ op }) => op === "chunk")
    .map(({ position }) => position);
  assertEquals(positions, [1, 2]);
  wires.advance(JOB_REFUSAL_REST_MS - 100);
  assertEquals(wires.messages(worker), []);
  wires.advance(200);
  assertEquals(wires.messages(worker).map(({ op }) => op), ["open", "chunk"]);
  assert(!wires.take(client).includes("job_failed"));
});

Deno.test("a job whose last worker leaves waits for one that comes", () => {
  const wires = new JobWires(0);
  const join = (instance: string) => {
    const main = wires.accept();
    wires.send(main, { op: "join", protocol: 1, name: "lab", instance, slots: 1 });
    const channel = wires.accept();
    wires.send(channel, { ...CHANNEL, instance, slots: 1 });
    return { main, channel };
  };
  const first = join("i");
  const client = wires.client();
  wires.send(client, OPENING, { op: "code", job: 1, bytes: 3 }, "1+1", { ...RANGE, count: 1 });
  wires.advance(100);
  wires.send(first.channel, { op: "slots", slots: 0 });
  wires.step({ kind: "closed", connection: first.channel.connection, reason: "gone" });
  wires.send(first.main, { op: "goodbye" });
  wires.step({ kind: "closed", connection: first.main.connection, reason: "gone" });
  wires.advance(1000);
  assert(!wires.take(client).includes("job_failed"));
  const next = join("j");
  wires.advance(100);
  const ops = wires.messages(next.channel).map(({ op }) => op);
  assert(ops.includes("chunk"), `${ops}`);
});

Deno.test("a job that all workers refuse is asked of them again and again, and fails in the end", () => {
  const { wires, client, worker } = running();
  wires.send(client, RANGE);
  let asked = 0;
  for (let ms = 0; ms < JOB_STALL_MS + 2000; ms += 500) {
    if (wires.messages(worker).some(({ op }) => op === "open")) {
      wires.send(worker, REFUSAL);
      asked++;
    }
    assert(client.end === undefined);
    wires.send(client, { op: "pong" });
    wires.send(worker, { op: "pong" });
    const ping = /"id":(\d+)/.exec(wires.take(wires.dialled[0]!));
    if (ping !== null) wires.send(wires.dialled[0]!, { id: Number(ping[1]), ok: true });
    wires.advance(500);
  }
  assert(asked > 30, `${asked}`);
  assertStringIncludes(wires.take(client), '"code":"no_code_worker"');
});

Deno.test("a client that gives fewer lines than it says loses its channel, and nobody else his", () => {
  const { wires, worker } = running("items");
  for (const [count, text] of [[5, "11111\n"], [2, "1\n2\n3\n"], [2, "1\n22"]] as const) {
    const bad = wires.client();
    const bytes = text.length;
    wires.send(bad, { ...OPENING, input: "items" });
    wires.send(bad, {
      op: "chunk",
      job: 1,
      chunk: 1,
      position: 1,
      count,
      credit: 9,
      item_bytes: bytes,
      bytes,
    }, text);
    assertEquals([bad.end, worker.end], ["close", undefined], text);
  }
  assertEquals(wires.messages(worker).filter(({ op }) => op === "chunk"), []);
});

Deno.test("a worker that goes is waited for until it has said all of what it had", () => {
  const { wires, client, worker } = running();
  wires.send(client, { ...RANGE, count: 1 });
  wires.send(worker, { op: "started", job: 1, chunk: 1 });
  wires.send(worker, { op: "slots", slots: 0 });
  wires.send(wires.dialled[0]!, { op: "goodbye" });
  wires.advance(500);
  assertEquals(worker.end, undefined);
  wires.take(client);
  wires.send(worker, { op: "result", job: 1, chunk: 1, position: 1, count: 1, bytes: 2 }, "5\n");
  wires.send(worker, { op: "done", job: 1, chunk: 1, ms: 1 });
  assertStringIncludes(wires.take(client), '"position":1,"count":1,"bytes":2}\n5\n');
  wires.advance(500);
  assertEquals(worker.end, "close");
});

Deno.test("a worker that goes without a word of that, or is silent then, is not waited for", () => {
  for (const saysSo of [false, true]) {
    const { wires, client, worker } = running();
    wires.send(client, RANGE);
    wires.send(worker, { op: "started", job: 1, chunk: 1 });
    if (saysSo) wires.send(worker, { op: "slots", slots: 0 });
    wires.send(wires.dialled[0]!, { op: "goodbye" });
    wires.advance(saysSo ? 5000 : 500);
    assertEquals(worker.end, "close");
  }
});

Deno.test("a worker that refuses its channel is asked again later and later, and said so once", () => {
  const wires = new JobWires(1);
  wires.greet(wires.dialled[0]!, 1);
  wires.send(wires.client(), OPENING);
  for (let count = 0; count < 3; count++) {
    wires.advance(1000);
    const dial = wires.dialled.at(-1)!;
    wires.step({ kind: "connected", connection: dial.connection });
    wires.send(dial, { ok: false, error: "nada" });
    assertEquals(dial.end, "close");
  }
  const refusals = wires.logs.filter((text) => text.includes("takes no jobs"));
  assertEquals(refusals, ["worker w1:1 takes no jobs: nada"]);
});

Deno.test("a client that is silent for long is gone, and one that answers is not", () => {
  const { wires, client, worker } = running();
  wires.send(client, RANGE);
  const seconds = JOB_CLIENT_SILENCE_MS / 1000 + 5;
  for (let second = 0; second < seconds && client.end === undefined; second++) {
    wires.advance(1000);
    wires.send(worker, { op: "pong" });
  }
  assertEquals(client.end, "close");
  const asker = wires.accept();
  wires.send(asker, { op: "jobs" });
  assertEquals(wires.take(asker), '{"ok":true,"op":"jobs","jobs":[]}\n');
});

Deno.test("what a client takes back is not said, and the chunks after it are", () => {
  const { wires, client, worker } = running();
  wires.send(client, { ...RANGE, count: 1 }, { ...RANGE, chunk: 2, position: 2, count: 1 });
  wires.send(client, { ...RANGE, chunk: 3, position: 3, count: 1 });
  wires.messages(client);
  wires.send(client, { op: "drop", job: 1, chunk: 1 }, { op: "drop", job: 1, chunk: 3 });
  const returned = { op: "returned", job: 1, position: 1, ms: 0, why: "dropped" };
  assertEquals(wires.messages(client), [
    { ...returned, chunk: 1 },
    { ...returned, chunk: 3, position: 3 },
  ]);
  assertEquals(wires.messages(worker).at(-1), { op: "drop", job: 1, chunk: 1 });
  wires.send(worker, { op: "result", job: 1, chunk: 1, position: 1, count: 1, bytes: 2 }, "1\n");
  wires.send(worker, { op: "done", job: 1, chunk: 1, ms: 1 });
  wires.send(worker, { op: "result", job: 1, chunk: 2, position: 2, count: 1, bytes: 2 }, "2\n");
  wires.send(worker, { op: "done", job: 1, chunk: 2, ms: 1 });
  const said = wires.messages(client);
  assertEquals(said.map(({ op, chunk }) => [op, chunk]), [["result", 2], ["done", 2]]);
  assert(!wires.take(worker).includes('"position":3'), "and nobody does it");
});

Deno.test("positions that a client takes back and gives again are done", () => {
  const { wires, client, worker } = running();
  const chunk = (chunk: number, position: number) => ({ ...RANGE, chunk, position, count: 1 });
  wires.send(client, chunk(1, 1), chunk(2, 2), chunk(3, 3));
  // Nobody has been given it yet.
  wires.send(client, { op: "drop", job: 1, chunk: 3 }, chunk(4, 3));
  wires.messages(client);
  for (const [number, position] of [[1, 1], [2, 2], [3, 3]] as const) {
    const numbers = { job: 1, chunk: number };
    wires.send(worker, { op: "result", ...numbers, position, count: 1, bytes: 2 }, `${position}\n`);
    wires.send(worker, { op: "done", ...numbers, ms: 1 });
  }
  assertEquals(wires.messages(client).map(({ op, chunk }) => [op, chunk]), [
    ...[["result", 1], ["done", 1]],
    ...[["result", 2], ["done", 2]],
    ...[["result", 4], ["done", 4]],
  ]);
});

Deno.test("lines come in pieces, as far as they are wanted, and a chunk of one long line comes whole", () => {
  const { wires, client, worker } = running("items");
  const line = "1".repeat(2 * 1024 * 1024 - 1) + "\n";
  const piece = 256 * 1024;
  wires.send(
    client,
    {
      op: "chunk",
      job: 1,
      chunk: 1,
      position: 1,
      count: 1,
      item_bytes: line.length,
      credit: 9,
      bytes: piece,
    },
    line.slice(0, piece),
  );
  const wanted = wires.messages(client).filter(({ op }) => op === "want");
  assertEquals(wanted, [{ op: "want", job: 1, want: 15 * 1024 * 1024 }]);
  for (let start = piece; start < line.length; start += piece) {
    wires.send(
      client,
      { op: "items", job: 1, chunk: 1, bytes: piece },
      line.slice(start, start + piece),
    );
  }
  const given = wires.messages(worker);
  assertEquals(given.map(({ op }) => op), ["open", "chunk", ...Array(7).fill("items")]);
  wires.send(worker, { op: "result", job: 1, chunk: 1, position: 1, count: 1, bytes: 2 }, "1\n");
  wires.send(worker, { op: "done", job: 1, chunk: 1, ms: 3 });
  assertEquals(wires.messages(client).map(({ op }) => op), ["result", "done", "want"]);
});

Deno.test("a long line comes whole though other lines are held", () => {
  const { wires, client } = running("items");
  const chunk = { op: "chunk", job: 1, position: 1, count: 9, credit: 9 };
  for (let number = 1; number <= 3; number++) {
    const item_bytes = number < 3 ? 249_993 : 10_000_000;
    const count = number < 3 ? 9 : 1;
    const of = { ...chunk, chunk: number, position: 9 * number - 8, count, item_bytes };
    const text = number < 3 ? ("1".repeat(27_776) + "\n").repeat(9) : "1".repeat(250_000);
    wires.send(client, { ...of, bytes: text.length }, text);
  }
  const wanted = wires.messages(client).filter(({ op }) => op === "want")
    .reduce((sum, { want }) => sum + Number(want), 1024 * 1024);
  assert(wanted >= 2 * 249_993 + 10_000_000, `${wanted}`);
});

Deno.test("merges go before other chunks, whole, and are told of at once", () => {
  const { wires, client, worker } = running("range");
  wires.send(client, { ...RANGE, count: 40 });
  wires.take(worker);
  const merge = { op: "chunk", job: 1, chunk: 2, position: 1, count: 3, merge: true, credit: 99 };
  wires.send(client, { ...merge, item_bytes: 6, bytes: 6 }, "1\n2\n3\n");
  wires.send(worker, { op: "result", job: 1, chunk: 1, position: 1, count: 1, bytes: 2 }, "1\n");
  wires.send(worker, { op: "done", job: 1, chunk: 1, ms: 1 });
  const shownDone = () => {
    const asker = wires.accept();
    wires.send(asker, { op: "jobs" });
    return JSON.parse(wires.take(asker)).jobs[0].done;
  };
  assertEquals(shownDone(), 1);
  const [given] = wires.messages(worker);
  assertEquals([given!.merge, given!.count, given!.item_bytes], [true, 3, 6]);
  wires.messages(client);
  wires.send(worker, {
    op: "result",
    job: 1,
    chunk: given!.chunk,
    position: 1,
    count: 3,
    bytes: 2,
  }, "6\n");
  assertEquals(shownDone(), 1, "a merge does no position of the input");
  wires.send(worker, { op: "done", job: 1, chunk: given!.chunk, ms: 1 });
  assertEquals(
    wires.messages(client).map(({ op, chunk }) => [op, chunk]),
    [
      ["result", 2],
      ["done", 2],
      ["want", undefined],
    ].filter(([op]) => op !== "want"),
  );
});

Deno.test("status shows how many chunks a worker runs, and that one is a coordinator", () => {
  const { wires, client, worker } = running();
  wires.send(client, RANGE);
  wires.send(worker, { op: "started", job: 1, chunk: 1 }, { op: "slots", slots: 3 });
  const asker = wires.accept();
  wires.send(asker, { op: "status" });
  const [status] = JSON.parse(wires.take(asker)).workers;
  assertEquals([status.slots, status.running], [3, 1]);
  const tree = new JobWires(1);
  tree.greet(tree.dialled[0]!, undefined, "calc_server");
  const above = tree.accept();
  tree.send(above, { op: "status" });
  assertEquals(JSON.parse(tree.take(above)).workers[0].role, "calc_server");
});

Deno.test("a coordinator below is told of the job at once, and its slots are those of its workers", () => {
  const wires = new JobWires(1);
  wires.greet(wires.dialled[0]!, undefined, "calc_server");
  const client = wires.client();
  wires.send(client, OPENING, { op: "code", job: 1, bytes: 3 }, "1+1", RANGE);
  const below = wires.channel(0);
  assertEquals(wires.messages(below).map(({ op }) => op), ["open"]);
  wires.send(below, { op: "slots", slots: 1 });
  assertEquals(wires.messages(below).map(({ op }) => op), ["chunk", "chunk"]);
  wires.advance(1100);
  assertEquals(wires.messages(client).filter(({ op }) => op === "slots"), [{
    op: "slots",
    slots: 1,
  }]);
});

Deno.test("a coordinator below is told of a job whose code comes later, or was known before", () => {
  const wires = new JobWires(1);
  wires.greet(wires.dialled[0]!, undefined, "calc_server");
  const client = wires.client();
  wires.send(client, OPENING);
  const below = wires.channel(0);
  assertEquals(wires.messages(below), []);
  wires.send(client, { op: "code", job: 1, bytes: 3 }, "1+1");
  wires.send(client, { ...OPENING, job: 2 });
  assertEquals(wires.messages(below).map(({ op, job }) => [op, job]), [["open", 1], ["open", 2]]);
});

Deno.test("channels that nobody needs are closed after a while", () => {
  const { wires, client, worker } = running();
  wires.send(client, { op: "close", job: 1 });
  const greeted = wires.dialled[0]!;
  for (let second = 1; second <= 60; second++) {
    assertEquals(worker.end, undefined);
    wires.advance(1000);
    for (const [, id] of wires.take(greeted).matchAll(/"id":(\d+)/g)) {
      wires.send(greeted, { id: Number(id), ok: true });
    }
  }
  assertEquals(worker.end, "close");
});

Deno.test("who prints more than its client reads is cut short, and failures are not", () => {
  const { wires, client, worker } = running();
  wires.send(client, { ...RANGE, count: 2000 });
  wires.take(client);
  const text = "x".repeat(4000);
  for (let count = 0; count < 600; count++) {
    // Never more at once than is passed on.
    if (count % 50 === 0) wires.nowMs += 1000;
    wires.send(worker, { op: "print", job: 1, position: 1, text });
  }
  const all = wires.take(client);
  const sent = all.length;
  assert(sent > 1024 * 1024 && sent < 1024 * 1024 + 10_000, `${sent}`);
  wires.send(worker, { op: "failed", job: 1, chunk: 1, position: 1, cause: "error", error: "no" });
  assertStringIncludes(wires.take(client), '"op":"failed","job":1,"chunk":1,"position":1');
  wires.step({ kind: "drained", connection: client.connection });
  const dropped = 600 - all.split('"op":"print"').length + 1;
  const notice = `(${dropped} printed texts were not read in time, and dropped)`;
  const print = '{"op":"print","job":1,"position":1,"worker":"w1:1","text":';
  assertEquals(wires.take(client), `${print}"${notice}"}\n`);
  wires.send(worker, { op: "print", job: 1, position: 1, text });
  assertEquals(wires.take(client), `${print}"${text}"}\n`);
});

Deno.test("where all have refused what ran before, the job ends with what they said", () => {
  const { wires, client, worker } = running();
  wires.send(client, RANGE);
  const [, given] = wires.messages(worker);
  wires.send(worker, { op: "started", job: 1, chunk: given!.chunk });
  const failed = { op: "job_failed", job: 1, code: "setup_failed", error: "no licence" };
  for (let ms = 0; ms <= JOB_REFUSED_MS + 2000; ms += 500) {
    wires.advance(500);
    wires.send(client, { op: "pong" });
    if (wires.messages(worker).some(({ op }) => op === "chunk")) wires.send(worker, failed);
    if (ms === 0) wires.send(worker, failed);
  }
  assertStringIncludes(wires.take(client), '"code":"setup_failed","error":"no licence"');
});

Deno.test("a job that all refuse who may be asked ends, though one is drained that could do it", () => {
  const wires = new JobWires(2, true);
  const mains = wires.dialled.slice(0, 2);
  for (const main of mains) wires.greet(main, 1);
  const client = wires.client();
  wires.send(client, OPENING, { op: "code", job: 1, bytes: 3 }, "1+1");
  wires.advance(0);
  const [able, other] = wires.dialled.slice(2);
  for (const wire of [able!, other!]) {
    wires.step({ kind: "connected", connection: wire.connection });
    wires.take(wire);
    wires.send(wire, { ok: true, ...CHANNEL, role: "worker", slots: 1 });
  }
  wires.send(client, RANGE);
  const { chunk } = wires.messages(able!).find(({ op }) => op === "chunk")!;
  wires.send(able!, { op: "started", job: 1, chunk });
  wires.send(wires.accept(), { op: "drain", worker: "w1:1" });
  wires.send(able!, { op: "returned", job: 1, chunk, position: 1, ms: 1, why: "late" });
  const refused = { op: "job_failed", job: 1, code: "setup_failed", error: "no licence" };
  let told = "";
  for (let ms = 0; ms <= JOB_REFUSED_MS + 2000; ms += 100) {
    wires.advance(100);
    for (const wire of [client, able!, other!]) wires.send(wire, { op: "pong" });
    if (wires.messages(other!).some(({ op }) => op === "open")) wires.send(other!, refused);
    for (const main of mains) {
      const pings = wires.take(main).split("\n").filter((line) => line.includes("ping"));
      for (const ping of pings) wires.send(main, { id: JSON.parse(ping).id, ok: true });
    }
    told += wires.take(client);
  }
  assertStringIncludes(told, '"code":"setup_failed","error":"no licence"');
});
