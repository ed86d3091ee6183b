/**
 * A worker that belongs to a coordinator on the same machine: started by `calc_server --local`, on the port
 * that it is told, and ended by the end of its standard input, which comes however its coordinator ends. There
 * is one for each core, so one that runs code has one slot.
 *
 * It needs nothing beyond Deno itself, so that from sources it starts without a configuration or a cache.
 *
 * @module
 */

import { formatAddress } from "../protocol/address.ts";
import { DEFAULT_SLOT_MEMORY_MB } from "../limits.ts";
import { startWorker, type WorkerOptions } from "./worker.ts";

/** The status of a local worker that could not listen, as of any worker. */
const CANNOT_LISTEN_STATUS = 3;

/**
 * Runs a local worker until its standard input ends. The first argument is its port; 0 takes a free one. After it
 * may stand `--allow-code`, `--slots=N` and `--slot-memory-mb=N`, as of any worker.
 */
export async function runLocalWorker(args: readonly string[]): Promise<never> {
  // Ctrl-C in a terminal, and what ends a service, reach the whole group; the coordinator decides when its
  // workers are done.
  Deno.addSignalListener("SIGINT", () => {});
  Deno.addSignalListener(Deno.build.os === "windows" ? "SIGBREAK" : "SIGTERM", () => {});
  try {
    const worker = startWorker({
      host: "127.0.0.1",
      port: Number(args[0]),
      ...codeOptions(args),
    });
    const line = `[worker] listening on ${formatAddress(worker.address)}\n`;
    await Deno.stdout.write(new TextEncoder().encode(line));
  } catch {
    Deno.exit(CANNOT_LISTEN_STATUS);
  }
  const buffer = new Uint8Array(64);
  while (await Deno.stdin.read(buffer) !== null);
  Deno.exit(0);
}

/** What the arguments say of running code. */
function codeOptions(args: readonly string[]): WorkerOptions {
  if (!args.includes("--allow-code")) return {};
  const numberOf = (name: string, otherwise: number) => {
    const given = args.find((argument) => argument.startsWith(`--${name}=`));
    return given === undefined ? otherwise : Number(given.slice(name.length + 3));
  };
  const memory = numberOf("slot-memory-mb", DEFAULT_SLOT_MEMORY_MB);
  return { allowCode: true, slots: numberOf("slots", 1), slotMemoryBytes: memory * 2 ** 20 };
}

if (import.meta.main) await runLocalWorker(Deno.args);
