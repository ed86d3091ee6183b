import { assertEquals } from "@std/assert";
import { printedText } from "../../../src/slot/printed_text.ts";

Deno.test("a first text has places for what follows, as console.log has them", () => {
  const cases: readonly [readonly unknown[], string][] = [
    [[], ""],
    [["100%"], "100%"],
    [["%s"], "%s"],
    [["%%"], "%%"],
    [["%% %s", 1], "% 1"],
    [["%d%", 5], "5%"],
    [["50% sure", 1], "50% sure 1"],
    [["%s is %d, %i, %f", "x", 5.7, "-5.7", "1.25"], "x is 5, -5, 1.25"],
    [["%s", "a", "%s", { b: 1 }], "a %s { b: 1 }"],
    [["%s %s", 5n], "5 %s"],
    [["%o %O %j|%c|", [1], { a: 1 }, { b: 2 }, "color: red"], '[ 1 ] { a: 1 } {"b":2}||'],
    [["%x %s", 1, 2], "%x 1 2"],
    [[5, "%s", 1], "5 %s 1"],
    [["%d", {}], "NaN"],
    [["%s", Symbol("s")], "Symbol(s)"],
    [["%s!", {
      toString: () => {
        throw 1;
      },
    }], "(cannot be shown)!"],
  ];
  for (const [values, text] of cases) assertEquals(printedText(values), text);
});

Deno.test("a printed text is not much longer than what is passed on, whatever it is made of", () => {
  const long = "x".repeat(1e6);
  for (
    const values of [[long], ["%s%s%s", long, long, long], [long, long], ["%j", [long]], [
      "%s".repeat(1e5),
      ...Array(1e4).fill("yy"),
    ]]
  ) {
    const { length } = printedText(values);
    if (length > 20_000) throw new Error(`${length} characters`);
  }
});
