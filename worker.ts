/**
 * The worker role: calculates what a coordinator, or anybody else, asks it.
 *
 * @module
 */

import { readWorkerCommand } from "./src/cli/commands.ts";
import { EXIT_STATUS } from "./src/cli/exit_status.ts";
import { dropPermissions } from "./src/cli/permissions.ts";
import { runRole } from "./src/cli/run_role.ts";
import { stopOnSignals } from "./src/cli/signals.ts";
import { stderrLog, writeStdout } from "./src/cli/stdio.ts";
import { formatAddress } from "./src/protocol/address.ts";
import { runSlot } from "./src/slot/main.ts";
import { SLOT_ARGUMENT } from "./src/worker/slot_spawner.ts";
import { startWorker } from "./src/worker/worker.ts";

// A slot is this very program, started again.
if (Deno.args[0] === SLOT_ARGUMENT) await runSlot();
await runRole({
  name: "worker",
  read: readWorkerCommand,
  run: async ({ logLevel, ...options }) => {
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
  },
});
