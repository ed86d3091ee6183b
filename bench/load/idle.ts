/**
 * Opens COUNT connections, says so, and holds them without a word until it is killed.
 *
 * ```sh
 * deno run -A bench/load/idle.ts PORT COUNT
 * ```
 *
 * @module
 */
import { print } from "../print.ts";

const [port, count] = Deno.args.map(Number);
const held: Deno.TcpConn[] = [];
while (held.length < count!) {
  const group = Math.min(64, count! - held.length);
  const connecting = Array.from({ length: group }, () => Deno.connect({ port: port! }));
  held.push(...await Promise.all(connecting));
}
print(`holding ${held.length}\n`);
// Reading keeps the process alive, and ends it if the server closes one.
await Promise.race(held.map((conn) => conn.read(new Uint8Array(1))));
throw new Error("The server closed an idle connection");
