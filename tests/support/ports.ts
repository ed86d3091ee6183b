/**
 * Below every system's range of ports for outgoing connections: nobody connects from one by chance, and none
 * that was free a moment ago is given to somebody who asked for port 0.
 */
const FIRST = 10_240;
const COUNT = 20_000;

/** A port of this machine on which nobody listens: for a peer that is down, or that shall come up later. */
export function freePort(): number {
  while (true) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}

/** Whether the machine has the loopback address of IPv6. */
export function hasIpv6(): boolean {
  try {
    Deno.listen({ hostname: "::1", port: 0 }).close();
    return true;
  } catch {
    return false;
  }
}
