import { assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import {
  formatAddress,
  isLoopback,
  isSameAddress,
  parseAddress,
  parseHost,
} from "../../../src/protocol/address.ts";

const READABLE: readonly (readonly [string, string, number])[] = [
  ["127.0.0.1:6001", "127.0.0.1", 6001],
  ["lab-1.example.org:1", "lab-1.example.org", 1],
  ["under_score:65535", "under_score", 65535],
  ["salón-3:80", "salón-3", 80],
  ["[::1]:6001", "::1", 6001],
  ["[2001:db8::7]:6001", "2001:db8::7", 6001],
  ["[::ffff:10.0.0.1]:6001", "::ffff:10.0.0.1", 6001],
  ["[fe80::1%eth0]:6001", "fe80::1%eth0", 6001],
];

Deno.test("parseAddress() reads names, IPv4 and bracketed IPv6", () => {
  for (const [text, host, port] of READABLE) {
    assertEquals(parseAddress(text), { value: { host, port } }, text);
  }
});

Deno.test("formatAddress() writes what parseAddress() reads", () => {
  for (const [text, host, port] of READABLE) assertEquals(formatAddress({ host, port }), text);
});

Deno.test("formatAddress() and parseAddress() are inverse for every IP address and port", () => {
  const host = fc.oneof(fc.ipV4(), fc.ipV6());
  fc.assert(fc.property(host, fc.integer({ min: 1, max: 65535 }), (host, port) => {
    assertEquals(parseAddress(formatAddress({ host, port })), { value: { host, port } });
  }));
});

Deno.test("parseAddress() says what is wrong with an address", () => {
  const refused: readonly (readonly [string, string])[] = [
    ["lab1", "no port"],
    ["lab1:", "no port"],
    ["[::1]", "no port"],
    [":6001", "no host"],
    ["[]:6001", "no host"],
    ["", "no host"],
    ["lab1:0", "from 1 to 65535"],
    ["lab1:65536", "from 1 to 65535"],
    ["lab1:-1", "from 1 to 65535"],
    ["lab1:6e3", "from 1 to 65535"],
    ["lab1:60.1", "from 1 to 65535"],
    ["lab1:0x50", "from 1 to 65535"],
    ["lab1: 80", "from 1 to 65535"],
    ["::1:6001", "brackets"],
    ["::1", "brackets"],
    ["a:b:1", "brackets"],
    ["[lab1]:6001", "not an IPv6 address"],
    ["[127.0.0.1]:6001", "not an IPv6 address"],
    ["[::1%]:6001", "not an IPv6 address"],
    ["[:::1]:6001", "not an IPv6 address"],
    ["[fe80::1%a%b]:6001", "not an IPv6 address"],
    ["[::\t1]:6001", "not an IPv6 address"],
    ["256.0.0.1:80", "not an IPv4 address"],
    ["1.2.3:80", "not an IPv4 address"],
    ["1.2.3.4.:80", "not an IPv4 address"],
    ["6001:6001", "not an IPv4 address"],
    ["http//lab1:80", "not a host name"],
    ["la b:80", "not a host name"],
    ["-lab:80", "not a host name"],
    ["lab\n:80", "not a host name"],
    [`${"a".repeat(254)}:80`, "not a host name"],
  ];
  for (const [text, part] of refused) {
    const reading = parseAddress(text);
    assertStringIncludes("problem" in reading ? reading.problem : `read ${text}`, part, text);
  }
});

Deno.test("parseAddress() takes port 0 only where it is allowed", () => {
  assertEquals(parseAddress("lab1:0", 0), { value: { host: "lab1", port: 0 } });
  assertEquals("problem" in parseAddress("lab1:0", 1), true);
});

Deno.test("parseHost() reads a host alone, IPv6 with or without brackets", () => {
  for (const [text, host] of [["::1", "::1"], ["[::1]", "::1"], ["lab1", "lab1"], ["::", "::"]]) {
    assertEquals(parseHost(text ?? ""), { value: host ?? "" });
  }
});

Deno.test("parseHost() refuses a port, and says so", () => {
  for (const text of ["lab1:80", "127.0.0.1:5000", "[::1]:80"]) {
    const reading = parseHost(text);
    assertStringIncludes("problem" in reading ? reading.problem : "read", "names a port", text);
  }
});

Deno.test("parseHost() refuses what only a URL would take for an IPv6 address", () => {
  for (const text of ["::1]@[::1", "::\n1", "::1/", "1:b", ":", "::g"]) {
    assertEquals(parseHost(text), { problem: "is not an IPv6 address" }, text);
  }
});

Deno.test("isSameAddress() does not look at the case of letters, but at the port", () => {
  const lab = { host: "lab1", port: 1 };
  assertEquals(isSameAddress(lab, { host: "LAB1", port: 1 }), true);
  assertEquals(isSameAddress(lab, { host: "lab1", port: 2 }), false);
  assertEquals(isSameAddress(lab, { host: "lab2", port: 1 }), false);
});

Deno.test("isLoopback() knows the addresses that never leave the machine", () => {
  const inside = ["localhost", "127.0.0.1", "127.0.0.53", "127.255.255.255", "::1"];
  const outside = ["0.0.0.0", "::", "10.0.0.1", "127.0.0.1.example.org", "1127.0.0.1", "lab1", ""];
  for (const host of inside) assertEquals(isLoopback(host), true, host);
  for (const host of outside) assertEquals(isLoopback(host), false, host);
});
