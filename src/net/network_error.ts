/** What went wrong on the network, in the few words that a log line or a user needs. */
export function describeNetworkError(error: unknown): string {
  for (const [Class, text] of KNOWN) if (error instanceof Class) return text;
  return error instanceof Error ? error.message.split("\n")[0]! : String(error);
}

const KNOWN = [
  [Deno.errors.ConnectionRefused, "connection refused"],
  [Deno.errors.ConnectionReset, "connection reset"],
  [Deno.errors.ConnectionAborted, "connection aborted"],
  [Deno.errors.BrokenPipe, "connection closed by the peer"],
  [Deno.errors.AddrInUse, "the address is already in use"],
  [Deno.errors.AddrNotAvailable, "the address is not one of this machine"],
  [Deno.errors.TimedOut, "no answer"],
  [Deno.errors.NetworkUnreachable, "network unreachable"],
] as const;
