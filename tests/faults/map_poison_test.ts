/**
 * Purpose: an item that hangs, eats memory or ends its process is named, and every other one has its result.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { startServer, startWorker } from "../support/cluster.ts";
import { linesOf, MapCluster } from "../support/map_cluster.ts";
import { busySlot } from "../support/map_room.ts";
import { freePort } from "../support/ports.ts";
import { startRole } from "../support/roles.ts";
import { until } from "../support/waiting.ts";

// The processes of a worker are found on Linux only.
const ignore = Deno.build.os !== "linux";

const COUNT = 400;
const EATS = `export function map(x) {
  const all = [];
  switch (x) {
    case 120: for (;;) all.push({ x: all.length });
    case 190: for (;;) all.push(new Float64Array(1e6).fill(all.length));
    case 260: for (;;) { const text = "x".repeat(1e6) + all.length; text.charCodeAt(5e5); all.push(text); }
  }
  return x;
}
`;
const HANGS = `export function map(x) {
  switch (x) {
    case 50: for (;;);
    case 330: return new Promise(() => {});
  }
  return x;
}
`;

/** The numbers from 1 to `count` without those that fail. */
function without(count: number, failing: readonly number[]): string[] {
  return Array.from({ length: count }, (_, index) => index + 1)
    .filter((x) => !failing.includes(x)).map(String);
}

/** Item and cause of each failure. */
function causesIn(stderr: string): string[] {
  const lines = linesOf(stderr).filter((line) => line.startsWith("{"));
  return lines.map((line) => JSON.parse(line)).map(({ item, cause }) => `${item} ${cause}`);
}

for (
  const [what, code, flags, cause, failing] of [
    // It has all the time that it needs for that: others may have the processor.
    ["eats memory", EATS, [], "memory", [120, 190, 260]],
    ["hangs", HANGS, ["--item-timeout", "2s"], "time", [50, 330]],
  ] as const
) {
  Deno.test(`client map names what ${what}`, { ignore }, async () => {
    await using worker = await startWorker({
      args: ["--allow-code", "--slots", "2", "--slot-memory-mb", "256"],
    });
    await using cluster = await MapCluster.launch(0);
    await cluster.write("f.js", code);
    await using server = await startServer({ workers: [worker] });
    const words = ["map", "f.js", "--range", `1..${COUNT}`, "--keep-going", ...flags];
    await using client = startRole("client", [...words, "--port", String(server.address.port)], {
      cwd: cluster.folder.path,
    });
    const { stdout, stderr, ...outcome } = await client.outcome();
    const causes = failing.map((item) => `${item} ${cause}`);
    assertEquals([outcome.code, causesIn(stderr)], [1, causes]);
    assertEquals(linesOf(stdout), without(COUNT, failing));
    const [state] = (await server.status()).workers;
    assertEquals(state!.state, "up", "no worker is blamed");
  });
}

/** An item that says that it has begun, and does not end. */
const DEADLY = `export function map(x) {
  if (x === 77) { console.log("dying"); for (;;); }
  return x;
}
`;

Deno.test("client map names the item with which a slot dies abruptly", { ignore }, async () => {
  await using cluster = await MapCluster.launch(2);
  await cluster.write("f.js", DEADLY);
  await using client = cluster.start(["f.js", "--range", "1..150", "--keep-going"]);
  const deaths = await untilEnded(client, async (name, isOver) => {
    const { process } = cluster.workers.find((worker) => worker.name === name)!;
    // Another worker may have been asked as well, and need not go on once the item is named.
    const slot = await busySlot(process, isOver);
    if (slot !== 0) Deno.kill(slot, "SIGKILL");
  });
  const { code, stdout, stderr } = await client.outcome();
  assertEquals([code, causesIn(stderr)], [1, ["77 crash"]]);
  assertEquals(linesOf(stdout), without(150, [77]));
  assert(deaths > 0);
});

Deno.test("client map names the item with which whole workers die", { ignore }, async () => {
  await using stack = new AsyncDisposableStack();
  await using cluster = await MapCluster.launch(0);
  await cluster.write("f.js", DEADLY);
  const start = async (port: number) => {
    const args = ["--allow-code", "--slots", "1"];
    return stack.use(await startWorker({ port, args }));
  };
  const workers = await Promise.all([freePort(), freePort()].map(start));
  await using server = await startServer({ workers });
  const words = ["map", "f.js", "--range", "76..78", "--keep-going", "--port"];
  await using client = startRole("client", [...words, String(server.address.port)], {
    cwd: cluster.folder.path,
  });
  const deaths = await untilEnded(client, async (name) => {
    const place = workers.findIndex((worker) => worker.name === name);
    await workers[place]!.kill();
    workers[place] = await start(workers[place]!.address.port);
  });
  const { code, stdout, stderr } = await client.outcome();
  assertEquals([code, causesIn(stderr)], [1, ["77 crash"]]);
  assertEquals(linesOf(stdout), ["76", "78"]);
  assert(deaths >= 3, `${deaths} deaths`);
});

/** More than anybody needs to find one item. */
const MAX_DEATHS = 15;

/** Does something to each machine on which the deadly item is said to have begun, until the client has ended. */
async function untilEnded(
  client: ReturnType<typeof startRole>,
  happens: (worker: string, isOver: () => boolean) => Promise<void>,
): Promise<number> {
  let hasEnded = false;
  client.status.then(() => hasEnded = true);
  for (let deaths = 0;; deaths++) {
    const begun = await until("the item to begin, or the job to end", () => {
      const names = Array.from(client.stderr.text.matchAll(/^\[(.+) · \d+\] dying$/gm));
      return hasEnded ? "" : names[deaths]?.[1];
    });
    if (begun === "") return deaths;
    assert(deaths < MAX_DEATHS, "the item is given to one after the other");
    await happens(begun, () => hasEnded);
  }
}
