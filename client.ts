/**
 * The client role: asks a coordinator, and prints its reply.
 *
 * @module
 */

import { SLOT_ARGUMENT } from "./src/worker/slot_argument.ts";

// A slot of `map --here` is this very program, started again. Each loads only what it is made of.
if (Deno.args[0] === SLOT_ARGUMENT) await (await import("./src/slot/main.ts")).runSlot();
else {
  const { readClientCommand } = await import("./src/cli/commands.ts");
  const { runRole } = await import("./src/cli/run_role.ts");
  const { runClient } = await import("./src/cli/run_client.ts");
  await runRole({ name: "client", read: readClientCommand, run: runClient });
}
