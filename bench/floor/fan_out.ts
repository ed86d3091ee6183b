/**
 * The floor of a sum over many workers: each line goes to all of COUNT connections to one echo, and when all
 * have given it back, once to the client. It serves one client at a time, with one line in flight.
 *
 * ```sh
 * deno run -A bench/floor/fan_out.ts PORT COUNT
 * ```
 *
 * @module
 */
import { Lines } from "./lines.ts";
import { connectTo, isGone, listenAndSay, writeAll } from "./port.ts";

const [port, count] = Deno.args.map(Number);
const upstream: Deno.TcpConn[] = [];
let missing = 0;
let complete: ((line: Uint8Array) => void) | undefined;
for (let index = 0; index < count!; index++) {
  const conn = await connectTo(port!);
  upstream.push(conn);
  readLines(conn, (line) => {
    if (--missing === 0) complete?.(line.slice());
  });
}

for await (const client of listenAndSay()) {
  client.setNoDelay(true);
  complete = (line) => writeAll(client, line);
  await readLines(client, (line) => {
    missing = upstream.length;
    const bytes = line.slice();
    for (const conn of upstream) writeAll(conn, bytes);
  });
  client.close();
}

async function readLines(conn: Deno.TcpConn, take: (line: Uint8Array) => void): Promise<void> {
  const lines = new Lines();
  const buffer = new Uint8Array(16 * 1024);
  try {
    for (let got = await conn.read(buffer); got !== null; got = await conn.read(buffer)) {
      lines.push(buffer.subarray(0, got), take);
    }
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}
