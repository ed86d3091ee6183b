/**
 * The coordinator's place in the floor: for each client a connection of its own to one echo, and bytes copied
 * both ways, unread.
 *
 * ```sh
 * deno run -A bench/floor/relay.ts PORT
 * ```
 *
 * @module
 */
import { close, connectTo, copy, listenAndSay } from "./port.ts";

const target = Number(Deno.args[0]);

for await (const client of listenAndSay()) {
  client.setNoDelay(true);
  serve(client);
}

async function serve(client: Deno.TcpConn): Promise<void> {
  const echo = await connectTo(target);
  await Promise.all([copy(client, echo), copy(echo, client)]);
  close(client);
  close(echo);
}
