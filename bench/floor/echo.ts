/**
 * The worker's place in the floor: gives back the bytes it gets. What a worker costs beyond this is our code.
 *
 * @module
 */
import { close, copy, listenAndSay } from "./port.ts";

for await (const conn of listenAndSay()) {
  conn.setNoDelay(true);
  copy(conn, conn).then(() => close(conn));
}
