/**
 * COUNT of our workers in one process, each on a port of its own: for measuring what their number costs the
 * coordinator on a machine that could not hold so many processes.
 *
 * ```sh
 * deno run -A bench/cluster/many_workers.ts COUNT
 * ```
 *
 * @module
 */
import { startWorker } from "../../mod.ts";
import { print } from "../print.ts";

const workers = Array.from({ length: Number(Deno.args[0]) }, () => startWorker({ port: 0 }));
const addresses = workers.map(({ address }) => `${address.host}:${address.port}`);
print(`listening on ${addresses.join(",")}\n`);
