/**
 * The client role: asks a coordinator, and prints its reply.
 *
 * @module
 */

import { readClientCommand } from "./src/cli/commands.ts";
import { runClient } from "./src/cli/run_client.ts";
import { runRole } from "./src/cli/run_role.ts";
import { runSlot } from "./src/slot/main.ts";
import { SLOT_ARGUMENT } from "./src/worker/slot_spawner.ts";

// A slot of `map --here` is this very program, started again.
if (Deno.args[0] === SLOT_ARGUMENT) await runSlot();
await runRole({ name: "client", read: readClientCommand, run: runClient });
