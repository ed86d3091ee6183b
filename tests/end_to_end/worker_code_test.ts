/**
 * Purpose: a worker by itself runs functions of users, whatever they do to the processes that they run in.
 *
 * @module
 */
import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { ListenError } from "../../src/net/listener.ts";
import { startWorker as embed, type WorkerOptions } from "../../src/worker/worker.ts";
import { childrenOf, isGone } from "../support/children.ts";
import { type Listening, startWorker } from "../support/cluster.ts";
import { askForChannel, JobClient, readLine } from "../support/job_client.ts";
import { TemporaryFolder } from "../support/paths.ts";
import { DIST, runRole, startRole } from "../support/roles.ts";
import { until } from "../support/waiting.ts";

/** Where the processes of a worker can be found. */
const isLinux = Deno.build.os === "linux";
const ignore = !isLinux;

const SQUARE = "export function map(item) { return item * item; }";

/** A worker with so many slots that has all its processes standing ready. */
async function codeWorker(slots: number, args: readonly string[] = []): Promise<Listening> {
  const worker = await startWorker({
    args: ["--allow-code", "--slots", String(slots), ...args],
  });
  // Elsewhere nobody sees them.
  if (isLinux) {
    await until("all slots are started", async () => (await slotsOf(worker)).length === slots + 1);
  }
  return worker;
}

/** The processes that a worker has started and that live. */
async function slotsOf({ process }: Listening): Promise<number[]> {
  const all = await childrenOf(process.pid);
  const gone = await Promise.all(all.map(isGone));
  return all.filter((_, index) => !gone[index]);
}

/** Time of the processor that one that only starts does not use, in ticks of 10 ms. */
const BUSY_TICKS = 50;

/** The process of a slot that is busy: the one that has used the most time of the processor. */
function busiest(worker: Listening): Promise<number> {
  return until("a slot that is busy", async () => {
    const pids = await slotsOf(worker);
    const times = await Promise.all(pids.map(async (pid) => ({ pid, ticks: await ticksOf(pid) })));
    const [first] = times.sort((one, other) => other.ticks - one.ticks);
    return first !== undefined && first.ticks >= BUSY_TICKS && first.pid;
  });
}

/** Time of the processor that a process has used; none if it is gone. */
async function ticksOf(pid: number): Promise<number> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`).catch(() => undefined);
  const fields = stat?.slice(stat.lastIndexOf(")")).split(" ") ?? [];
  return Number(fields[12] ?? 0) + Number(fields[13] ?? 0);
}

const numbers = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => String(first + index));

Deno.test("a worker without --allow-code says so, and nothing of slots", async () => {
  await using worker = await startWorker();
  assertEquals(
    await askForChannel(worker.address),
    '{"ok":false,"error":"este worker no ejecuta código ajeno: arránquelo con --allow-code"}',
  );
  assert(!(await worker.ask('{"op":"hello","protocol":1}')).includes("slots"));
  assertEquals(await childrenOf(worker.process.pid), []);
});

Deno.test("--allow-code is refused where other machines can send some, unless that is wanted", async () => {
  for (
    const args of [["--host", "0.0.0.0", "--port", "0"], ["--join", "192.0.2.1:5000"]]
  ) {
    const { code, stderr } = await runRole("worker", ["--allow-code", ...args]);
    assertEquals(code, 2);
    assertMatch(stderr, /^worker: --allow-code is refused, as .*--insecure/);
  }
  await using worker = await startWorker({
    args: ["--allow-code", "--insecure", "--host", "0.0.0.0", "--slots", "1"],
  });
  await worker.process.stderr.line(/^\[worker\] warning: --insecure: code is taken from anybody/);
});

Deno.test("a worker with --allow-code runs a job", async (t) => {
  await using worker = await codeWorker(2, ["--slot-memory-mb", "256"]);
  using client = await JobClient.connect(worker.address);

  await t.step("its hello and its answer to channel say how many slots it has", async () => {
    assertEquals(client.reply.slots, 2);
    assertMatch(await worker.ask('{"op":"hello","protocol":1}'), /"slots":2\}$/);
  });
  await t.step("values come in order", async () => {
    await client.open(1, SQUARE);
    await client.chunk(1, 1, 1, 1000);
    await client.chunk(1, 2, 1001, 10);
    const squares = numbers(1, 1010).map((text) => String(Number(text) ** 2));
    assertEquals(await client.outcome(1, 1), squares.slice(0, 1000));
    assertEquals(await client.outcome(1, 2), squares.slice(1000));
  });
  await t.step("an item that throws fails, and the others do not", async () => {
    await client.open(
      2,
      "export function map(n) { if (n === 7) throw new Error('no'); return n; }",
    );
    await client.chunk(2, 1, 1, 10);
    assertEquals(await client.outcome(2, 1), [...numbers(1, 6), "7 error", ...numbers(8, 10)]);
  });
  await t.step("an item that eats memory fails by name, and the others do not", async () => {
    const bomb = "const kept = []; export function map(n) {" +
      " if (n === 5) while (true) kept.push(new Float64Array(1e6).fill(1)); return n; }";
    await client.open(3, bomb);
    await client.chunk(3, 1, 1, 10);
    assertEquals(await client.outcome(3, 1), [...numbers(1, 4), "5 memory", ...numbers(6, 10)]);
  });
  await t.step("an item that takes too long fails by name, and the others do not", async () => {
    const loop = "export function map(n) { while (n === 3); return n; }";
    await client.open(4, loop, { item_timeout_ms: 300 });
    await client.chunk(4, 1, 1, 10);
    assertEquals(await client.outcome(4, 1), [...numbers(1, 2), "3 time", ...numbers(4, 10)]);
  });
  await t.step(
    "one call for many numbers that eats memory is taken apart to the number",
    async () => {
      const bomb = "export function mapRange(first, last) { const kept = [];" +
        " while (first <= 777 && last >= 777) kept.push(new Float64Array(1e6).fill(1));" +
        " return last - first + 1; }";
      await client.open(8, bomb, { call: "mapRange", reduce: "sum" });
      await client.chunk(8, 1, 1, 1000);
      const outcome = await client.outcome(8, 1);
      const failures = outcome.filter((line) => !line.startsWith("{"));
      assertEquals(failures, ["777 memory"]);
      const sums = outcome.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
      assertEquals(sums.reduce((sum, { i }) => sum + Number(i), 0), 999);
    },
  );
  await t.step("what never ends behind an item costs no item its value", async () => {
    const endless =
      "export function map(n) { if (n % 5 === 0) (async () => { for (;;) await null; })(); return n; }";
    await client.open(9, endless);
    await client.chunk(9, 1, 1, 7);
    await client.chunk(9, 2, 8, 3);
    assertEquals(await client.outcome(9, 1), numbers(1, 7));
    assertEquals(await client.outcome(9, 2), numbers(8, 10));
  });
  await t.step("what is no module fails the job", async () => {
    await client.open(5, "export function map( {");
    await client.chunk(5, 1, 1, 10);
    const failed = await client.until("the failure", ({ op }) => op === "job_failed");
    assertEquals([failed.job, failed.code], [5, "bad_code"]);
  });
  await t.step("a module that is not what its hash says fails the job", async () => {
    await client.open(6, SQUARE + "//", { sha256: "0".repeat(64) });
    const failed = await client.until(
      "the failure",
      ({ op, job }) => op === "job_failed" && job === 6,
    );
    assertEquals(failed.code, "bad_code");
  });
  await t.step("basic operations are answered meanwhile", async () => {
    await client.open(7, "export function map(n) { while (true); }");
    await client.chunk(7, 1, 1, 2);
    await client.until("it runs", ({ op, job }) => op === "started" && job === 7);
    assertStringIncludes(await worker.ask('{"op":"add","a":1,"b":2}'), '"result":3.0');
    await client.say({ op: "close", job: 7 });
  });
});

Deno.test("no job finds what another has left", async () => {
  await using worker = await codeWorker(1);
  using client = await JobClient.connect(worker.address);
  const count = "export function map() { return globalThis.seen = (globalThis.seen ?? 0) + 1; }";
  for (let job = 1; job <= 3; job++) {
    await client.open(job, count);
    await client.chunk(job, 1, 1, 2);
    assertEquals(await client.outcome(job, 1), ["1", "2"]);
  }
  // An idle slot of a job is used again for it, and for no other.
  await client.chunk(3, 2, 3, 1);
  assertEquals(await client.outcome(3, 2), ["3"]);
});

Deno.test("a slot that is killed costs its items nothing", { ignore }, async () => {
  await using worker = await codeWorker(2);
  using client = await JobClient.connect(worker.address);
  // So much work, not so much time: where others have the processor, a slot would be idle before it seems busy.
  const work =
    "export function map(n) { for (let i = 0, x = 0; i < 40_000_000; i++) x ^= i; return n; }";
  await client.open(1, work);
  await client.chunk(1, 1, 1, 60);
  const outcome = wholeOutcome(client, 1, 60);
  for (let kills = 0; kills < 2; kills++) Deno.kill(await busiest(worker), "SIGKILL");
  assertEquals(await outcome, numbers(1, 60));
  const chunks = client.told.flatMap(({ op, chunk }) => op === "started" ? [chunk] : []);
  assertEquals(chunks, [...new Set(chunks)], "a chunk begins once, however often its slot dies");
  assertEquals(client.told.filter(({ op }) => op === "failed"), []);
});

const isExecutable = isLinux && DIST !== undefined;

Deno.test(
  "a worker whose file is removed says why it starts no slots",
  { ignore: !isExecutable },
  async () => {
    await using folder = new TemporaryFolder();
    const path = `${folder.path}/worker`;
    await Deno.copyFile(`${DIST}/worker`, path);
    await using worker = await startWorker({
      args: ["--allow-code", "--slots", "1"],
      // What is started is the copy.
      shellLine: `exec '${path}' "$@"`,
    });
    await until("all slots are started", async () => (await slotsOf(worker)).length === 2);
    await Deno.remove(path);
    for (const pid of await slotsOf(worker)) {
      try {
        Deno.kill(pid, "SIGKILL");
      } catch {
        // One that had not found its file yet has ended by itself.
      }
    }
    await worker.process.stderr.line(
      /warning: a slot did not start: .* status 1: its file was replaced or removed \(.+\): start this program again$/,
    );
  },
);

Deno.test("what ends a worker ends its slots", { ignore }, async (t) => {
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    await t.step(signal, async () => {
      await using worker = await codeWorker(2);
      using client = await JobClient.connect(worker.address);
      await client.open(1, "export function map(n) { while (true); }");
      await client.chunk(1, 1, 1, 5);
      await client.until("it runs", ({ op }) => op === "started");
      const slots = await slotsOf(worker);
      assert(slots.length >= 3);
      worker.process.kill(signal);
      await worker.process.status;
      for (const pid of slots) await until(`the end of ${pid}`, () => isGone(pid));
    });
  }
});

Deno.test("what ends a worker while its slots start ends them", { ignore }, async () => {
  // From when there are processes that have loaded nothing to when all have connected.
  for (const delayMs of [0, 25, 50, 75, 100, 150, 200, 300, 500, 1000]) {
    await using worker = await startWorker({ args: ["--allow-code", "--slots", "3"] });
    const slots = await until("processes of slots", async () => {
      const pids = await childrenOf(worker.process.pid);
      return pids.length > 0 && pids;
    });
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    slots.push(...await childrenOf(worker.process.pid));
    worker.process.kill("SIGKILL");
    await worker.process.status;
    for (const pid of slots) await until(`the end of ${pid}`, () => isGone(pid));
  }
});

Deno.test("a worker that is ended gives back what it has not done", async () => {
  await using worker = await codeWorker(1);
  using client = await JobClient.connect(worker.address);
  const slow = "export function map(n) {" +
    " const end = performance.now() + 10; while (performance.now() < end); return n; }";
  await client.open(1, slow);
  await client.chunk(1, 1, 1, 100_000);
  await client.chunk(1, 2, 100_001, 10);
  await client.until("results come", ({ op, position }) => op === "result" && position > 5);
  worker.process.kill("SIGTERM");
  const told = await client.outcome(1, 1);
  assertEquals(told.at(-1), `returned at ${told.length}: leaving`);
  assertEquals(told.slice(0, -1), numbers(1, told.length - 1));
  assertEquals(await client.outcome(1, 2), ["returned at 100001: leaving"]);
  await client.ended();
  assertEquals((await worker.process.outcome()).code, 0);
  assert(client.told.some(({ op, slots }) => op === "slots" && slots === 0));
});

Deno.test(
  "slots that die again and again cost nobody a result",
  { ignore },
  async () => {
    await using worker = await codeWorker(2);
    using poisoned = await JobClient.connect(worker.address);
    using other = await JobClient.connect(worker.address);
    const slow = "export function map(n) {" +
      " const end = performance.now() + 5; while (performance.now() < end); return n; }";
    await other.open(1, slow);
    for (let chunk = 0; chunk < 10; chunk++) await other.chunk(1, chunk, 1 + chunk * 40, 40);
    await poisoned.open(1, slow);
    // More than gets done: one slot is busy whatever the speed of the machine.
    await poisoned.chunk(1, 1, 1, 100_000);
    const endless = wholeOutcome(poisoned, 1, 100_000).catch(() => {});
    for (let chunk = 0; chunk < 10; chunk++) {
      if (chunk % 2 === 0) Deno.kill(await busiest(worker), "SIGKILL");
      const first = 1 + chunk * 40;
      assertEquals(await wholeOutcome(other, chunk, first + 39), numbers(first, first + 39));
    }
    // How long the gaps are is measured in bench/, and here only shown.
    const times = other.told.filter(({ op }) => op === "done").map(({ atMs }) => atMs);
    const gaps = times.slice(1).map((atMs, index) => Math.round(atMs - times[index]!));
    // deno-lint-ignore no-console -- what was measured is for whoever runs the tests
    console.log(`gaps while slots are killed: ${gaps} ms`);
    poisoned[Symbol.dispose]();
    await endless;
  },
);

/** The values of a chunk up to the last number. What it gives back, since the machine is busy, is asked for again. */
async function wholeOutcome(client: JobClient, chunk: number, last: number): Promise<string[]> {
  const values = await client.outcome(1, chunk);
  const late = /^returned at (\d+): late$/.exec(values.at(-1) ?? "");
  if (late === null) return values;
  const [first, rest] = [Number(late[1]), chunk + 100];
  await client.chunk(1, rest, first, last - first + 1);
  return [...values.slice(0, -1), ...await wholeOutcome(client, rest, last)];
}

Deno.test("a worker that joins takes jobs over a second connection, and opens it again when it is lost", async () => {
  using coordinator = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const name = `127.0.0.1:${coordinator.addr.port}`;
  await using worker = startRole("worker", [
    ...["--join", name, "--name", "lab", "--allow-code", "--slots", "1"],
  ]);
  using joined = await coordinator.accept();
  const join = JSON.parse(await readLine(joined));
  assertEquals([join.op, join.name, join.slots], ["join", "lab", 1]);
  const reply = '{"ok":true,"op":"join","protocol":1,"name":"lab#2"}\n';
  await joined.write(new TextEncoder().encode(reply));
  for (let times = 0; times < 2; times++) {
    using channel = await JobClient.accept(await coordinator.accept());
    const { op, instance, slots } = channel.reply;
    assertEquals([op, instance, slots], ["channel", join.instance, 1]);
    await channel.open(1, "export function map(n) { if (n === 2) throw 'two'; return n; }");
    await channel.chunk(1, 1, 1, 3);
    assertEquals(await channel.outcome(1, 1), ["1", "2 error", "3"]);
    assertEquals(channel.told.find(({ op }) => op === "failed")!.worker, "lab#2");
  }
  worker.kill("SIGKILL");
});

Deno.test("several jobs share the slots, and one that hangs does not keep the others from theirs", async () => {
  await using worker = await codeWorker(2);
  using hanging = await JobClient.connect(worker.address);
  await hanging.open(1, "export function map(n) { while (true); }");
  await hanging.chunk(1, 1, 1, 1);
  await hanging.until("it runs", ({ op }) => op === "started");
  const clients = await Promise.all(numbers(1, 4).map(() => JobClient.connect(worker.address)));
  await Promise.all(clients.map(async (client, index) => {
    await client.open(1, `export function map(n) { return n + ${index}; }`);
    for (let chunk = 0; chunk < 5; chunk++) await client.chunk(1, chunk, 1 + chunk * 10, 10);
    for (let chunk = 0; chunk < 5; chunk++) {
      const first = 1 + chunk * 10 + index;
      assertEquals(await client.outcome(1, chunk), numbers(first, first + 9));
    }
  }));
  for (const client of clients) client[Symbol.dispose]();
});

Deno.test("a channel that is lost ends its jobs at once", { ignore }, async () => {
  await using worker = await codeWorker(1);
  const client = await JobClient.connect(worker.address);
  await client.open(1, "export function map(n) { while (true); }");
  await client.chunk(1, 1, 1, 1);
  await client.until("it runs", ({ op }) => op === "started");
  const slot = await busiest(worker);
  client[Symbol.dispose]();
  await until("the end of the slot", () => isGone(slot));
});

Deno.test("a worker in another program runs code as well, and refuses what cannot be", async () => {
  const refused = (options: WorkerOptions) =>
    assertThrows(() => embed({ port: 0, allowCode: true, ...options }), RangeError).message;
  assertMatch(refused({ slots: 0 }), /^Cannot use slots 0/);
  assertMatch(refused({ slots: 1.5 }), /^Cannot use slots 1\.5/);
  assertMatch(refused({ slots: 257 }), /^Cannot use slots 257/);
  assertMatch(refused({ slotMemoryBytes: 1024 }), /^Cannot use slotMemoryBytes 1024/);
  assertMatch(
    refused({ host: "0.0.0.0" }),
    /^Cannot use allowCode without insecure: the worker can/,
  );
  assertMatch(refused({ join: [{ host: "lab0", port: 1 }] }), /: it joins lab0:1, on another/);
  // A port that is taken leaves nothing behind either: the sanitizers of the test would see it.
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  assertThrows(() => embed({ port: taken.addr.port, allowCode: true }), ListenError);
  const unclear = { port: 0, allowCode: "no" as unknown as boolean };
  assertThrows(() => embed(unclear), TypeError, 'Cannot use allowCode "no"');
  await using worker = embed({ port: 0, allowCode: true, slots: 1 });
  using client = await JobClient.connect(worker.address);
  await client.open(1, SQUARE);
  await client.chunk(1, 1, 1, 3);
  assertEquals(await client.outcome(1, 1), ["1", "4", "9"]);
});
