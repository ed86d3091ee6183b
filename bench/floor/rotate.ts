/**
 * The floor of a coordinator with many workers: one line after the other goes to the next of COUNT connections
 * to one echo, what comes back goes to the client. It serves one client at a time.
 *
 * ```sh
 * deno run -A bench/floor/rotate.ts PORT COUNT
 * ```
 *
 * @module
 */
import { Lines } from "./lines.ts";
import { Outbox } from "./outbox.ts";
import { connectTo, isGone, listenAndSay } from "./port.ts";

const [port, count] = Deno.args.map(Number);
let toClient: Outbox | undefined;
const upstream: Outbox[] = [];
for (let index = 0; index < count!; index++) {
  const conn = await connectTo(port!);
  upstream.push(new Outbox(conn));
  readInto(conn, new Lines(), (line) => toClient?.add(line));
}
let next = 0;

for await (const client of listenAndSay()) {
  client.setNoDelay(true);
  toClient = new Outbox(client);
  await readInto(client, new Lines(), (line) => {
    upstream[next]!.add(line);
    next = next + 1 === upstream.length ? 0 : next + 1;
  });
  client.close();
}

async function readInto(
  conn: Deno.TcpConn,
  lines: Lines,
  take: (line: Uint8Array) => void,
): Promise<void> {
  const buffer = new Uint8Array(64 * 1024);
  try {
    for (let got = await conn.read(buffer); got !== null; got = await conn.read(buffer)) {
      lines.push(buffer.subarray(0, got), take);
    }
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}
