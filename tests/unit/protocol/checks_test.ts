import { assertEquals, assertThrows } from "@std/assert";
import { checkAddresses, checkNumber } from "../../../src/protocol/checks.ts";

Deno.test("checkNumber() takes what is large enough, and nothing that is no number", () => {
  for (const value of [1, 1.5, 1e9, Infinity]) checkNumber("timeoutMs", value, 1);
  for (const value of [0.99, 0, -1, -Infinity, NaN]) {
    const error = assertThrows(() => checkNumber("timeoutMs", value, 1), RangeError);
    assertEquals(error.message, `Cannot use timeoutMs ${value}: it must be at least 1`);
  }
});

Deno.test("checkAddresses() takes addresses that can be dialled, each once", () => {
  checkAddresses("workers", []);
  checkAddresses("workers", [{ host: "a", port: 1 }, { host: "a", port: 65_535 }]);
  const bad = [
    [{ host: "", port: 1 }],
    [{ host: "a", port: 0 }],
    [{ host: "a", port: 65_536 }],
    [{ host: "a", port: 1.5 }],
    [{ host: "a", port: NaN }],
    [{ host: "::1", port: 1 }, { host: "b", port: 1 }, { host: "::1", port: 1 }],
  ];
  for (const addresses of bad) {
    assertThrows(() => checkAddresses("workers", addresses), RangeError, "of workers");
  }
});
