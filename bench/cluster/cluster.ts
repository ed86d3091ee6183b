import { denoScript } from "../paths.ts";
import { Child } from "./child.ts";
import type { Programs } from "./programs.ts";
import type { Regime } from "./regime.ts";

/** Something that the load generator can be sent to, and the processes it consists of. */
export interface Target extends AsyncDisposable {
  /** Where it listens. */
  readonly port: number;
  /** Its processes by what they do, one or more each. */
  readonly processes: Readonly<Record<string, readonly Child[]>>;
}

/** Makes targets out of children, and ends those that were started if a later one does not start. */
async function assembled(
  build: (children: { add(words: readonly string[]): Child }) => Promise<
    Omit<Target, typeof Symbol.asyncDispose>
  >,
): Promise<Target> {
  await using stack = new AsyncDisposableStack();
  const add = (words: readonly string[]) => stack.use(new Child(words));
  const target = await build({ add });
  const kept = stack.move();
  return { ...target, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** How a cluster is started. */
export interface ClusterOptions {
  readonly programs: Programs;
  readonly regime: Regime;
  /**
   * Workers, each a process of its own.
   *
   * @default {2}
   */
  readonly workers?: number;
  /**
   * Workers that share one process instead, run from the sources.
   *
   * @default {0}
   */
  readonly sharedWorkers?: number;
  /** Further flags of the workers. */
  readonly workerFlags?: readonly string[];
  /** Workers that run already, instead of any. */
  readonly addresses?: readonly string[];
  /** Open files that the server may have. */
  readonly maxOpenFiles?: number;
}

/** Starts workers and a server over them, and waits until it has connected to all. */
export function startCluster(options: ClusterOptions): Promise<Target> {
  const {
    programs,
    regime,
    workers: count = 2,
    sharedWorkers = 0,
    workerFlags = [],
    maxOpenFiles,
  } = options;
  return assembled(async ({ add }) => {
    const workers: Child[] = [];
    if (options.addresses !== undefined) {
      // They are somebody else's.
    } else if (sharedWorkers > 0) {
      const script = denoScript("bench/cluster/many_workers.ts", String(sharedWorkers));
      workers.push(add(regime.words(script, maxOpenFiles)));
    } else {
      for (let index = 0; index < count; index++) {
        workers.push(add(regime.words(programs.words("worker", "--port", "0", ...workerFlags))));
      }
    }
    const listed = await Promise.all(workers.map((worker) => worker.listening()));
    const addresses = options.addresses ?? listed.flatMap((text) => text.split(","));
    const words = programs.words("calc_server", "--port", "0", "--workers", ...addresses);
    const server = add(regime.words(words, maxOpenFiles));
    const port = portOf(await server.listening());
    await untilUp(port, addresses.length);
    return { port, processes: { server: [server], workers } };
  });
}

/** Starts the floor of a shape: a raw relay before an echo. */
export function startFloor(regime: Regime, maxOpenFiles?: number): Promise<Target> {
  return startRelay("relay", [], regime, maxOpenFiles);
}

/** Starts a relay of a kind over one echo, with further arguments for the relay. */
export function startRelay(
  kind: "relay" | "rotate" | "fan_out",
  args: readonly string[],
  regime: Regime,
  maxOpenFiles?: number,
): Promise<Target> {
  return assembled(async ({ add }) => {
    const echo = add(regime.words(denoScript("bench/floor/echo.ts"), maxOpenFiles));
    const target = String(portOf(await echo.listening()));
    const script = denoScript(`bench/floor/${kind}.ts`, target, ...args);
    const relay = add(regime.words(script, maxOpenFiles));
    const port = portOf(await relay.listening());
    return { port, processes: { server: [relay], workers: [echo] } };
  });
}

/** The port of `HOST:PORT`. */
export function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(":") + 1));
}

/** Asks a server one line, and gives the reply. */
export async function ask(port: number, line: string): Promise<string> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  await conn.write(new TextEncoder().encode(line + "\n"));
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(64 * 1024);
  let text = "";
  while (!text.endsWith("\n")) {
    const count = await conn.read(buffer);
    if (count === null) throw new Error(`Cannot ask "${line}": the server closed the connection`);
    text += decoder.decode(buffer.subarray(0, count), { stream: true });
  }
  return text.trimEnd();
}

async function untilUp(port: number, count: number): Promise<void> {
  const deadlineMs = performance.now() + 30_000;
  while (true) {
    const status: { workers: { state: string }[] } = JSON.parse(await ask(port, '{"op":"status"}'));
    const up = status.workers.filter(({ state }) => state === "up").length;
    if (up === count) return;
    if (performance.now() > deadlineMs) {
      throw new Error(`Cannot measure: only ${up} of ${count} workers are up after 30 s`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
