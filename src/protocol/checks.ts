import { formatAddress, MAX_PORT } from "./address.ts";
import type { Address } from "./machine.ts";

/**
 * Refuses a number that an option cannot be.
 *
 * @throws {RangeError} If it is no number, or below `min`.
 */
export function checkNumber(name: string, value: number, min: number): void {
  if (!(value >= min)) {
    throw new RangeError(`Cannot use ${name} ${value}: it must be at least ${min}`);
  }
}

/**
 * Refuses addresses that cannot be dialled, and one that is named twice.
 *
 * @throws {RangeError} If there is such an address.
 */
export function checkAddresses(name: string, addresses: readonly Address[]): void {
  const seen = new Set<string>();
  for (const address of addresses) {
    const text = formatAddress(address);
    const { host, port } = address;
    const isFit = host !== "" && Number.isInteger(port) && port >= 1 && port <= MAX_PORT;
    if (!isFit) throw new RangeError(`Cannot use "${text}" of ${name}: it is no address`);
    if (seen.has(text)) throw new RangeError(`Cannot use "${text}" of ${name}: it is named twice`);
    seen.add(text);
  }
}
