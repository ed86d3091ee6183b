import { print } from "../print.ts";

/** Listens on a free port and says which, as all our roles do. */
export function listenAndSay(): Deno.TcpListener {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  print(`listening on 127.0.0.1:${listener.addr.port}\n`);
  return listener;
}

/** Connects without Nagle's algorithm. */
export async function connectTo(port: number): Promise<Deno.TcpConn> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  conn.setNoDelay(true);
  return conn;
}

/** Writes all of the bytes. */
export async function writeAll(conn: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  let written = 0;
  while (written < bytes.length) written += await conn.write(bytes.subarray(written));
}

/** Whether a connection is gone, which ends what it was for; anything else is a fault of ours. */
export function isGone(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.NotConnected ||
    error instanceof Deno.errors.BadResource ||
    error instanceof Deno.errors.Interrupted;
}

/** Copies bytes from one connection to another (or back to itself) until the end, which it hands on. */
export async function copy(from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(64 * 1024);
  try {
    for (let count = await from.read(buffer); count !== null; count = await from.read(buffer)) {
      await writeAll(to, buffer.subarray(0, count));
    }
    await to.closeWrite();
  } catch (error) {
    if (!isGone(error)) throw error;
    // The other direction learns of it, too.
    close(from);
    close(to);
  }
}

/** Closes a connection that may have been closed before. */
export function close(conn: Deno.TcpConn): void {
  try {
    conn.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
