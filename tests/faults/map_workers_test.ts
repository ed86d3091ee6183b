/**
 * Purpose: a job loses nothing, doubles nothing and blames no item, whatever becomes of its machines.
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { isGone } from "../support/children.ts";
import { startJoinedWorker, startServer, startWorker } from "../support/cluster.ts";
import { MapCluster } from "../support/map_cluster.ts";
import {
  assertTakenOver,
  busySlot,
  doneAgain,
  endsWhole,
  slotsOf,
  TRACED,
  tracesOf,
  untilAllWork,
} from "../support/map_room.ts";
import type { Process } from "../support/process.ts";
import { until } from "../support/waiting.ts";

// Windows stops no process, and the processes of a worker are found on Linux only.
const ignore = Deno.build.os !== "linux";
const COUNT = 1000;

Deno.test("client map, while its machines come and go", { ignore }, async (t) => {
  await using cluster = await MapCluster.launch(3);
  await cluster.server.untilStates("up", "up", "up");
  await cluster.write("f.js", TRACED);
  const step = (name: string, test: (cluster: MapCluster) => Promise<void>) =>
    t.step(name, () => test(cluster));

  await step("a slot that is killed costs nothing", losesSlot);
  await step("a worker that is drained gets nothing new, and what it had is done", isDrained);
  await step("a worker that joins in the middle is used, and may be killed", joins);
  await step("a worker that is stopped costs nothing, and is used again", isStopped);
  await step("a worker that is ended leaves in good order", isEnded);
  await step("a worker that is killed costs nothing", losesWorker);
});

/** Starts the job, and waits until each of the workers calculates for it. */
async function begin(cluster: MapCluster, places: readonly number[], count = COUNT) {
  const client = cluster.start(["f.js", "--range", `1..${count}`]);
  try {
    await untilAllWork(client, places.map((place) => cluster.workers[place]!.name));
    return client;
  } catch (error) {
    await using _ended = client;
    throw error;
  }
}

/** It is no test of the middle if the job is over. */
function assertRunning(client: Process, count = COUNT): void {
  assert(!client.stdout.text.includes(`\n${count ** 2}\n`), "the job is under way");
}

async function losesSlot(cluster: MapCluster): Promise<void> {
  await using client = await begin(cluster, [0, 1, 2], 2 * COUNT);
  const worker = cluster.workers[0]!.process;
  const slot = await busySlot(worker);
  Deno.kill(slot, "SIGKILL");
  assertRunning(client, 2 * COUNT);
  await until("its end", () => isGone(slot));
  await endsWhole(client, 2 * COUNT);
  await cluster.server.untilStates("up", "up", "up");
}

async function isDrained(cluster: MapCluster): Promise<void> {
  await using client = await begin(cluster, [0, 1, 2]);
  const { name } = cluster.workers[0]!;
  assertEquals((await cluster.server.client(["drain", name])).code, 0);
  assertRunning(client);
  const known = tracesOf(client.stderr.text).length;
  const stderr = await endsWhole(client, COUNT);
  const later = tracesOf(stderr).slice(known);
  const own = later.filter(({ worker }) => worker === name).length;
  // The chunk that it was at, of half a second or so, and no share of all the rest.
  assert(own < later.length / 4, `${own} of ${later.length} by the one that was drained`);
  assertEquals(doneAgain(stderr, name), [], "what it had is waited for");
  assertEquals((await cluster.server.client(["undrain", name])).code, 0);
  await cluster.server.untilStates("up", "up", "up");
}

async function joins(cluster: MapCluster): Promise<void> {
  await using client = await begin(cluster, [0, 1, 2]);
  const args = ["--allow-code", "--slots", "1", "--name", "seat"];
  await using joined = await startJoinedWorker([cluster.server], args);
  await untilAllWork(client, ["seat"]);
  assertRunning(client);
  const slots = await slotsOf(joined);
  joined.kill("SIGKILL");
  await joined.status;
  assertTakenOver(await endsWhole(client, COUNT), COUNT);
  for (const pid of slots) await until(`the end of slot ${pid}`, () => isGone(pid));
}

async function isStopped(cluster: MapCluster): Promise<void> {
  await using client = await begin(cluster, [0, 1, 2]);
  const { process, name } = cluster.workers[1]!;
  process.kill("SIGSTOP");
  assertRunning(client);
  await endsWhole(client, COUNT);
  process.kill("SIGCONT");
  await cluster.server.untilStates(...Array(3).fill("up"), ...await joinedStates(cluster));
  await using again = await begin(cluster, [1], 300);
  const stderr = await endsWhole(again, 300);
  assert(tracesOf(stderr).some(({ worker }) => worker === name));
}

/** A joined worker that was lost keeps its place for a while. */
async function joinedStates(cluster: MapCluster): Promise<string[]> {
  const { workers } = await cluster.server.status();
  return workers.filter(({ joined }) => joined).map(({ state }) => state);
}

/** A fifth of a second an item: the last one of a worker that goes takes longer than its goodbye. */
const LONG = TRACED.replace("+ 5", "+ 200");
const LONG_COUNT = 30;

async function isEnded(cluster: MapCluster): Promise<void> {
  await cluster.write("long.js", LONG);
  await using client = cluster.start(["long.js", "--range", `1..${LONG_COUNT}`]);
  await untilAllWork(client, cluster.workers.map(({ name }) => name));
  const { process, name } = cluster.workers[1]!;
  const slots = await slotsOf(process);
  process.kill("SIGTERM");
  assertRunning(client, LONG_COUNT);
  const { code } = await process.outcome();
  assertEquals(code, 0, process.stderr.text);
  const stderr = await endsWhole(client, LONG_COUNT);
  assertEquals(doneAgain(stderr, name), [], "its last item is waited for");
  for (const pid of slots) await until(`the end of slot ${pid}`, () => isGone(pid));
}

async function losesWorker(cluster: MapCluster): Promise<void> {
  await using client = await begin(cluster, [0, 2]);
  const worker = cluster.workers[0]!;
  const slots = await slotsOf(worker.process);
  await worker.kill();
  assertRunning(client);
  assertTakenOver(await endsWhole(client, COUNT), COUNT);
  for (const pid of slots) await until(`the end of slot ${pid}`, () => isGone(pid));
}

Deno.test("client map says that no worker runs code, and uses those alone that do", async () => {
  await using cluster = await MapCluster.launch(0);
  await cluster.write("f.js", TRACED);
  await using plain = await startWorker();
  await cluster.server[Symbol.asyncDispose]();
  const server = cluster.server = await startServer({ workers: [plain] });
  await server.untilStates("up");
  const refused = await cluster.map(["f.js", "--range", "1..10"]);
  assertEquals(refused.stdout, "");
  assert(refused.code !== 0);
  assertMatch(refused.stderr, /--allow-code/);

  await using joined = await startJoinedWorker([server], ["--allow-code", "--name", "seat"]);
  await using client = cluster.start(["f.js", "--range", "1..300"]);
  const traces = tracesOf(await endsWhole(client, 300));
  assertEquals([...new Set(traces.map(({ worker }) => worker))], ["seat"]);
  joined.kill("SIGTERM");
  assertEquals((await joined.outcome()).code, 0);
});
