/**
 * A worker that belongs to a coordinator on the same machine: started by `calc_server --local`, on the port
 * that it is told, and ended by the end of its standard input, which comes however its coordinator ends.
 *
 * It needs nothing beyond Deno itself, so that from sources it starts without a configuration or a cache.
 *
 * @module
 */

import { formatAddress } from "../protocol/address.ts";
import { startWorker } from "./worker.ts";

/** The status of a local worker that could not listen, as of any worker. */
const CANNOT_LISTEN_STATUS = 3;

/** Runs a local worker until its standard input ends. The only argument is its port; 0 takes a free one. */
export async function runLocalWorker(args: readonly string[]): Promise<never> {
  // Ctrl-C in a terminal, and what ends a service, reach the whole group; the coordinator decides when its
  // workers are done.
  Deno.addSignalListener("SIGINT", () => {});
  Deno.addSignalListener(Deno.build.os === "windows" ? "SIGBREAK" : "SIGTERM", () => {});
  try {
    const worker = startWorker({ host: "127.0.0.1", port: Number(args[0]) });
    const line = `[worker] listening on ${formatAddress(worker.address)}\n`;
    await Deno.stdout.write(new TextEncoder().encode(line));
  } catch {
    Deno.exit(CANNOT_LISTEN_STATUS);
  }
  const buffer = new Uint8Array(64);
  while (await Deno.stdin.read(buffer) !== null);
  Deno.exit(0);
}

if (import.meta.main) await runLocalWorker(Deno.args);
