/**
 * Addresses as people write them: `lab1:6001`, `10.0.0.7:6001`, `[::1]:6001`.
 *
 * @module
 */

import type { Address } from "./machine.ts";

/** What was read, or why it could not be. */
export type AddressReading<Value> = { readonly value: Value } | { readonly problem: string };

/** The largest TCP port. */
export const MAX_PORT = 65_535;

/** The longest name that the domain name system knows. */
const MAX_HOST_CHARACTERS = 253;
const ASCII_HOST_NAME = /^\w[\w.-]*$/;
const DIGITS_AND_DOTS = /^[\d.]+$/;
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/;
/** `[host]` with or without `:port`. */
const BRACKETED = /^\[([^[\]]*)\](?::(.*))?$/s;

/**
 * Reads a host that stands alone: a name, an IPv4 address, or an IPv6 address with or without brackets.
 * The value has no brackets.
 */
export function parseHost(text: string): AddressReading<string> {
  if (text === "") return { problem: "is empty: expected a host name or an IP address" };
  const bracketed = BRACKETED.exec(text);
  if (bracketed !== null) {
    const [, inside = "", port] = bracketed;
    if (port !== undefined) return { problem: "names a port: expected a host alone" };
    return isIpv6(inside) ? { value: inside } : { problem: "is not an IPv6 address" };
  }
  if (text.includes(":")) {
    if (isIpv6(text)) return { value: text };
    const namesPort = /^[^:]+:\d+$/.test(text);
    return {
      problem: namesPort ? "names a port: expected a host alone" : "is not an IPv6 address",
    };
  }
  if (DIGITS_AND_DOTS.test(text)) {
    return IPV4.test(text) ? { value: text } : { problem: "is not an IPv4 address" };
  }
  if (text.length > MAX_HOST_CHARACTERS || !isHostName(text)) {
    return { problem: "is not a host name or an IP address" };
  }
  return { value: text };
}

/** Letters and digits of all languages. To look at that pattern takes the engine 3 ms: few names need it. */
function isHostName(text: string): boolean {
  return ASCII_HOST_NAME.test(text) || /^[\p{L}\p{N}_][\p{L}\p{N}\p{M}_.-]*$/u.test(text);
}

/**
 * Reads `host:port`, where an IPv6 host stands in brackets. `minPort` is 1 for a peer that is to be
 * connected to and 0 where we listen ourselves (0 takes any free port).
 */
export function parseAddress(text: string, minPort: 0 | 1 = 1): AddressReading<Address> {
  const split = splitAddress(text);
  if ("problem" in split) return split;
  const { hostText, portText } = split.value;
  const host = parseHost(hostText);
  if ("problem" in host) {
    return hostText === "" ? { problem: "has no host: expected HOST:PORT" } : {
      problem: `has a wrong host, which ${host.problem}`,
    };
  }
  if (portText === "") return { problem: "has no port: expected HOST:PORT" };
  const port = /^\d{1,6}$/.test(portText) ? Number(portText) : NaN;
  if (!(port >= minPort && port <= MAX_PORT)) {
    return { problem: `has a wrong port: expected a whole number from ${minPort} to ${MAX_PORT}` };
  }
  return { value: { host: host.value, port } };
}

/** Writes an address as {@linkcode parseAddress} reads it, with brackets around IPv6. */
export function formatAddress(address: Address): string {
  const { host, port } = address;
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether two addresses are the same text but for the case of letters, in which names do not differ. */
export function isSameAddress(one: Address, other: Address): boolean {
  return one.port === other.port && one.host.toLowerCase() === other.host.toLowerCase();
}

function splitAddress(text: string): AddressReading<{ hostText: string; portText: string }> {
  const bracketed = BRACKETED.exec(text);
  if (bracketed !== null) {
    const [, inside = "", portText = ""] = bracketed;
    // The brackets stay, so that only an IPv6 address is accepted between them.
    return { value: { hostText: inside === "" ? "" : `[${inside}]`, portText } };
  }
  const colon = text.lastIndexOf(":");
  if (colon === -1) return { value: { hostText: text, portText: "" } };
  if (text.indexOf(":") !== colon) {
    return { problem: "has more than one colon: expected an IPv6 address in brackets, [::1]:6001" };
  }
  return { value: { hostText: text.slice(0, colon), portText: text.slice(colon + 1) } };
}

/** Whether the text is an IPv6 address; a zone (`fe80::1%eth0`) may follow. */
function isIpv6(text: string): boolean {
  const [address = "", zone, ...more] = text.split("%");
  if (more.length > 0 || (zone !== undefined && !/^[\w.-]+$/.test(zone))) return false;
  // The runtime's own parser of URLs knows the grammar of IPv6; it is kept away from anything else.
  return /^[0-9A-Fa-f:.]+$/.test(address) && URL.canParse(`http://[${address}]/`);
}

/** Whether a host can only be reached from this very machine. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(?:\.\d+){3}$/.test(host);
}
