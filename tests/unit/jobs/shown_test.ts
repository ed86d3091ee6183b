import { assertEquals } from "@std/assert";
import { failedBytes } from "../../../src/jobs/failed_bytes.ts";
import { shown } from "../../../src/jobs/shown.ts";

Deno.test("shown() writes scalars as they are, and of anything else its kind alone", () => {
  const cases: [unknown, string][] = [
    [1.5, "1.5"],
    [-0, "0"],
    ["a\n", '"a\\n"'],
    ["x".repeat(100), `"${"x".repeat(64)}"`],
    [10n ** 100n, "1" + "0".repeat(63)],
    [null, "null"],
    [undefined, "undefined"],
    [true, "true"],
    [[1], "an array"],
    [{ toString: 1 }, "an object"],
    [{ toString: () => "boo" }, "an object"],
  ];
  for (const [value, text] of cases) assertEquals(shown(value), text);
});

Deno.test("failedBytes() counts every text, and the message itself", () => {
  assertEquals(failedBytes({ error: "abc" }), 259);
  assertEquals(failedBytes({ error: "abc", stack: "de", item: "f" }), 262);
});
