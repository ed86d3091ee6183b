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
import type { Address } from "../support/line_client.ts";
import { residentBytes } from "../support/process.ts";
import { within } from "../support/waiting.ts";

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
/** A job's values, 400 MB in all. */
const VALUES = 4000;
/** They are asked for in parts, as a worker does not go on with one for more than two seconds. */
const VALUES_OF_CHUNK = 500;
const CODE = 'export const map = () => "x".repeat(100_000);';
/**
 * What a process may need beside what it had, in bytes: what may wait in it (36 MiB in a server), and what of that
 * has not been collected.
 */
const MAX_GROWTH_BYTES = 160 * 1024 * 1024;
/** A slot for each of two requesters. */
const ARGS = ["--allow-code", "--slots", "2"];
const READS_BETWEEN_LOOKS = 16;

Deno.test(
  "a server holds little for a client that allows everything and reads late",
  { ignore },
  async () => {
    await using worker = await startWorker({ args: ARGS });
    await using server = await startServer({ workers: [worker] });
    await server.untilStates("up");
    await readsLate(server);
  },
);

Deno.test(
  "a worker holds little for a requester that allows everything and reads late",
  { ignore },
  async () => {
    await using worker = await startWorker({ args: ARGS });
    await readsLate(worker);
  },
);

async function readsLate({ address, process }: Listening): Promise<void> {
  using late = await Requester.connect(address);
  using prompt = await Requester.connect(address);
  const before = await residentBytes(process.pid);
  const look = async () => {
    const grown = await residentBytes(process.pid) - before;
    assert(grown < MAX_GROWTH_BYTES, `${grown} bytes more`);
  };
  await late.ask("late");
  await prompt.ask("prompt");
  // While one gets all of its values there is time for all of the other's, however busy the machine is.
  await prompt.readAll(async () => {
    // Nobody has to be silent for the results to stay unread.
    await late.say({ op: "pong" });
    await look();
  });
  await late.readAll(look);
}

/** Somebody who has a job of long values, and allows all of them to be told at once. */
class Requester implements Disposable {
  readonly #conn: Deno.TcpConn;
  /** What is still to come of each chunk that was asked for. */
  readonly #chunks = new Map<unknown, { next: number; readonly end: number }>();
  #lastChunk = 0;

  private constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  static async connect({ host, port }: Address): Promise<Requester> {
    const requester = new Requester(await Deno.connect({ hostname: host, port }));
    await requester.say({ op: "channel", protocol: 1 });
    await readLine(requester.#conn);
    return requester;
  }

  /** Asks for all values, by a module of its own. */
  async ask(name: string): Promise<void> {
    const code = `${CODE} // ${name}`;
    const sha256 = createHash("sha256").update(code).digest("hex");
    await this.say(
      { ...OPENING, sha256, code_bytes: code.length },
      { op: "code", job: 1, bytes: code.length },
      code,
    );
    for (let position = 1; position <= VALUES; position += VALUES_OF_CHUNK) {
      await this.#askFrom(position, position + VALUES_OF_CHUNK);
    }
  }

  async say(...lines: (object | string)[]): Promise<void> {
    const text = lines.map((line) => typeof line === "string" ? line : JSON.stringify(line) + "\n");
    await this.#conn.write(new TextEncoder().encode(text.join("")));
  }

  /** Reads all values, and calls `look` now and then. */
  async readAll(look: () => Promise<void>): Promise<void> {
    const framer = new ChannelFramer();
    const buffer = new Uint8Array(256 * 1024);
    let values = 0;
    let bytes = 0;
    for (let reads = 0; values < VALUES; reads++) {
      const count = await within("values", this.#conn.read(buffer));
      assert(count !== null, `the channel ended after ${values} values`);
      framer.push(buffer.subarray(0, count));
      for (let one = framer.next(); one !== undefined; one = framer.next()) {
        if (one.members.op === "result") bytes += one.payload.length;
        values += await this.#take(one.members);
      }
      if (reads % READS_BETWEEN_LOOKS === 0) await look();
    }
    assertEquals(bytes, VALUES * 100_003);
    await look();
  }

  /** Takes a message, and gives how many values end with it. */
  async #take({ op, chunk, position, count }: Readonly<Record<string, unknown>>): Promise<number> {
    if (op === "ping") await this.say({ op: "pong" });
    if (op !== "returned" && op !== "result") return 0;
    const asked = this.#chunks.get(chunk)!;
    assertEquals(position, asked.next, `of chunk ${chunk}`);
    // A worker gives back what it cannot do in two seconds, however long it had to wait.
    if (op === "returned") {
      await this.#askFrom(asked.next, asked.end);
      return 0;
    }
    asked.next += count as number;
    return count as number;
  }

  /** Asks for values in a chunk of which everything may be told at once. */
  async #askFrom(position: number, end: number): Promise<void> {
    const chunk = ++this.#lastChunk;
    this.#chunks.set(chunk, { next: position, end });
    const [count, first] = [end - position, String(position)];
    await this.say({ op: "chunk", job: 1, chunk, position, count, first, credit: 1e15 });
  }

  [Symbol.dispose](): void {
    this.#conn.close();
  }
}
