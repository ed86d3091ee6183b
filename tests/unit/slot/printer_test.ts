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

Deno.test("what a function counts, times and groups is printed", () => {
  let nowMs = 5;
  const printed: string[] = [];
  const { console } = new Printer(() => nowMs, (text) => printed.push(text));
  console.count!();
  console.count!("a");
  console.count!();
  console.countReset!();
  console.count!();
  console.time!("work");
  nowMs += 12.3456;
  console.timeLog!("work");
  console.timeEnd!("work");
  console.timeEnd!("work");
  console.timeEnd!("never");
  console.group!("of %d", 3);
  console.groupEnd!();
  const times = ["work: 12.345 ms", "work: 12.345 ms"];
  assertEquals(printed, ["default: 1", "a: 1", "default: 2", "default: 1", ...times, "of 3"]);
});
