/**
 * Purpose: who allows everything and reads nothing makes nobody hold what a job yields, and who reads late gets it
 * all.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { ChannelFramer } from "../../src/jobs/channel_framer.ts";
import { type Listening, startServer, startWorker } from "../support/cluster.ts";
import { readLine } from "../support/job_client.ts";
import { residentBytes } from "../support/process.ts";
import { pause } from "../support/waiting.ts";

const ignore = Deno.build.os !== "linux";

const OPENING = {
  op: "open",
  job: 1,
  name: "long.js",
  input: "range",
  call: "map",
  reduce: null,
  seed: 0,
};
/** 400 MB of values in all. */
const VALUES = 4000;
const CODE = 'export const map = () => "x".repeat(100_000);';
/**
 * What a process may need beside what it had, in bytes: what may wait in it (36 MiB in a server), and what of that
 * has not been collected.
 */
const MAX_GROWTH_BYTES = 160 * 1024 * 1024;
/** How long the results are left unread: without a bound, some seconds are enough for all of them. */
const UNREAD_MS = 5000;

Deno.test(
  "a server holds little for a client that allows everything and reads late",
  { ignore },
  async () => {
    await using worker = await startWorker({ args: ["--allow-code", "--slots", "1"] });
    await using server = await startServer({ workers: [worker] });
    await server.untilStates("up");
    await readsLate(server);
  },
);

Deno.test(
  "a worker holds little for a requester that allows everything and reads late",
  { ignore },
  async () => {
    await using worker = await startWorker({ args: ["--allow-code", "--slots", "1"] });
    await readsLate(worker);
  },
);

async function readsLate({ address, process }: Listening): Promise<void> {
  using conn = await Deno.connect({ hostname: address.host, port: address.port });
  const say = async (...lines: (object | string)[]) => {
    const text = lines.map((line) => typeof line === "string" ? line : JSON.stringify(line) + "\n");
    await conn.write(new TextEncoder().encode(text.join("")));
  };
  await say({ op: "channel", protocol: 1 });
  await readLine(conn);
  const before = await residentBytes(process.pid);
  const sha256 = createHash("sha256").update(CODE).digest("hex");
  await say(
    { ...OPENING, sha256, code_bytes: CODE.length },
    { op: "code", job: 1, bytes: CODE.length },
    CODE,
    rest(1),
  );
  const growth = async () => await residentBytes(process.pid) - before;
  for (let waitedMs = 0; waitedMs < UNREAD_MS; waitedMs += 50) {
    await pause(50);
    // Nobody has to be silent for the results to stay unread.
    await say({ op: "pong" });
    const grown = await growth();
    assert(grown < MAX_GROWTH_BYTES, `${grown} bytes more`);
  }
  const framer = new ChannelFramer();
  const buffer = new Uint8Array(256 * 1024);
  let next = 1;
  let bytes = 0;
  while (next <= VALUES) {
    const count = await conn.read(buffer);
    assert(count !== null, `the channel ended at value ${next}`);
    framer.push(buffer.subarray(0, count));
    for (let one = framer.next(); one !== undefined; one = framer.next()) {
      const { op, position, count } = one.members;
      if (op === "ping") await say({ op: "pong" });
      // A worker gives back what it cannot do in two seconds, however long it had to wait.
      if (op === "returned") await say(rest(next));
      if (op !== "result") continue;
      assertEquals(position, next);
      next += count as number;
      bytes += one.payload.length;
    }
  }
  assertEquals(bytes, VALUES * 100_003);
  assert(await growth() < MAX_GROWTH_BYTES, `${await growth()} bytes more`);
}

/** The values from one on, in a chunk of which everything may be told at once. */
function rest(position: number): object {
  const first = String(position);
  const count = VALUES - position + 1;
  return { op: "chunk", job: 1, chunk: position, position, count, first, credit: 1e15 };
}
