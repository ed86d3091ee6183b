import { assertEquals } from "@std/assert";
import {
  isJsonObject,
  NumberSource,
  parseJson,
  parseJsonExactly,
} from "../../../src/protocol/json.ts";

Deno.test("parseJsonExactly() keeps the characters of the named numbers, and of no others", () => {
  const value = parseJsonExactly('{"n":1.0e2,"m":2,"x":[{"n":-0}],"s":{"n":"3"}}', ["n"]);
  assertEquals(value, {
    n: new NumberSource("1.0e2"),
    m: 2,
    x: [{ n: new NumberSource("-0") }],
    s: { n: "3" },
  });
  assertEquals(parseJsonExactly("{", ["n"]), undefined);
  assertEquals(parseJsonExactly("[".repeat(500_000) + "]".repeat(500_000), ["n"]), undefined);
});

Deno.test("only an object is an object", () => {
  for (const text of ["null", "[]", "1", '"x"', "true", "nonsense"]) {
    assertEquals(isJsonObject(parseJson(text)), false, text);
  }
  assertEquals(isJsonObject(parseJson("{}")), true);
});
