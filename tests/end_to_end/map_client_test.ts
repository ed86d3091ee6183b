/**
 * Purpose: what the client of a job does when a server fails in ways that ours does not.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { connect, MapError } from "../../mod.ts";
import { failedBytes } from "../../src/jobs/failed_bytes.ts";
import { MAX_PIECE_BYTES, MAX_TREE_BYTES, MAX_UNWRITTEN_BYTES } from "../../src/limits.ts";
import { HANG_MS, until, within } from "../support/waiting.ts";

const OWN = `
  export const map = (x: number) => x;
  export const initial = "";
  export const reduce = (all: string, x: number) => all + x;
  export const combine = (a: string, b: string) => a + b;
`;

/** Says something to the client of a job. */
type Write = (message: object, payload?: Uint8Array) => Promise<void>;

/** A server that answers pings, and on a channel says what it is told to as soon as a job is opened. */
class ScriptedServer implements Disposable {
  /** Credit that the client of a job has given in all. */
  credit = 0;
  /** How often it has said that it lives. */
  pongs = 0;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #says: (
    write: (message: object, payload?: Uint8Array) => Promise<void>,
  ) => Promise<void>;

  constructor(says: (write: Write) => Promise<void>) {
    this.#says = says;
    this.#accept();
  }

  get port(): number {
    return (this.#listener.addr as Deno.NetAddr).port;
  }

  [Symbol.dispose](): void {
    this.#listener.close();
  }

  async #accept(): Promise<void> {
    for await (const connection of this.#listener) this.#serve(connection).catch(() => {});
  }

  async #serve(connection: Deno.TcpConn): Promise<void> {
    using _connection = connection;
    const encoder = new TextEncoder();
    const writer = connection.writable.getWriter();
    const write = async (message: object, payload?: Uint8Array) => {
      const bytes = payload === undefined ? {} : { bytes: payload.length };
      await writer.write(encoder.encode(JSON.stringify({ job: 1, ...message, ...bytes }) + "\n"));
      if (payload !== undefined) await writer.write(payload);
    };
    const decoder = new TextDecoder();
    let isOpen = false;
    let all = "";
    let tail = "";
    for await (const bytes of connection.readable) {
      const text = decoder.decode(bytes);
      if ((tail + text).includes(PONG)) this.pongs++;
      // What is shorter is not seen twice.
      tail = (tail + text).slice(1 - PONG.length);
      const id = /"id":(\d+)/.exec(text)?.[1];
      // Accumulators that come to be merged are not looked through.
      if (text.length < 10_000) {
        all += text;
        const credits = all.matchAll(/"credit":(\d+)[,}]/g);
        this.credit = [...credits].reduce((sum, [, credit]) => sum + Number(credit), 0);
      }
      if (text.includes('"op":"ping"') && id !== undefined) {
        await writer.write(encoder.encode(`{"ok":true,"op":"ping","id":${id}}\n`));
      } else if (text.includes('"op":"channel"')) {
        await writer.write(
          encoder.encode(
            '{"ok":true,"op":"channel","protocol":1,"role":"calc_server","slots":1}\n',
          ),
        );
      }
      if (isOpen || !text.includes('"op":"chunk"')) continue;
      isOpen = true;
      this.#says(write).catch(() => {});
    }
  }
}

const PONG = '"op":"pong"';
const PIECE = new Uint8Array(MAX_PIECE_BYTES).fill(0x20);
const ACCUMULATORS = 5;

/** More accumulators than a client takes while none of them is merged; it has taken what it takes. */
async function fill(server: ScriptedServer, write: Write): Promise<void> {
  const pieces = MAX_TREE_BYTES / (ACCUMULATORS - 1) / PIECE.length;
  for (let position = 1; position <= ACCUMULATORS; position++) {
    for (let piece = 1; piece <= pieces; piece++) {
      await write({ op: "result", chunk: 1, position, count: 0 }, PIECE);
    }
    const end = new TextEncoder().encode('""\n');
    await write({ op: "result", chunk: 1, position, count: 1 }, end);
  }
  // It answers when it has read all that: what comes at once with its end is another matter.
  await write({ op: "ping" });
  await until("its answer", () => server.pongs > 0);
}

for (
  const [what, end, text] of [
    ["an item", { op: "failed", chunk: 1, position: 6, cause: "error", error: "no" }, "item 6"],
    ["the job", { op: "job_failed", code: "job_cancelled", error: "enough" }, "enough"],
  ] as const
) {
  Deno.test(`mapReduce ends when ${what} fails while no more can be merged`, async () => {
    using server = new ScriptedServer(async (write) => {
      await fill(server, write);
      await write(end);
    });
    await using client = await connect({ port: server.port });
    const reducing = client.mapReduce(OWN, { from: 1, to: 100 });
    await assertRejects(() => within("its end", reducing), MapError, text);
  });
}

Deno.test("map gives credit anew for failures that its caller has taken", async () => {
  const count = 1200;
  const failure = { cause: "error", error: "e".repeat(12_000) };
  const cost = failedBytes(failure);
  assert(count * cost > MAX_UNWRITTEN_BYTES, "more than is granted at once");
  using server = new ScriptedServer(async (write) => {
    for (let position = 1, spent = 0; position <= count; position++, spent += cost) {
      await until("credit", () => server.credit - spent >= cost);
      await write({ op: "failed", chunk: 1, position, ...failure });
    }
    await write({ op: "done", chunk: 1, ms: 1 });
  });
  await using client = await connect({ port: server.port });
  const signal = AbortSignal.timeout(HANG_MS);
  let failures = 0;
  const options = { keepGoing: true, onFailure: () => failures++, signal };
  for await (const _ of client.map(OWN, { from: 1, to: count }, options));
  assertEquals(failures, count);
});
