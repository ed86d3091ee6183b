import { assert, assertEquals } from "@std/assert";
import { connect } from "../../mod.ts";
import { membersOf, rightMembers } from "../support/calculations.ts";
import { startServer, startWorkers } from "../support/cluster.ts";
import { printFigure } from "../support/load.ts";
import { TemporaryFolder } from "../support/paths.ts";
import { startRole } from "../support/roles.ts";
import { until } from "../support/waiting.ts";

const LINES = 60_000;
/** Characters of output after which the first server is killed: a fifth of all, or so. */
const BEFORE = 1_000_000;

/** Every third line has an id, and the same ones come again and again. */
function opening(k: number): string {
  return k % 3 === 0 ? `{"id":${k % 100},` : "{";
}

Deno.test("SIGKILL of one of two servers costs a batch no line, and doubles none", async () => {
  await using folder = new TemporaryFolder();
  const numbers = Array.from({ length: LINES }, (_, k) => k);
  const lines = numbers.map((k) => `${opening(k)}${membersOf(k)}}\n`);
  const input = await folder.write("requests.jsonl", lines.join(""));
  await using workers = await startWorkers(3);
  await using first = await startServer({ workers });
  await using second = await startServer({ workers });
  await first.untilStates("up", "up", "up");
  await second.untilStates("up", "up", "up");

  const servers = `${first.name},${second.name}`;
  await using client = startRole("client", ["--batch", "--server", servers, "--input", input]);
  await until("output of the batch", () => client.stdout.text.length > BEFORE);
  const calmMs = client.stdout.takePauseMs();
  await first.kill();
  const { code, stdout, stderr } = await client.outcome();
  const pauseMs = client.stdout.takePauseMs();
  assertEquals([code, stderr], [0, ""]);
  const replies = stdout.split("\n");
  assertEquals(replies.pop(), "");
  assertEquals(replies.length, LINES);
  for (const k of numbers) {
    const right = `${opening(k)}${rightMembers(k, 3)}}`;
    if (replies[k] !== right) assertEquals(replies[k], right, `line ${k + 1}`);
  }
  const { requests } = await second.status();
  assert(requests.answered! > 0, "the second server took over");
  assertEquals([requests.failed, requests.in_flight, requests.waiting], [0, 0, 0]);
  printFigure(
    `batch of ${LINES} lines over two servers, SIGKILL of the one in use: all right; the longest pause ` +
      `in its output: ${calmMs.toFixed(1)} ms before, ${pauseMs.toFixed(1)} ms from then on`,
  );
});

Deno.test("SIGKILL of one of two servers costs the library no request that is in flight", async () => {
  await using workers = await startWorkers(2);
  await using first = await startServer({ workers });
  await using second = await startServer({ workers });
  await first.untilStates("up", "up");
  await second.untilStates("up", "up");
  await using client = await connect({ servers: [first.address, second.address] });

  const count = 5000;
  const sums = Array.from({ length: count }, (_, k) => client.add(k, 1));
  // Some are answered, and most of them are still on their way.
  await sums[0];
  const killed = first.kill();
  assertEquals(await Promise.all(sums), Array.from({ length: count }, (_, k) => k + 1));
  await killed;
  assertEquals((await client.sumSquares(4n)).result, 30n);
  const { requests } = await second.status();
  assert(requests.answered! > 1, JSON.stringify(requests));
});
