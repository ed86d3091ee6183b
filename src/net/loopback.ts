import { Buffers } from "./buffers.ts";
import { Connection } from "./connection.ts";

/** What one hears of a connection to a parent process. */
export interface LoopbackPort {
  /** Bytes came; they are overwritten after the call. */
  received(bytes: Uint8Array): void;
  /** Everything written has been handed to the system. */
  drained(): void;
  /** The connection is gone, or only half of it is left. */
  closed(): void;
}

/** Connects a child process to a port of its parent's on the same machine. Nothing is read before `start`. */
export async function connectLoopback(port: number, heard: LoopbackPort): Promise<Connection> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  return new Connection(conn, new Buffers(), {
    received: (bytes) => heard.received(bytes),
    ended: () => heard.closed(),
    drained: () => heard.drained(),
    closed: () => heard.closed(),
  });
}
