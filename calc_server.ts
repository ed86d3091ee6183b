/**
 * The coordinator role: takes requests from clients and has workers calculate them.
 *
 * @module
 */

import { readServerCommand } from "./src/cli/commands.ts";
import { runRole } from "./src/cli/run_role.ts";
import { runServer } from "./src/cli/run_server.ts";
import { LOCAL_WORKER_ARGUMENT } from "./src/server/local_workers.ts";
import { runSlot } from "./src/slot/main.ts";
import { runLocalWorker } from "./src/worker/local_worker.ts";
import { SLOT_ARGUMENT } from "./src/worker/slot_spawner.ts";

// A worker of `--local`, and a slot of that, is this very program, started again.
if (Deno.args[0] === SLOT_ARGUMENT) await runSlot();
else if (Deno.args[0] === LOCAL_WORKER_ARGUMENT) await runLocalWorker(Deno.args.slice(1));
else await runRole({ name: "calc_server", read: readServerCommand, run: runServer });
