/**
 * Aula as a library: a whole room in one process, and what a program sees when a worker is lost.
 *
 * ```sh
 * deno run --allow-net examples/library.ts
 * ```
 *
 * @module
 */

import { CalculationError, connect, startServer, startWorker } from "../mod.ts";

const lines: string[] = [];

// In a real room the workers are on other machines, and only their addresses are known here.
const first = startWorker({ port: 0 });
await using second = startWorker({ port: 0 });
await using server = startServer({ port: 0, workers: [first.address, second.address] });
await using client = await connect({ port: server.address.port });

lines.push(`10 + 5 = ${await client.add(10, 5)}`);

const { result, parts } = await client.sumSquares(1_000_000_000_000n);
lines.push(`1² + 2² + … + (10¹²)² = ${result}, in ${parts.length} parts`);

try {
  await client.div(10, 0);
} catch (error) {
  if (!(error instanceof CalculationError)) throw error;
  lines.push(`10 / 0: ${error.message} (${error.code})`);
}

// A worker is lost, and nobody notices.
await first.stop();
const again = await client.sumSquares(1_000_000_000_000n, { signal: AbortSignal.timeout(5000) });
lines.push(
  `the same sum with one worker less is ${again.result === result ? "the same" : "wrong"}`,
);

await Deno.stdout.write(new TextEncoder().encode(lines.join("\n") + "\n"));
