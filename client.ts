/**
 * The client role: asks a coordinator, and prints its reply.
 *
 * @module
 */

import { readClientCommand } from "./src/cli/commands.ts";
import { runClient } from "./src/cli/run_client.ts";
import { runRole } from "./src/cli/run_role.ts";

await runRole({ name: "client", read: readClientCommand, run: runClient });
