/**
 * The worker role: calculates what a coordinator, or anybody else, asks it.
 *
 * @module
 */

import { readWorkerCommand } from "./src/cli/commands.ts";
import { EXIT_STATUS } from "./src/cli/exit_status.ts";
import { runRole } from "./src/cli/run_role.ts";
import { stopOnSignals } from "./src/cli/signals.ts";
import { stderrLog, writeStdout } from "./src/cli/stdio.ts";
import { formatAddress } from "./src/protocol/address.ts";
import { startWorker } from "./src/worker/worker.ts";

await runRole({
  name: "worker",
  read: readWorkerCommand,
  run: async ({ host, port, logLevel }) => {
    const log = stderrLog("worker", logLevel);
    const worker = startWorker({ host, port, log });
    stopOnSignals(worker, log);
    await writeStdout(`[worker] listening on ${formatAddress(worker.address)}\n`);
    await worker.finished;
    return EXIT_STATUS.ok;
  },
});
