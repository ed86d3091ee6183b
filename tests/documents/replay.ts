/**
 * Replays a transcript: what the real programs send is compared, the other side is played.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { type RunningRole, startServer, startWorker } from "../../mod.ts";
import { type Address, LineClient } from "../support/line_client.ts";
import { freePort } from "../support/ports.ts";
import { until, within } from "../support/waiting.ts";
import type { Block } from "./markdown.ts";
import { type Bindings, fill, matches } from "./pattern.ts";
import { type Direction, entriesOf, type Entry } from "./transcript.ts";

/** Short, because a transcript waits for it; long enough for a busy machine. */
const WORKER_TIMEOUT_MS = 300;
/** A heartbeat, which comes when it is due and is shown only where it is the matter. */
const HEARTBEAT = /^\{(?:"id":\d+,)?"op":"ping"\}$/;
/** What else is said on a job channel when it is due, and shown only where it is the matter. */
const ASIDE = /^\{"op":"(?:at|progress|slots)",/;

/** Replays a block against what stands behind its language: who answers. */
export async function replay(block: Block): Promise<void> {
  await using stage = new AsyncDisposableStack();
  switch (block.info) {
    case "transcript worker":
      return await play(block, stage, { role: stage.use(startWorker({ port: 0 })) });
    case "transcript worker that runs code": {
      const role = stage.use(startWorker({ port: 0, allowCode: true, slots: 1 }));
      return await play(block, stage, { role });
    }
    case "transcript calc_server": {
      const workers = [1, 2, 3].map(() => stage.use(startWorker({ port: 0 })).address);
      const role = stage.use(startServer({ port: 0, workers }));
      await untilAll(role.address, "up");
      return await play(block, stage, { role });
    }
    case "transcript calc_server whose workers are down": {
      const workers = [{ host: "127.0.0.1", port: freePort() }];
      const role = stage.use(startServer({ port: 0, workers }));
      await untilAll(role.address, "down");
      return await play(block, stage, { role });
    }
    case "transcript calc_server beyond loopback": {
      const role = stage.use(startServer({ host: "0.0.0.0", port: 0, workers: [] }));
      const address = { host: "127.0.0.1", port: role.address.port };
      return await play(block, stage, { role: { ...role, address } });
    }
    case "transcript coordinator": {
      const door = stage.use(new Door());
      const workers = [door.address];
      const server = startServer({ port: 0, workers, workerTimeoutMs: WORKER_TIMEOUT_MS });
      return await play(block, stage, { role: stage.use(server), workers: () => door.open() });
    }
    case "transcript coordinator that a worker joins": {
      const role = stage.use(startServer({ port: 0, workers: [] }));
      return await play(block, stage, { role, workers: () => LineClient.connect(role.address) });
    }
  }
  throw new Error(`Line ${block.line}: nobody to answer a "${block.info}"`);
}

/** Who answers. */
interface Cast {
  /** The real program. */
  readonly role: Pick<RunningRole, "address" | "stop">;
  /** How a played worker comes to it. */
  readonly workers?: () => Promise<LineClient>;
}

/** Where a coordinator finds a worker that is played. */
class Door implements Disposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });

  get address(): Address {
    return { host: "127.0.0.1", port: this.#listener.addr.port };
  }

  async open(): Promise<LineClient> {
    const conn = await within("the coordinator's connect", this.#listener.accept());
    return new LineClient(conn);
  }

  [Symbol.dispose](): void {
    this.#listener.close();
  }
}

async function untilAll(address: Address, state: "up" | "down"): Promise<void> {
  using asking = await LineClient.connect(address);
  await until(`all workers to be ${state}`, async () => {
    const { workers } = JSON.parse(await asking.ask('{"op":"status"}'));
    return workers.every((worker: { state: string }) => worker.state === state);
  });
  // The server shall know that this connection is over, since a transcript shows how many there are.
  await asking.endSending();
  assertEquals(await asking.rest(), []);
}

async function play(block: Block, stage: AsyncDisposableStack, cast: Cast): Promise<void> {
  const bindings: Bindings = new Map();
  const enter = async () => stage.use(await cast.workers!());
  const connect = async () => stage.use(await LineClient.connect(cast.role.address));
  const client = await connect();
  let second: LineClient | undefined;
  let worker = cast.workers === undefined ? undefined : await enter();
  for (const entry of entriesOf(block)) {
    const { direction, event } = entry;
    if (event === "is told to stop") cast.role.stop();
    else if (event === "connects again") worker = await enter();
    else {
      if (direction.endsWith("2")) second ??= await connect();
      const peer = direction.includes("W") ? worker : direction.endsWith("2") ? second : client;
      assert(peer !== undefined, `Line ${entry.line}: there is no worker here`);
      if (SENT.includes(direction)) await send(peer, entry, bindings);
      else await expect(peer, entry, bindings);
    }
  }
}

/** The directions of what is played. */
const SENT: readonly Direction[] = ["C", "C2", "W>S"];

async function send(peer: LineClient, entry: Entry, bindings: Bindings): Promise<void> {
  const { text, event } = entry;
  const [, count] = /^(\d+) bytes without a newline$/.exec(event ?? "") ?? [];
  const [, bytes] = /^the bytes ((?:[\dA-F]{2} ?)+)$/.exec(event ?? "") ?? [];
  if (event === undefined) await peer.send(fill(text, bindings) + "\n");
  else if (event === "without a newline") await peer.send(fill(text, bindings));
  else if (event === "ends its sending half") await peer.endSending();
  else if (event === "closes the connection") peer.close();
  else if (count !== undefined) await peer.send("x".repeat(Number(count)));
  else if (bytes !== undefined) await peer.send(Uint8Array.from(bytes.split(" "), fromHex));
  else assert(event.startsWith("is silent"), `Line ${entry.line}: how is "${event}" played?`);
}

async function expect(peer: LineClient, entry: Entry, bindings: Bindings): Promise<void> {
  const { text, event, line } = entry;
  const came = await lineOrEnd(peer, entry);
  if (event !== undefined) {
    assertEquals([event, came], ["closes the connection", undefined], `Line ${line}`);
    return;
  }
  if (came !== undefined && matches(text, came, bindings)) return;
  // Fails, with the difference shown.
  assertEquals(came, fill(text, bindings), `Line ${line}`);
}

/** What comes next. A heartbeat that is not shown is answered, as by anybody. */
async function lineOrEnd(peer: LineClient, expected: Entry): Promise<string | undefined> {
  const text = expected.text.replace(/<\w+>/, "0");
  const [isHeartbeat, isAside] = [HEARTBEAT, ASIDE].map((one) => one.test(text));
  while (true) {
    const line = await peer.lineOrEnd();
    if (line === undefined || expected.isPayload) return line;
    if (HEARTBEAT.test(line) && !isHeartbeat) {
      const { id } = JSON.parse(line);
      await peer.send(id === undefined ? '{"op":"pong"}\n' : `{"id":${id},"ok":true}\n`);
    } else if (!ASIDE.test(line) || isAside) return line;
  }
}

function fromHex(text: string): number {
  return parseInt(text, 16);
}
