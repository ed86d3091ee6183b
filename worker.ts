/**
 * The worker role: calculates what a coordinator, or anybody else, asks it.
 *
 * @module
 */

import { SLOT_ARGUMENT } from "./src/worker/slot_argument.ts";

// A slot is this very program, started again. Each loads only what it is made of.
if (Deno.args[0] === SLOT_ARGUMENT) await (await import("./src/slot/main.ts")).runSlot();
else {
  const { readWorkerCommand } = await import("./src/cli/commands.ts");
  const { runRole } = await import("./src/cli/run_role.ts");
  const { runWorker } = await import("./src/cli/run_worker.ts");
  await runRole({ name: "worker", read: readWorkerCommand, run: runWorker });
}
