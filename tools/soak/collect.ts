/**
 * Loaded before a role that the soak starts: at SIGUSR2 everything that can be collected is collected, and what
 * is left is said on stderr.
 *
 * @module
 */

import { CAN_BE_ASKED, KEPT } from "./kept_lines.ts";

const { gc } = globalThis as unknown as { gc(options: Readonly<Record<string, string>>): void };

Deno.addSignalListener("SIGUSR2", () => {
  // The last resort also makes the young generation small again, and gives back what is free.
  gc({ type: "major", execution: "sync", flavor: "last-resort" });
  const { rss, heapUsed } = Deno.memoryUsage();
  say(`${KEPT} ${JSON.stringify({ rss, heapUsed })}`);
});
say(CAN_BE_ASKED);

function say(line: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
}
