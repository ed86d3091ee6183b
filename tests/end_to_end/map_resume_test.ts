/**
 * Purpose: `client map --resume` goes on from wherever it was killed, prints the whole output, and believes
 * nothing in its log that is not so.
 *
 * ```sh
 * AULA_RESUME_ROUNDS=20 deno task test end_to_end tests/end_to_end/map_resume_test.ts
 * AULA_RESUME_SEED=7 ...    # the same moments again
 * ```
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Random } from "../../src/scheduling/random.ts";
import { linesOf, MapCluster } from "../support/map_cluster.ts";
import type { Process } from "../support/process.ts";
import { until } from "../support/waiting.ts";

const ROUNDS = Number(Deno.env.get("AULA_RESUME_ROUNDS") ?? 3);
const SEED = Number(Deno.env.get("AULA_RESUME_SEED") ?? Date.now() % 1e6);

const COUNT = 1500;
/** Half a millisecond an item, and some that fail. */
const MODULE = `
export function map(x) {
  const end = performance.now() + 0.5;
  while (performance.now() < end);
  if (x % 499 === 0) throw new Error("not " + x);
  return "<" + x + ">";
}
`;

Deno.test("client map --resume", async (t) => {
  await using cluster = await MapCluster.launch();
  await cluster.write("f.js", MODULE);
  const lines = Array.from({ length: COUNT }, (_, index) => `${index + 1}\n`).join("");
  await cluster.write("in.jsonl", lines);
  const step = (name: string, test: (cluster: MapCluster) => Promise<void>) =>
    t.step(name, () => test(cluster));

  await step(
    `gives the same output after ${ROUNDS} rounds of SIGKILL (seed ${SEED})`,
    survivesKills,
  );
  await step(
    "does nothing again that was done, and needs no server when all was",
    doesNothingAgain,
  );
  await step("refuses what has changed, by name", refusesChanges);
  await step("refuses a log that somebody else uses", refusesSecond);
  await step("cuts off what is not whole at the end of its log", cutsTornEntries);
  await step(
    "refuses a log that is damaged, in its last entry too, and leaves it as it is",
    refusesDamage,
  );
  await step("keeps --errors only of a job that goes on", keepsErrors);
  await step("goes on with a reduce", resumesReduces);
});

async function survivesKills(cluster: MapCluster): Promise<void> {
  const random = new Random(SEED);
  const all = Array.from({ length: COUNT }, (_, index) => index + 1);
  const expected = all.filter((x) => x % 499 !== 0).map((x) => `"<${x}>"`);
  const failing = all.filter((x) => x % 499 === 0);
  for (let round = 1; round <= ROUNDS; round++) {
    const input = round % 2 === 0 ? ["--range", `1..${COUNT}`] : ["--input", "in.jsonl"];
    const files = [
      "--resume",
      `log${round}`,
      "--errors",
      `errors${round}`,
      "--output",
      `out${round}`,
    ];
    for (let kills = 2 + Math.floor(random.next() * 3);; kills--) {
      await using client = cluster.start(["f.js", ...input, ...files, "--keep-going"]);
      // At any moment, but mostly when it has come a little further.
      const mustGrow = random.next() < 0.7;
      const isKilled = kills > 0;
      const killMs = random.next() * 400;
      const killing = mustGrow ? grown(cluster, `log${round}`, client) : Promise.resolve();
      let timer: ReturnType<typeof setTimeout> | undefined;
      killing.then(() => {
        if (isKilled) timer = setTimeout(() => client.kill("SIGKILL"), killMs);
      });
      // The server, too, at times.
      if (isKilled && random.next() < 0.3) await cluster.replaceServer();
      const { code, stderr } = await client.outcome();
      await killing;
      clearTimeout(timer);
      if (code === 1) break;
      // Killed, or begun where there was no server.
      assert(code > 128 || code === 3, `status ${code}: ${stderr}`);
    }
    assertEquals(linesOf(await cluster.read(`out${round}`)), expected, `round ${round}`);
    const failures = linesOf(await cluster.read(`errors${round}`)).map((line) => JSON.parse(line));
    assertEquals(failures.map(({ position }) => position), failing, `round ${round}`);
  }
}

/** Waits until a log has more in it than now, or its client has ended. */
async function grown(cluster: MapCluster, name: string, client: Process): Promise<void> {
  const sizeOf = async () => {
    const info = await Deno.stat(`${cluster.folder.path}/${name}`).catch(() => undefined);
    return info?.size ?? 0;
  };
  let hasEnded = false;
  client.status.then(() => hasEnded = true);
  const before = Math.max(500, await sizeOf());
  await until("more in the log", async () => hasEnded || await sizeOf() > before);
}

/** Whoever calls it sees, by what it prints, for which items. */
const SEEN = "export const map = (x) => { console.log('saw ' + x); return x * 2; };";

/** The items that were done; on a busy machine one may be done twice. */
function seen(stderr: string): string[] {
  const items = linesOf(stderr).flatMap((line) => line.split("] saw ")[1] ?? []);
  return [...new Set(items)].sort();
}

async function doesNothingAgain(cluster: MapCluster): Promise<void> {
  await cluster.write("seen.js", SEEN);
  const args = ["seen.js", "--input", "-", "--resume", "seen.log"];
  const first = await cluster.map(args, { stdin: "1\n2\n3\n" });
  assertEquals([first.code, first.stdout, seen(first.stderr)], [0, "2\n4\n6\n", ["1", "2", "3"]]);
  const more = await cluster.map(args, { stdin: "1\n\n2\n3\n4\n5\n" });
  assertEquals([more.code, more.stdout, seen(more.stderr)], [0, "2\n4\n6\n8\n10\n", ["4", "5"]]);
  await cluster.server.kill();
  const range = ["--range", "1..3"];
  const none = await cluster.map(["seen.js", ...range, "--resume", "range.log"]);
  assertEquals(none.code, 3);
  assertMatch(none.stderr, /^client: cannot reach .*; to go on, run the same command again\n$/);
  await cluster.replaceServer();
  const done = await cluster.map(["seen.js", ...range, "--resume", "range.log"]);
  assertEquals([done.code, done.stdout], [0, "2\n4\n6\n"]);
  await cluster.server.kill();
  const again = await cluster.map(["seen.js", ...range, "--resume", "range.log"]);
  assertEquals(again, { code: 0, stdout: "2\n4\n6\n", stderr: "" });
  await cluster.replaceServer();
}

async function refusesChanges(cluster: MapCluster): Promise<void> {
  await cluster.write("same.js", "export const map = (x) => x;");
  await cluster.write("other.js", "export const map = (x) => x + 1;");
  const stdin = Array.from({ length: 40 }, (_, index) => `${index + 1}\n`).join("");
  const log = ["--resume", "changes.log"];
  const begun = await cluster.map(["same.js", "--input", "-", ...log], { stdin });
  assertEquals(begun.code, 0);
  const before = await cluster.read("changes.log");
  const cases: readonly (readonly [string[], string, RegExp])[] = [
    [["other.js", "--input", "-"], stdin, /the function has changed/],
    [["same.js", "--input", "-", "--reduce", "sum"], stdin, /the reduce has changed/],
    [["same.js", "--input", "-", "--args", "1"], stdin, /the arguments have changed/],
    [["same.js", "--input", "-", "--seed", "1"], stdin, /the seed has changed/],
    [["same.js", "--range", "1..40"], "", /the input has changed/],
    [["same.js", "--input", "-"], stdin.replace("\n17\n", "\n71\n"), /item 17 has changed/],
    [["same.js", "--input", "-"], stdin.slice(0, -3), /item 40 is missing/],
  ];
  for (const [args, input, problem] of cases) {
    const { code, stderr } = await cluster.map([...args, ...log], { stdin: input });
    assertEquals(code, 2, stderr);
    assertMatch(stderr, problem);
  }
  assertEquals(await cluster.read("changes.log"), before);
}

async function refusesSecond(cluster: MapCluster): Promise<void> {
  const args = ["f.js", "--range", "1..100000000", "--keep-going", "--resume", "locked.log"];
  await using first = cluster.start(args);
  await first.stdout.line(/^"<3>"$/);
  const second = await cluster.map(args);
  assertEquals([second.code, second.stdout], [2, ""]);
  assertMatch(second.stderr, /cannot use --resume "locked\.log": another client is using it/);
  first.kill("SIGKILL");
}

async function cutsTornEntries(cluster: MapCluster): Promise<void> {
  await cluster.write("same.js", "export const map = (x) => x;");
  const args = ["same.js", "--range", "1..1000", "--resume", "torn.log"];
  const whole = await cluster.map(args);
  const path = `${cluster.folder.path}/torn.log`;
  const { size } = await Deno.stat(path);
  // In an entry, in the header, and nothing at all.
  for (const left of [size - 1, size - 40, Math.floor(size / 2), 300, 100, 10, 0]) {
    await Deno.truncate(path, left);
    const { code, stdout, stderr } = await cluster.map(args);
    assertEquals(
      [code, stdout === whole.stdout, stderr],
      [0, true, ""],
      `${left} of ${size} bytes`,
    );
  }
  // Values that look like entries, those of the items that they are of among them.
  await cluster.write(
    "like.js",
    `const like = (position) => ({ position, count: 1, hashes: 0, bytes: 0, check: "x" });
     export const map = (x) => like(x % 2 === 0 ? x : 1);`,
  );
  const like = ["like.js", "--range", "1..1000", "--resume", "like.log"];
  const expected = await cluster.map(like);
  const likePath = `${cluster.folder.path}/like.log`;
  await Deno.truncate(likePath, (await Deno.stat(likePath)).size - 40);
  assertEquals(await cluster.map(like), expected);
  // A power cut leaves zeros in the place of what was on its way to the disk.
  const good = await Deno.readFile(path);
  for (const zeros of [1, 40, 512]) {
    await Deno.writeFile(path, good.slice().fill(0, good.length - zeros));
    const { code, stdout } = await cluster.map(args);
    assertEquals([code, stdout === whole.stdout], [0, true], `${zeros} zeros`);
  }
}

async function refusesDamage(cluster: MapCluster): Promise<void> {
  await cluster.write("five.js", "export const map = (x) => { if (x === 5) throw 5; return x; };");
  const args = ["five.js", "--range", "1..20", "--keep-going", "--resume", "damaged.log"];
  const whole = await cluster.map(args);
  assertEquals(whole.code, 1);
  const path = `${cluster.folder.path}/damaged.log`;
  const good = await Deno.readFile(path);
  const starts = [...new TextDecoder("latin1").decode(good).matchAll(/\{"position":/g)].map(
    ({ index }) => index,
  );
  assert(starts.length > 2, `${starts.length} entries`);
  const last = starts.at(-1)!;
  // In the first entry, the last, and one between: its first byte, its position, a newline, its bytes.
  const some = [0, starts.length >> 1, starts.length - 1];
  const spots = starts.flatMap((start, index) => {
    if (!some.includes(index)) return [];
    const newline = good.indexOf(0x0a, start);
    const end = starts[index + 1] ?? good.length;
    // Its length as well; at the end of the file an entry that is to be longer looks interrupted.
    const length = new TextDecoder().decode(good.subarray(start, newline)).indexOf('"bytes":') + 8;
    return [start, start + 12, newline, end - 2, ...(start < last ? [start + length] : [])];
  });
  for (const spot of spots) {
    const damaged = good.slice();
    damaged[spot]! ^= 1;
    await Deno.writeFile(path, damaged);
    const { code, stderr } = await cluster.map(args);
    assertEquals(code, 2, `byte ${spot}, the last entry begins at ${last}: ${stderr}`);
    assertMatch(stderr, /cannot use --resume "damaged\.log": what it says of item \d+ is damaged/);
    assertEquals(await Deno.readFile(path), damaged);
  }
}

async function keepsErrors(cluster: MapCluster): Promise<void> {
  await cluster.write("odd.js", "export const map = (x) => { if (x % 2) throw x; return x; };");
  const run = (name: string) =>
    cluster.map([
      "odd.js",
      "--range",
      "1..4",
      "--keep-going",
      "--errors",
      "kept",
      "--resume",
      name,
    ]);
  await cluster.write("kept", '{"position":1,"item":7,"cause":"error","error":"of another job"}\n');
  // A log that begins now knows nothing of what is in the file.
  assertEquals((await run("new.log")).code, 1);
  const errors = await cluster.read("kept");
  assertEquals(linesOf(errors).map((line) => JSON.parse(line).item), [1, 3]);
  assertEquals((await run("new.log")).code, 1);
  assertEquals(await cluster.read("kept"), errors);
  // What was cut in the middle of a failure is ours.
  await cluster.write("kept", errors + '{"posi');
  assertEquals((await run("new.log")).code, 1);
  assertEquals(await cluster.read("kept"), errors);
  for (const foreign of ["my thesis", "my thesis\n", `${errors}my thesis`, '{"a":1}\n']) {
    await cluster.write("kept", foreign);
    const { code, stderr } = await run("new.log");
    assertEquals(code, 2, stderr);
    assertMatch(stderr, /cannot write --errors "kept": .*something else than failures is in it/);
    assertEquals(await cluster.read("kept"), foreign);
  }
}

async function resumesReduces(cluster: MapCluster): Promise<void> {
  await cluster.write(
    "own.js",
    `export const map = (x) => x;
     export const initial = [];
     export const reduce = (all, x) => x % 100 === 0 ? [...all, x] : all;
     export const combine = (a, b) => [...a, ...b];`,
  );
  await cluster.write("same.js", "export const map = (x) => x;");
  const hundreds = JSON.stringify(Array.from({ length: 50 }, (_, index) => 100 * (index + 1)));
  const cases: readonly (readonly [string, string[], string])[] = [
    ["own.js", [], hundreds],
    ["same.js", ["--reduce", "sum"], "12502500"],
    [
      "same.js",
      ["--reduce", "concat"],
      JSON.stringify(Array.from({ length: 5000 }, (_, i) => i + 1)),
    ],
  ];
  for (const [module, flags, expected] of cases) {
    const log = `${module}${flags.join("")}.log`;
    const args = [module, ...flags, "--range", "1..5000", "--resume", log];
    for (let run = 1; run <= 3; run++) {
      const { code, stdout, stderr } = await cluster.map(args);
      assertEquals([code, stdout, stderr], [0, `${expected}\n`, ""], `${log}, run ${run}`);
      // As if it had been killed in between.
      const path = `${cluster.folder.path}/${log}`;
      await Deno.truncate(path, Math.floor((await Deno.stat(path)).size / (run + 1)));
    }
  }
}
