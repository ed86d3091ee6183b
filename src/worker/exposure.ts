import { formatAddress, isLoopback } from "../protocol/address.ts";
import type { Address } from "../protocol/machine.ts";

/**
 * Why others than the users of this machine could have code run by a worker, or `undefined` if they could not:
 * until there are keys, whoever reaches it, or the server that it joins, may.
 *
 * @param listen Where it listens; `undefined` for nowhere.
 * @param join The servers that it joins.
 */
export function exposure(
  listen: Address | undefined,
  join: readonly Address[],
): string | undefined {
  if (listen !== undefined && !isLoopback(listen.host)) {
    return `the worker can be reached from other machines at ${formatAddress(listen)}`;
  }
  const far = join.find(({ host }) => !isLoopback(host));
  return far === undefined ? undefined : `it joins ${formatAddress(far)}, on another machine`;
}
