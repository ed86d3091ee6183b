/**
 * Purpose: a job outlives its servers and its client, and what was done is not done again.
 *
 * ```sh
 * AULA_PROOF_ROUNDS=20 deno task test faults tests/faults/map_servers_test.ts
 * AULA_PROOF_SEED=7 ...    # the same moments again
 * ```
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { LogReader } from "../../src/jobs/job_log.ts";
import { Random } from "../../src/scheduling/random.ts";
import { startServer } from "../support/cluster.ts";
import { printFigure } from "../support/load.ts";
import { MapCluster } from "../support/map_cluster.ts";
import { endsWhole, squares, TRACED, tracesOf, untilAllWork } from "../support/map_room.ts";
import type { Process } from "../support/process.ts";
import { startRole } from "../support/roles.ts";
import { pause, until } from "../support/waiting.ts";

const ROUNDS = Number(Deno.env.get("AULA_PROOF_ROUNDS") ?? 2);
const SEED = Number(Deno.env.get("AULA_PROOF_SEED") ?? Date.now() % 1e6);
const COUNT = 1200;

Deno.test("client map goes on with the second server when the first is killed", async () => {
  await using cluster = await MapCluster.launch(2);
  await cluster.write("f.js", TRACED);
  const { workers, server: first } = cluster;
  await using second = await startServer({ workers });
  const servers = `${first.name},${second.name}`;
  const words = ["map", "f.js", "--range", `1..${COUNT}`, "--server", servers];
  await using client = startRole("client", words, { cwd: cluster.folder.path });
  await untilAllWork(client, workers.map(({ name }) => name));
  const known = tracesOf(client.stderr.text).length;
  await first.kill();
  assert(!client.stdout.text.includes(`\n${COUNT ** 2}\n`), "the job is under way");
  const said = ["client: the server was lost, and is looked for"];
  const traces = tracesOf(await endsWhole(client, COUNT, said));
  assert(traces.length > known, "the second server took over");
});

Deno.test(`client map --resume does nothing twice that was logged (${ROUNDS} rounds, seed ${SEED})`, async () => {
  printFigure(`seed ${SEED}: AULA_PROOF_SEED gives the same moments again`);
  await using cluster = await MapCluster.launch(2);
  await cluster.write("f.js", TRACED);
  const random = new Random(SEED);
  for (let round = 1; round <= ROUNDS; round++) await survives(cluster, `log${round}`, random);
});

/** Runs a job again and again until it comes to its end, and kills its client or its server at any moment. */
async function survives(cluster: MapCluster, log: string, random: Random): Promise<void> {
  const args = ["f.js", "--range", `1..${COUNT}`, "--resume", log];
  for (let kills = 2;; kills--) {
    const logged = await loggedUntil(cluster, log);
    await using client = cluster.start(args);
    // In every round the server once, and the client once.
    if (kills === 2) {
      await goesOn(client);
      await pause(random.next() * 500);
      await cluster.replaceServer();
    }
    if (kills >= 1) {
      await goesOn(client, 1);
      await pause(random.next() * 500);
      client.kill("SIGKILL");
    }
    const { code, stdout, stderr } = await client.outcome();
    const again = tracesOf(stderr).filter(({ position }) => position < logged);
    assertEquals(again, [], `done again, of the ${logged - 1} that were logged`);
    if (code === 0) {
      assert(stdout === squares(COUNT), "the whole output");
      assert(logged > 1, "something was logged before");
      return;
    }
    assert(code > 128, `status ${code}: ${stderr}`);
  }
}

/** Waits until a client is told of more calculations, or has ended. */
async function goesOn(client: Process, least = 50): Promise<void> {
  let hasEnded = false;
  client.status.then(() => hasEnded = true);
  const known = tracesOf(client.stderr.text).length;
  await until("more to be done", () => {
    return hasEnded || tracesOf(client.stderr.text).length >= known + least;
  });
}

/** The first position that is not in a log: it has no gaps. */
async function loggedUntil(cluster: MapCluster, name: string): Promise<number> {
  const path = `${cluster.folder.path}/${name}`;
  const bytes = await Deno.readFile(path).catch(() => new Uint8Array());
  const reader = new LogReader();
  const header = reader.header(bytes);
  if (header.kind !== "whole") return 1;
  for (let at = header.end;;) {
    const entry = reader.entry(bytes, at, bytes.length);
    if (entry.kind !== "whole") return reader.next;
    at = entry.end;
  }
}
