import { assertEquals } from "@std/assert";
import { isArgs } from "../../../src/jobs/args.ts";
import { MAX_ARGS_CHARS } from "../../../src/limits.ts";

Deno.test("args are the text of some JSON, not too long, or nothing", () => {
  for (const args of [undefined, "null", '{"n":12345678901234567890}', "[]", " 1\n"]) {
    assertEquals(isArgs(args), true, args);
  }
  const long = `"${"x".repeat(MAX_ARGS_CHARS - 2)}"`;
  assertEquals([isArgs(long), isArgs(long + " ")], [true, false]);
  for (const args of [null, 1, { n: 1 }, "", "{", "undefined", "01"]) {
    assertEquals(isArgs(args), false, JSON.stringify(args));
  }
});
