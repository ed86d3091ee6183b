/**
 * Purpose: jobs leave room for one another and for the basic operations, and flow at the pace of whoever reads.
 *
 * ```sh
 * AULA_PROOF_LINES=10000000 deno task test faults tests/faults/map_load_test.ts --filter lines
 * ```
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import {
  HEARTBEAT_INTERVAL_MS,
  HEARTBEATS_TO_DOWN,
  MAX_CHANNEL_LINE_BYTES,
} from "../../src/limits.ts";
import { childrenOf } from "../support/children.ts";
import { startWorker } from "../support/cluster.ts";
import { JobClient } from "../support/job_client.ts";
import { printFigure, underLoad } from "../support/load.ts";
import { linesOf, MapCluster } from "../support/map_cluster.ts";
import { jobsOf } from "../support/map_room.ts";
import { pause, until, within } from "../support/waiting.ts";

// The memory of processes is read on Linux only.
const ignore = Deno.build.os !== "linux";
/** 190 MiB of input, so that whoever held all of it would hold more than {@linkcode MAX_GROWTH_MIB}. */
const LINES = Number(Deno.env.get("AULA_PROOF_LINES") ?? 2_000_000);
/** What a client, a server or all workers together may need beside what they have before a job, however long that is. */
const MAX_GROWTH_MIB = 160;
const MAX_MIB = 300;
const BEATS = 20;
/** All that is told of a function that begins and does not end, and of heartbeats. */
const EXPECTED = ["need", "started", "at", "print", "pong"];
const LINE = new TextEncoder().encode("end\n");

const SLOW = `export function map(x) {
  for (const end = performance.now() + 2; performance.now() < end;);
  return x;
}
`;

/** Six chunks of each of two jobs. */
const SHARED_ITEMS = 3000;

Deno.test("client map shares the slots fairly between two jobs", async () => {
  await using cluster = await MapCluster.launch(2);
  await cluster.write("f.js", SLOW);
  await using first = cluster.start(["f.js", "--range", "1..1000000"]);
  await first.stdout.line(/^100$/);
  await using second = cluster.start(["f.js", "--range", "1..1000000"]);
  await second.stdout.line(/^100$/);
  const before = (await jobsOf(cluster.server)).map(({ done }) => done);
  const gained = await until("both to go on", async () => {
    const done = (await jobsOf(cluster.server)).map(({ done }) => done);
    const [one, other] = done.map((count, index) => count - before[index]!);
    return one! + other! > SHARED_ITEMS && [one!, other!];
  });
  // A half each, but for chunks of half a second, and for what else the cores have to do; a fifth were not fair.
  assert(4 * Math.min(...gained) >= SHARED_ITEMS, `${gained} items of each`);
  first.kill("SIGKILL");
  second.kill("SIGKILL");
});

const BUSY = "export function map() { console.log('begun'); for (;;); }";

Deno.test("basic operations are answered while every core calculates", async () => {
  await using cluster = await MapCluster.launch(3);
  await cluster.server.untilStates("up", "up", "up");
  await cluster.write("f.js", BUSY);
  await using client = cluster.start(["f.js", "--range", "1..1000000"]);
  for (const { name } of cluster.workers) {
    await client.stderr.line(new RegExp(`^\\[${RegExp.escape(name)} · \\d+\\] begun$`));
  }
  await underLoad(cluster.server, (load) => load.more(2000), { restMs: 20 });
  const { workers } = await cluster.server.status();
  assertEquals(workers.map(({ state, failed }) => `${state} ${failed}`), Array(3).fill("up 0"));
  assertEquals((await jobsOf(cluster.server))[0]?.workers, 3);
  assertEquals(linesOf(client.stderr.text).length, 3, "nothing was begun anew");
  client.kill("SIGKILL");
});

Deno.test("heartbeats are answered while every core calculates", async () => {
  const slots = 2 * navigator.hardwareConcurrency;
  await using worker = await startWorker({ args: ["--allow-code", "--slots", String(slots)] });
  using coordinator = await worker.connect();
  using channel = await JobClient.connect(worker.address);
  await channel.open(1, BUSY);
  for (let chunk = 1; chunk <= slots; chunk++) await channel.chunk(1, chunk, chunk, 1);
  await channel.until("every slot to be busy", () => {
    return channel.told.filter(({ op }) => op === "print").length === slots;
  });
  // Whoever gets no answer to so many questions takes the worker for lost.
  const lostMs = HEARTBEATS_TO_DOWN * HEARTBEAT_INTERVAL_MS;
  for (let beat = 1; beat <= BEATS; beat++) {
    const answer = coordinator.ask(`{"id":${beat},"op":"ping"}`);
    assertEquals(await within("an answer", answer, lostMs), `{"id":${beat},"ok":true}`);
    await channel.say({ op: "ping" });
    const pongs = () => channel.told.filter(({ op }) => op === "pong").length;
    const pong = channel.until("a pong", () => pongs() === beat);
    await within("a pong on the job's own channel", pong, lostMs);
  }
  const others = channel.told.map(({ op }) => op).filter((op) => !EXPECTED.includes(op));
  assertEquals(others, [], "every function is still at its first item");
});

Deno.test(`client map passes ${LINES} lines of 100 bytes to a slow reader, in bounded memory`, {
  ignore,
}, async () => {
  await using cluster = await MapCluster.launch(2);
  await cluster.write("f.js", "export const map = (x) => x;");
  await writeLines(`${cluster.folder.path}/in.jsonl`, LINES);
  const before = await peaksOf(cluster);
  // It reads a little, stops, and then goes on with everything.
  const reader = `dd bs=1000 count=1 iflag=fullblock status=none; sleep 2; cat`;
  const shellLine = `"$0" "$@" | { ${reader}; } | cmp - in.jsonl && echo same`;
  await using client = cluster.start(["f.js", "--input", "in.jsonl"], { shellLine });
  const peaks = { ...before, client: 0 };
  let hasEnded = false;
  const ended = client.status.finally(() => hasEnded = true);
  while (!hasEnded) {
    const now = await peaksOf(cluster, client.pid);
    for (const role of ROLES) peaks[role] = Math.max(peaks[role], now[role]);
    await Promise.race([ended, pause(20)]);
  }
  const outcome = await client.outcome();
  assertEquals(outcome, { code: 0, stdout: "same\n", stderr: "" });
  const text = ROLES.map((role) => `${role} ${peaks[role].toFixed(0)} MiB`).join(", ");
  printFigure(`${LINES} lines of 100 bytes; the most that was resident: ${text}`);
  assert(Math.min(...Object.values(peaks)) > 0, text);
  // A client that has nothing to do needs as much as a server.
  const idle = { ...before, client: before.server };
  for (const role of ["client", "server", "workers"] as const) {
    const grown = peaks[role] - idle[role];
    assert(grown < MAX_GROWTH_MIB, `${role}: ${grown} MiB more; ${text}`);
  }
  assert(peaks.slot < MAX_MIB, text);
});

Deno.test("client map waits while nobody reads, and holds no more than it may", {
  ignore,
}, async () => {
  await using cluster = await MapCluster.launch(2);
  await cluster.write("f.js", 'export const map = (x) => x + "x".repeat(10_000);');
  // 100 GB, of which nothing is read until the test ends.
  const shellLine = '"$0" "$@" | { read -r line; read -r end < gate; }';
  const path = `${cluster.folder.path}/gate`;
  await new Deno.Command("mkfifo", { args: [path] }).output();
  // Whoever opens both of its ends waits for nobody, and lets the reader go whatever fails.
  using gate = await Deno.open(path, { read: true, write: true });
  await using client = cluster.start(["f.js", "--range", "1..10000000"], { shellLine });
  await using _opened = { [Symbol.asyncDispose]: async () => void await gate.write(LINE) };
  const done = async () => (await jobsOf(cluster.server))[0]?.done ?? 0;
  let [last, since] = [0, performance.now()];
  await until("the job to wait for its reader", async () => {
    const now = await done();
    if (now !== last || now === 0) [last, since] = [now, performance.now()];
    await pause(50);
    return performance.now() - since > 1500;
  });
  for (const [role, mib] of Object.entries(await peaksOf(cluster, client.pid))) {
    assert(mib < MAX_MIB, `${role}: ${mib} MiB`);
  }
  // What may be held, and what the system does for connections and pipes.
  assert(last * 10_000 < 100 * MAX_CHANNEL_LINE_BYTES, `${last} items`);
  await gate.write(LINE);
  await client.outcome();
  await until("no job", async () => (await jobsOf(cluster.server)).length === 0);
});

/** Lines of 100 bytes, each of them a JSON text of its own. */
async function writeLines(path: string, count: number): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true });
  const encoder = new TextEncoder();
  for (let first = 0; first < count; first += 10_000) {
    const lines = Array.from(
      { length: Math.min(10_000, count - first) },
      (_, index) => `"${String(first + index).padStart(97, "x")}"\n`,
    );
    const bytes = encoder.encode(lines.join(""));
    for (let written = 0; written < bytes.length;) {
      written += await file.write(bytes.subarray(written));
    }
  }
}

const ROLES = ["server", "workers", "slot", "client"] as const;

/** The most that was resident of each role: of all workers together, of the largest slot, and of a shell's client. */
async function peaksOf(
  { server, workers }: MapCluster,
  shell?: number,
): Promise<Record<typeof ROLES[number], number>> {
  const peaks = (pids: readonly number[]) => Promise.all(pids.map(peakOf));
  const processes = workers.map(({ process }) => process.pid);
  const slots = (await Promise.all(processes.map(childrenOf))).flat();
  const clients = shell === undefined ? [] : await childrenOf(shell);
  return {
    server: await peakOf(server.process.pid),
    workers: (await peaks(processes)).reduce((sum, mib) => sum + mib, 0),
    slot: Math.max(0, ...await peaks(slots)),
    client: Math.max(0, ...await peaks(clients)),
  };
}

/** The most that was resident of a process, in MiB. */
async function peakOf(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`).catch(() => "");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024;
}
