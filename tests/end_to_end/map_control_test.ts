/**
 * Purpose: a job ends when its user wants it to, on all machines, and flows at the pace of whoever reads.
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { linesOf, MapCluster } from "../support/map_cluster.ts";
import { freePort } from "../support/ports.ts";
import { runRole, startRole } from "../support/roles.ts";
import { pause, until, within } from "../support/waiting.ts";

const SLOW = `export function map(x) {
  const end = performance.now() + 2;
  while (performance.now() < end);
  return x;
}
`;

interface Job {
  readonly job: string;
  readonly name: string;
  readonly state: string;
  readonly total?: number;
}

async function jobsOf(cluster: MapCluster): Promise<Job[]> {
  const { code, stdout } = await cluster.server.client(["jobs"]);
  assertEquals(code, 0);
  return JSON.parse(stdout).jobs;
}

Deno.test("client map", async (t) => {
  await using cluster = await MapCluster.launch();
  await cluster.write("slow.js", SLOW);
  await cluster.write("same.js", "export const map = (x) => x;");
  const step = (name: string, test: (cluster: MapCluster) => Promise<void>) =>
    t.step(name, () => test(cluster));

  await step("is listed by jobs, and ended by cancel", isCancelled);
  for (const [signal, status] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
    if (Deno.build.os === "windows") continue;
    await step(`is over for its server after ${signal}`, (cluster) => {
      return endsBySignal(cluster, signal, status);
    });
  }
  await step("is over for its server after the end of its client", endsWithClient);
  await step("ends quietly when nobody reads on", endsWithReader);
  await step("waits for a reader that is slow, and loses nothing", waitsForReader);
  await step("gives each result as soon as it can", givesAtOnce);
  await step("shows how far it is, a line a second", showsProgress);
});

async function isCancelled(cluster: MapCluster): Promise<void> {
  await using client = cluster.start(["slow.js", "--range", "1..1000000"]);
  await client.stdout.line(/^3$/);
  const [job, ...others] = await jobsOf(cluster);
  assertEquals([job?.name, job?.state, job?.total, others.length], ["slow.js", "running", 1e6, 0]);
  const cancelled = await cluster.server.client(["cancel", job!.job]);
  assertEquals(cancelled.code, 0, cancelled.stdout);
  const { code, stderr } = await client.outcome();
  assertEquals(code, 1);
  assertEquals(stderr, `client: el trabajo fue cancelado: ${job!.job} (slow.js)\n`);
  const again = await cluster.server.client(["cancel", job!.job]);
  assertEquals(again.code, 1);
  assertMatch(again.stdout, /no hay ningún trabajo con ese nombre/);
}

async function endsBySignal(
  cluster: MapCluster,
  signal: Deno.Signal,
  status: number,
): Promise<void> {
  const isLogged = signal === "SIGINT";
  const words = isLogged ? ["--resume", "slow.joblog"] : [];
  await using client = cluster.start(["slow.js", "--range", "1..1000000", ...words]);
  await client.stdout.line(/^3$/);
  client.kill(signal);
  const { code, stderr } = await client.outcome();
  await until("the end of the job", async () => (await jobsOf(cluster)).length === 0);
  const advice = isLogged ? "; to go on, run the same command again" : "";
  const said = `client: cancelled: the job ends on all machines${advice}\n`;
  assertEquals([code, stderr], [status, said]);
}

async function endsWithClient(cluster: MapCluster): Promise<void> {
  await using client = cluster.start(["slow.js", "--range", "1..1000000"]);
  await client.stdout.line(/^3$/);
  client.kill("SIGKILL");
  await until("the end of the job", async () => (await jobsOf(cluster)).length === 0);
}

async function endsWithReader(cluster: MapCluster): Promise<void> {
  await using client = cluster.start(["same.js", "--range", "1..9007199254740990"]);
  await client.stdout.line(/^1000$/);
  await client.stdout.close();
  const { code } = await within("the end of the client", client.status);
  assertEquals([code, client.stderr.text], [0, ""]);
  await until("the end of the job", async () => (await jobsOf(cluster)).length === 0);
  await cluster.write("throw.js", "export const map = (x) => { throw x; };");
  const range = ["--range", "1..9007199254740990", "--keep-going"];
  await using failing = cluster.start(["throw.js", ...range]);
  await failing.stderr.line(/"position":1000,/);
  await failing.stderr.close();
  assertEquals((await within("the end of the client", failing.status)).code, 0);
}

async function waitsForReader(cluster: MapCluster): Promise<void> {
  if (Deno.build.os === "windows") return;
  const count = 5_000_000;
  const shellLine = '"$0" "$@" | (sleep 2; md5sum)';
  const slow = await cluster.map(["same.js", "--range", `1..${count}`], { shellLine });
  const quick = await cluster.map(["same.js", "--range", `1..${count}`], {
    shellLine: '"$0" "$@" | md5sum',
  });
  assertEquals(slow, quick);
  // What `seq 1 5000000 | md5sum` gives.
  const expected = await new Deno.Command("/bin/sh", { args: ["-c", `seq 1 ${count} | md5sum`] })
    .output();
  assertEquals(slow.stdout, new TextDecoder().decode(expected.stdout));
}

async function givesAtOnce(cluster: MapCluster): Promise<void> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  await using client = cluster.start(["same.js", "--input", "-"], { stdin: readable });
  const writer = writable.getWriter();
  for (const line of ["1", "2", "3"]) {
    await writer.write(new TextEncoder().encode(`${line}\n`));
    await client.stdout.line(new RegExp(`^${line}$`));
  }
  await writer.close();
  const { code, stdout, stderr } = await client.outcome();
  assertEquals([code, stdout, stderr], [0, "1\n2\n3\n", ""]);
}

async function showsProgress(cluster: MapCluster): Promise<void> {
  const startedMs = performance.now();
  const { code, stderr } = await cluster.map(["slow.js", "--range", "1..2200", "--progress"]);
  const seconds = (performance.now() - startedMs) / 1000;
  assertEquals(code, 0);
  const lines = linesOf(stderr);
  assert(lines.length >= 2 && lines.length <= seconds + 1, `${seconds} s: ${stderr}`);
  assertMatch(lines.at(-1)!, /^\[#+\] +100 % {2}2,200 done {2}/);
  // On a busy machine the first may come before both machines are at work, and have minutes left.
  for (const line of lines.slice(0, -1)) {
    assertMatch(line, /^\[#*-*\] +\d+ % {2}[\d,]+ done {2}[\d,.]+\/s {2}\d machines?(?: {2}|$)/);
  }
  assertMatch(stderr, /% {2}[\d,]+ done {2}[\d,.]+\/s {2}2 machines {2}(?:\d+ min )?\d+ s left$/m);
}

Deno.test("client map says once that it waits for a worker that runs code", async () => {
  await using cluster = await MapCluster.launch(1);
  await cluster.write("slow.js", SLOW);
  await using client = cluster.start(["slow.js", "--range", "1..1000000"]);
  await client.stdout.line(/^50$/);
  await cluster.workers[0]!.kill();
  await client.stderr.line(/^client: waiting for a worker that runs code$/);
  client.kill("SIGTERM");
  const { stderr } = await client.outcome();
  assertEquals(stderr.match(/waiting/g)?.length, 1);
});

Deno.test("client map tells no item to stop whose value it wants, however long that takes", async () => {
  await using cluster = await MapCluster.launch(1);
  // Longer than a chunk may take.
  await cluster.write(
    "long.js",
    `export const map = (x, { signal }) => new Promise((resolve, reject) => {
       setTimeout(() => resolve(x), 2500);
       signal.onabort = () => reject(new Error("told to stop"));
     });`,
  );
  const outcome = await cluster.map(["long.js", "--range", "1..2"]);
  assertEquals(outcome, { code: 0, stdout: "1\n2\n", stderr: "" });
});

Deno.test("client map --here needs no server", async () => {
  await using cluster = await MapCluster.launch(0);
  await cluster.write("f.ts", "export const map = (x: number): number => x * 2;");
  const here = async (args: string[], stdin: string) => {
    const words = ["map", "f.ts", "--here", ...args];
    return await runRole("client", words, { cwd: cluster.folder.path, stdin });
  };
  const lines = await here(["--input", "-"], "1\n2\n3\n");
  assertEquals(lines, { code: 0, stdout: "2\n4\n6\n", stderr: "" });
  const sum = await here(["--range", "1..1000", "--reduce", "sum"], "");
  assertEquals(sum, { code: 0, stdout: "1001000\n", stderr: "" });
});

Deno.test("what client map writes ends with a whole line where its user cancels it", async () => {
  await using cluster = await MapCluster.launch(1);
  await cluster.write("same.js", "export const map = (x) => x;");
  for (let round = 0; round < 4; round++) {
    await using client = cluster.start(["same.js", "--range", "1..100000000"]);
    await client.stdout.line(/^1000$/);
    await pause(50 * round);
    client.kill("SIGINT");
    const { stdout } = await client.outcome();
    assert(stdout.endsWith("\n"), stdout.slice(-20));
  }
});

Deno.test("client map says truly where the job ends that its user cancels", async () => {
  if (Deno.build.os === "windows") return;
  await using cluster = await MapCluster.launch(1);
  await cluster.write("slow.js", SLOW);
  const words = ["map", "slow.js", "--range", "1..1000000", "--here"];
  await using here = startRole("client", words, { cwd: cluster.folder.path });
  await here.stdout.line(/^3$/);
  here.kill("SIGINT");
  assertEquals((await here.outcome()).stderr, "client: cancelled: the job ends\n");
  await using client = cluster.start(["slow.js", "--range", "1..1000000", "--timeout", "60s"]);
  await client.stdout.line(/^3$/);
  await cluster.server.kill();
  await client.stderr.line(/^client: the server was lost/);
  client.kill("SIGINT");
  const { code, stderr } = await client.outcome();
  assertEquals([code, linesOf(stderr).at(-1)], [
    130,
    "client: cancelled: no server is connected; one that still has the job ends it by itself",
  ]);
});

Deno.test("client map waits for a server that was lost, and goes on with the next one", async () => {
  await using cluster = await MapCluster.launch();
  await cluster.write("slow.js", SLOW);
  await using client = cluster.start(["slow.js", "--range", "1..2000"]);
  await client.stdout.line(/^50$/);
  await cluster.replaceServer();
  const { code, stdout, stderr } = await client.outcome();
  const expected = Array.from({ length: 2000 }, (_, index) => `${index + 1}\n`).join("");
  // On a busy machine the new server may take a while to find its workers, and the client says so.
  const others = linesOf(stderr).filter((line) => !/: waiting for a worker that/.test(line));
  const said = ["client: the server was lost, and is looked for"];
  assertEquals({ code, stdout, others }, { code: 0, stdout: expected, others: said });
});

Deno.test("client map claims no machines while a lost server is looked for", async () => {
  await using cluster = await MapCluster.launch(1);
  await cluster.write("slow.js", SLOW);
  await using client = cluster.start(["slow.js", "--range", "1..1000000", "--progress"]);
  const { stderr } = client;
  await stderr.line(/ {2}1 machine {2}/);
  await cluster.server.kill();
  await stderr.line(/^\[[^a-z]*done [^a-z]*\/s {2}reconnecting$/);
  const { length } = stderr.text;
  await cluster.replaceServer();
  await until("the machine again", () => /1 machine/.test(stderr.text.slice(length)));
});

Deno.test("client map ends with 3 when its server is lost for good", async () => {
  await using cluster = await MapCluster.launch();
  await cluster.write("slow.js", SLOW);
  const { port } = cluster.server.address;
  const servers = `127.0.0.1:${port},127.0.0.1:${freePort()}`;
  const words = ["map", "slow.js", "--range", "1..1000000", "--server", servers, "--timeout", "1s"];
  await using client = startRole("client", words, { cwd: cluster.folder.path });
  await client.stdout.line(/^3$/);
  await cluster.server.kill();
  const { code, stderr } = await client.outcome();
  assertEquals(code, 3);
  assertMatch(
    stderr,
    /^client: the server was lost, and is looked for\nclient: the job is lost after \d+ items; with --resume .*\nclient: cannot reach 127\.0\.0\.1:\d+: connection refused\n$/,
  );
});
