/**
 * The coordinator role: takes requests from clients and has workers calculate them.
 *
 * @module
 */

import { LOCAL_WORKER_ARGUMENT } from "./src/server/local_worker_argument.ts";
import { SLOT_ARGUMENT } from "./src/worker/slot_argument.ts";

// A worker of `--local`, and a slot of that, is this very program, started again. Each loads only what it is
// made of.
if (Deno.args[0] === SLOT_ARGUMENT) await (await import("./src/slot/main.ts")).runSlot();
else if (Deno.args[0] === LOCAL_WORKER_ARGUMENT) {
  const { runLocalWorker } = await import("./src/worker/local_worker.ts");
  await runLocalWorker(Deno.args.slice(1));
} else {
  const { readServerCommand } = await import("./src/cli/commands.ts");
  const { runRole } = await import("./src/cli/run_role.ts");
  const { runServer } = await import("./src/cli/run_server.ts");
  await runRole({ name: "calc_server", read: readServerCommand, run: runServer });
}
