import { formatAddress } from "../protocol/address.ts";
import { startWorker } from "../worker/worker.ts";
import type { WorkerOptions } from "./commands.ts";
import { EXIT_STATUS } from "./exit_status.ts";
import { dropPermissions } from "./permissions.ts";
import { stopOnSignals } from "./signals.ts";
import { stderrLog, writeStdout } from "./stdio.ts";

/** Runs a worker until it is told to stop, and gives its exit status. */
export async function runWorker({ logLevel, ...options }: WorkerOptions): Promise<number> {
  const log = stderrLog("worker", logLevel);
  await dropPermissions(options.allowCode ? ["read"] : ["read", "run"]);
  const isJoining = options.join.length > 0;
  const name = options.name ?? (isJoining ? Deno.hostname() : "worker");
  const worker = startWorker({ ...options, name, log });
  stopOnSignals(worker, log);
  if (options.port !== undefined) {
    await writeStdout(`[worker] listening on ${formatAddress(worker.address)}\n`);
  }
  if (isJoining) {
    await writeStdout(`[worker] joining ${options.join.map(formatAddress).join(", ")}\n`);
  }
  await worker.finished;
  return EXIT_STATUS.ok;
}
