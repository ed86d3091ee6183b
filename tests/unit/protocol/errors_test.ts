import { assertEquals } from "@std/assert";
import { isErrorCode, wireError } from "../../../src/protocol/errors.ts";

Deno.test("an error has its code, its text, and what it is about", () => {
  assertEquals(wireError("missing_op"), { code: "missing_op", text: 'falta "op"' });
  assertEquals(wireError("missing_op", "x").text, 'falta "op": x');
  assertEquals(wireError("division_by_zero").text, "División por cero");
  assertEquals(wireError("no_worker_available").text, "ningún worker disponible");
});

Deno.test("only the catalogue's own names are codes", () => {
  assertEquals(isErrorCode("overflow"), true);
  for (const name of ["", "Overflow", "constructor", "toString", "__proto__"]) {
    assertEquals(isErrorCode(name), false, name);
  }
});
