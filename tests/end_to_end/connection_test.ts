import { assert } from "@std/assert";
import { MAX_FULL_READS, READ_BUFFER_BYTES } from "../../src/limits.ts";
import { Buffers } from "../../src/net/buffers.ts";
import { Connection } from "../../src/net/connection.ts";

/** Sends without end on its first connection, and sends back what comes on its second. */
const PEER = `
const flood = await Deno.connect({ port: +Deno.args[0] });
// One after the other: whoever accepts knows them by their order.
const echo = await Deno.connect({ port: +Deno.args[0] });
echo.readable.pipeTo(echo.writable);
for (const bytes = new Uint8Array(2 ** 20); ;) await flood.write(bytes);
`;
const ROUNDS = 30;

Deno.test("whoever always has more to say is not all that a process hears", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const peer = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-config", PEER, String(listener.addr.port)],
    stdout: "null",
    stderr: "null",
  }).spawn();
  try {
    const conns = [await listener.accept(), await listener.accept()];
    const floodedBytes = await new Promise<number>((resolve) => {
      let bytes = 0;
      let answers = 0;
      const handlers: ((bytes: Uint8Array) => void)[] = [
        ({ length }) => bytes += length,
        () => ++answers < ROUNDS ? connections[1]!.write("x") : resolve(bytes),
      ];
      const connections: Connection[] = conns.map((conn, k) => {
        const port = { ended: () => {}, drained: () => {}, closed: () => {} };
        return new Connection(conn, new Buffers(), { ...port, received: handlers[k]! });
      });
      for (const connection of connections) connection.start();
      connections[1]!.write("x");
    });
    assert(floodedBytes > ROUNDS, "the first of them is the one that floods");
    // About ten times as much where nobody looks after the other sockets.
    const atMost = 3 * MAX_FULL_READS * READ_BUFFER_BYTES;
    assert(floodedBytes / ROUNDS < atMost, `${floodedBytes} bytes between ${ROUNDS} answers`);
    for (const conn of conns) conn.close();
  } finally {
    peer.kill("SIGKILL");
    await peer.status;
  }
});
