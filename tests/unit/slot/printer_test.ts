import { assertEquals } from "@std/assert";
import { Printer } from "../../../src/slot/printer.ts";

Deno.test("so many texts a second are printed and no more, even if they are empty", () => {
  let nowMs = 0;
  const printed: string[] = [];
  const printer = new Printer(() => nowMs, (text) => printed.push(text));
  for (let count = 0; count < 1000; count++) printer.print([""]);
  assertEquals(printed.length, 256);
  nowMs = 1000;
  printer.print(["x"]);
  printer.console.assert!(true, "not this");
  printer.console.assert!(false, "a", 1);
  printer.console.assert!(0);
  assertEquals(printed.splice(257 + 1), ["Assertion failed: a 1", "Assertion failed"]);
  assertEquals(printed.slice(256), ["… 744 more lines were left out", "x"]);
});
