import { assert, assertEquals, assertRejects } from "@std/assert";
import { Batch } from "../../src/client/batch.ts";
import { ReplyTimeoutError } from "../../src/client/errors.ts";
import { MAX_BATCH_HELD_CHARS, MAX_BATCH_WINDOW } from "../../src/limits.ts";
import { type Server, startServer, startWorkers } from "../support/cluster.ts";
import { TemporaryFolder } from "../support/paths.ts";
import { residentBytes } from "../support/process.ts";
import { startRole } from "../support/roles.ts";
import { until, within } from "../support/waiting.ts";

const LINES = 100_000;
const FILE_BYTES = 256 * 1024 * 1024;
/** What the engine has not collected yet is up to 180 MB; holding the file would add at least its 256. */
const MAX_GROWTH_BYTES = 220 * 1024 * 1024;
const MAX_RESIDENT_BYTES = 300 * 1024 * 1024;

Deno.test("client --batch with much to do", async (t) => {
  await using workers = await startWorkers(2);
  await using server = await startServer({ workers });
  await server.untilStates("up", "up");

  await t.step(`answers ${LINES} lines, each with its own reply`, () => answersMany(server));
  await t.step("ends quietly when nobody reads its stdout any more", () => endsQuietly(server));
  await t.step("answers a line before the next is typed", () => answersAtOnce(server));
  await t.step({
    name: "needs no more memory for 256 MB of lines",
    ignore: Deno.build.os !== "linux",
    fn: () => staysSmall(server),
  });
});

async function answersMany(server: Server): Promise<void> {
  await using folder = new TemporaryFolder();
  const requests = Array.from({ length: LINES }, (_, k) => `{"op":"add","a":${k},"b":1}\n`);
  const input = await folder.write("in.jsonl", requests.join(""));
  const { code, stdout, stderr } = await server.client(["--batch", "--input", input]);
  assertEquals([code, stderr], [0, ""]);
  const lines = stdout.split("\n");
  assertEquals(lines.length, LINES + 1);
  for (let k = 0; k < LINES; k++) {
    const expected = `{"ok":true,"result":${k + 1}.0,"a":${k}.0,"b":1.0,"op":"add"}`;
    if (lines[k] !== expected) assertEquals(lines[k], expected);
  }
}

async function endsQuietly(server: Server): Promise<void> {
  const args = ["--batch", "--port", String(server.address.port)];
  await using client = startRole("client", args, { stdin: endlessRequests() });
  await client.stdout.line(/^\{"ok":true/);
  await client.stdout.close();
  const { code } = await within("the end of the client", client.status);
  assertEquals([code, client.stderr.text], [0, ""]);
}

async function answersAtOnce(server: Server): Promise<void> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const args = ["--batch", "--port", String(server.address.port)];
  await using client = startRole("client", args, { stdin: readable });
  const writer = writable.getWriter();
  const encoder = new TextEncoder();
  for (let k = 1; k <= 3; k++) {
    await writer.write(encoder.encode(`{"op":"add","a":${k},"b":0}\n`));
    await client.stdout.line(new RegExp(`"result":${k}\\.0`));
  }
  await writer.close();
  assertEquals((await client.outcome()).code, 0);
}

async function staysSmall(server: Server): Promise<void> {
  await using folder = new TemporaryFolder();
  // Lines of 4 KB, so that it is bytes that count here and not requests.
  const line = `{"op":"add","a":1,"b":2,"note":"${"x".repeat(4060)}"}\n`;
  const count = Math.ceil(FILE_BYTES / line.length);
  const input = await folder.write("in.jsonl", line.repeat(count));
  const output = `${folder.path}/out.jsonl`;
  const port = String(server.address.port);
  const files = ["--input", input, "--output", output];
  await using client = startRole("client", ["--batch", "--port", port, ...files]);
  let early = 0;
  let peak = 0;
  let isEnded = false;
  client.status.then(() => isEnded = true);
  await until("the end of the client", async () => {
    const resident = await residentBytes(client.pid);
    peak = Math.max(peak, resident);
    // Once the first replies are written everything that it needs is there.
    if (early === 0 && await sizeOf(output) > 0) early = resident;
    return isEnded;
  });
  const { code, stderr } = await client.outcome();
  assertEquals([code, stderr], [0, ""]);
  const replies = (await Deno.readTextFile(output)).split("\n");
  assertEquals(replies.length, count + 1);
  assert(peak < MAX_RESIDENT_BYTES, `${peak} bytes`);
  assert(peak - early < MAX_GROWTH_BYTES, `from ${early} to ${peak} bytes`);
}

/** Requests for as long as somebody reads them. */
function endlessRequests(): ReadableStream<Uint8Array> {
  const chunk = new TextEncoder().encode('{"op":"add","a":1,"b":2}\n'.repeat(1000));
  return new ReadableStream({ pull: (controller) => controller.enqueue(chunk.slice()) });
}

async function sizeOf(path: string): Promise<number> {
  return await Deno.stat(path).then(({ size }) => size, () => 0);
}

Deno.test("a batch whose replies do not come reads a bounded part of its input", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const silent = listener.accept();
  const line = new TextEncoder().encode(
    `{"op":"add","a":1,"b":2,"x":"${"x".repeat(65_000)}"}\n`,
  );
  let readBytes = 0;
  const batch = new Batch({
    servers: [{ host: "127.0.0.1", port: listener.addr.port }],
    input: new ReadableStream({
      pull(controller) {
        readBytes += line.length;
        controller.enqueue(line.slice());
      },
    }),
    write: () => Promise.resolve(),
    window: MAX_BATCH_WINDOW,
    timeoutMs: 1000,
  });
  await assertRejects(() => batch.run(), ReplyTimeoutError);
  // Some more lines are on their way through the streams.
  const most = MAX_BATCH_HELD_CHARS + 16 * line.length;
  assert(readBytes > MAX_BATCH_HELD_CHARS / 2 && readBytes <= most, `${readBytes} bytes`);
  (await silent).close();
});
