/**
 * A slot: a process that runs one job's function, and is thrown away afterwards. Started by a worker, which
 * writes a port, a token that holds once and a bound for memory on its standard input. Its end comes from
 * outside, by SIGKILL, or with the end of its connection.
 *
 * @module
 */

import { setPriority } from "node:os";
import {
  MAX_SLOT_START_LINE_BYTES,
  SLOT_NICENESS,
  SLOT_START_TIMEOUT_MS,
  SLOT_WATCH_MS,
} from "../limits.ts";
import { messageLine } from "../jobs/channel_framer.ts";
import type { Connection } from "../net/connection.ts";
import { nowMs } from "../net/clock.ts";
import { connectLoopback } from "../net/loopback.ts";
import { Ring } from "./ring.ts";
import { INDEX, PERMISSIONS, type SandboxStart, STATE_WORDS } from "./shared.ts";
import { SlotChannel } from "./slot_channel.ts";

/** Runs a slot until its connection ends. */
export async function runSlot(): Promise<never> {
  yieldToOthers();
  // Ctrl-C, and what ends a service, reach the whole group; the worker decides when its slots are done.
  Deno.addSignalListener("SIGINT", () => {});
  Deno.addSignalListener(Deno.build.os === "windows" ? "SIGBREAK" : "SIGTERM", () => {});
  // Until it has a connection to listen to, nothing else would end it where it cannot start.
  const timeout = setTimeout(() => Deno.exit(1), SLOT_START_TIMEOUT_MS);
  const loading = loadSandbox();
  const [port = "", token = "", maxMemoryBytes = ""] = (await readStart()).split(" ");
  let watch: ReturnType<typeof setInterval> | undefined;
  // At once: what shows a process that its worker is gone is the end of its connection, or that it has none.
  const connection = await connectLoopback(Number(port), {
    received: (bytes) => {
      // Not before: fifty looks a second at nothing take half a percent of a core from those who calculate.
      watch ??= setInterval(() => channel.watch(nowMs()), SLOT_WATCH_MS);
      channel.received(bytes);
    },
    drained: () => channel.drained(),
    closed: () => Deno.exit(0),
  }).catch(() => Deno.exit(1));
  const sandbox = await loading;
  for (const name of PERMISSIONS) Deno.permissions.revokeSync({ name });
  const channel = serve(sandbox, connection, Number(maxMemoryBytes));
  connection.write(messageLine({ op: "slot", token }));
  connection.start();
  clearTimeout(timeout);
  return await new Promise<never>(() => {});
}

/** Lets others on the machine go first. A thread has the priority of the one that starts it: so this comes first. */
function yieldToOthers(): void {
  try {
    setPriority(SLOT_NICENESS);
  } catch {
    // Not allowed here: the function competes with the rest then.
  }
}

/** Starts the function's thread, which has nothing to do yet. */
function loadSandbox(): Promise<Worker> {
  const worker = new Worker(new URL("./sandbox.ts", import.meta.url).href, { type: "module" });
  worker.onerror = () => Deno.exit(1);
  return new Promise((resolve) => worker.onmessage = () => resolve(worker));
}

/** The line that the worker writes on standard input. */
async function readStart(): Promise<string> {
  const buffer = new Uint8Array(MAX_SLOT_START_LINE_BYTES);
  let length = 0;
  while (length < buffer.length) {
    const count = await Deno.stdin.read(buffer.subarray(length));
    if (count === null) break;
    length += count;
  }
  return new TextDecoder().decode(buffer.subarray(0, length)).trim();
}

function serve(
  sandbox: Worker,
  connection: Connection,
  maxMemoryBytes: number,
): SlotChannel {
  const toSandbox = new Ring();
  const fromSandbox = new Ring();
  const state = new Int32Array(new SharedArrayBuffer(STATE_WORDS * 4));
  state[INDEX] = -1;
  const { port1, port2 } = new MessageChannel();
  const start: SandboxStart = {
    state: state.buffer,
    toSandbox: toSandbox.memory,
    fromSandbox: fromSandbox.memory,
  };
  sandbox.onmessage = null;
  sandbox.postMessage(start, [port2]);
  const port = {
    send: (text: string) => connection.write(text),
    sendBytes: (bytes: Uint8Array) => connection.writeBytes(bytes),
    memoryBytes: () => Deno.memoryUsage().rss,
    end: () => Deno.exit(0),
  };
  const channel = new SlotChannel({ port, toSandbox, fromSandbox, state, maxMemoryBytes });
  fromSandbox.wantBell();
  port1.onmessage = () => channel.rung();
  return channel;
}

if (import.meta.main) await runSlot();
