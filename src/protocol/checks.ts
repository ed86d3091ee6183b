import { formatAddress, MAX_PORT } from "./address.ts";
import type { Address } from "./machine.ts";

/**
 * Refuses a number that an option cannot be.
 *
 * @throws {RangeError} If it is no number, or below `min`.
 */
export function checkNumber(name: string, value: number, min: number): void {
  if (typeof value === "number" && value >= min) return;
  throw new RangeError(`Cannot use ${name} ${shownValue(value)}: it must be at least ${min}`);
}

/**
 * Refuses what is neither true nor false.
 *
 * @throws {TypeError} If it is something else.
 */
export function checkFlag(name: string, value: unknown): void {
  if (value === undefined || typeof value === "boolean") return;
  throw new TypeError(`Cannot use ${name} ${shownValue(value)}: true or false is expected`);
}

/**
 * Refuses an option that there is not.
 *
 * @throws {TypeError} If there is one that is not among the names.
 */
export function checkNames(options: object, names: readonly string[]): void {
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new TypeError(`Cannot use the option "${unknown}": there are ${names.join(", ")}`);
}

/**
 * Refuses addresses that cannot be dialled, and one that is named twice.
 *
 * @throws {RangeError} If there is such an address.
 */
export function checkAddresses(name: string, addresses: readonly Address[]): void {
  const seen = new Set<string>();
  for (const address of addresses) {
    const { host, port } = address;
    if (typeof host !== "string" || host === "") {
      throw new RangeError(`Cannot use host ${shownValue(host)} of ${name}: a name is expected`);
    }
    const text = formatAddress(address);
    const isFit = Number.isInteger(port) && port >= 1 && port <= MAX_PORT;
    if (!isFit) throw new RangeError(`Cannot use "${text}" of ${name}: it is no address`);
    if (seen.has(text)) throw new RangeError(`Cannot use "${text}" of ${name}: it is named twice`);
    seen.add(text);
  }
}

function shownValue(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
