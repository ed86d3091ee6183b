import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { prettyJson, spaceJson } from "../../../src/cli/output.ts";

Deno.test("spaceJson() puts a space behind commas and colons, and nowhere else", () => {
  const cases: readonly (readonly [string, string])[] = [
    [
      '{"ok":true,"result":15.0,"a":10.0,"b":5.0,"op":"add"}',
      '{"ok": true, "result": 15.0, "a": 10.0, "b": 5.0, "op": "add"}',
    ],
    ['{"ok":false,"error":"División por cero"}', '{"ok": false, "error": "División por cero"}'],
    [
      '{"parts":[{"a":1},{"a":2}],"e":[],"o":{}}',
      '{"parts": [{"a": 1}, {"a": 2}], "e": [], "o": {}}',
    ],
    ["[1,2]", "[1, 2]"],
    ["-0.0", "-0.0"],
    ["", ""],
  ];
  for (const [text, expected] of cases) assertEquals(spaceJson(text), expected);
});

Deno.test("spaceJson() leaves strings alone, whatever they hold", () => {
  const cases: readonly (readonly [string, string])[] = [
    ['{"a,b:c":"d,e:f g"}', '{"a,b:c": "d,e:f g"}'],
    ['["\\"",","]', '["\\"", ","]'],
    ['["\\\\",":"]', '["\\\\", ":"]'],
    ['["\\\\\\",",1]', '["\\\\\\",", 1]'],
    ['["😀,\\u002c",1]', '["😀,\\u002c", 1]'],
  ];
  for (const [text, expected] of cases) assertEquals(spaceJson(text), expected);
});

Deno.test("spaceJson() keeps the characters of every number", () => {
  const large = "9".repeat(1000);
  for (const number of [large, "15.0", "-0.0", "1e+300", "1E5", "0.10"]) {
    assertEquals(
      spaceJson(`{"r":${number},"s":[${number}]}`),
      `{"r": ${number}, "s": [${number}]}`,
    );
  }
});

Deno.test("spaceJson() changes no value, and nothing at all the second time", () => {
  fc.assert(fc.property(fc.json(), (text) => {
    const spaced = spaceJson(text);
    assertEquals(JSON.stringify(JSON.parse(spaced)), JSON.stringify(JSON.parse(text)));
    assertEquals(spaceJson(spaced), spaced);
  }));
});

Deno.test("spaceJson() gives the same for a text that had space already", () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    const compact = spaceJson(JSON.stringify(value));
    assertEquals(spaceJson(JSON.stringify(value, null, "\t ")), compact);
    assertEquals(spaceJson(JSON.stringify(value, null, "\r\n")), compact);
  }));
});

Deno.test("spaceJson() and prettyJson() take time in proportion to the text", () => {
  const part = '{"a":1,"b":"\\\\\\"","result":14}';
  const elements = 300_000;
  const text = `{"s":"${"\\\\".repeat(2_000_000)}","parts":[${
    Array(elements).fill(part).join(",")
  }]}`;
  assert(text.length > 12_000_000);
  // A quadratic walk would take hours; that the results have the right size is all that needs a check.
  assertEquals(spaceJson(text).length, text.length + 3 + (elements - 1) + elements * 5);
  assertEquals(prettyJson(text).split("\n").length, elements + 5);
});

Deno.test("a text that is cut off comes out without an endless loop or an exception", () => {
  for (const text of ['{"a', '{"a\\', '{"a":[{"b', "{", "[", '"']) {
    assertEquals(typeof spaceJson(text), "string");
    assertEquals(typeof prettyJson(text), "string");
  }
});

Deno.test("prettyJson() prints a sum of squares as a block", () => {
  const reply =
    '{"ok":true,"result":285,"parts":[{"a":1,"b":3,"result":14},{"a":4,"b":6,"result":77},' +
    '{"a":7,"b":9,"result":194}]}';
  assertEquals(
    prettyJson(reply),
    `{
  "ok": true,
  "result": 285,
  "parts": [
    {"a": 1, "b": 3, "result": 14},
    {"a": 4, "b": 6, "result": 77},
    {"a": 7, "b": 9, "result": 194}
  ]
}`,
  );
});

Deno.test("prettyJson() prints flat replies, empty arrays and nested values on a line a key", () => {
  const text =
    '{"ok":true,"error":"a, \\"b: [{","parts":[],"list":[1,[2,3]],"inner":{"a":1,"b":[{"c":2}]}}';
  assertEquals(
    prettyJson(text),
    `{
  "ok": true,
  "error": "a, \\"b: [{",
  "parts": [],
  "list": [1, [2, 3]],
  "inner": {"a": 1, "b": [{"c": 2}]}
}`,
  );
});

Deno.test("prettyJson() leaves what is no object, or has no keys, on one line", () => {
  assertEquals(prettyJson("{}"), "{}");
  assertEquals(prettyJson('[{"a":1},2]'), '[{"a": 1}, 2]');
  assertEquals(prettyJson('"text"'), '"text"');
});

Deno.test("prettyJson() changes no value", () => {
  const values = fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue());
  fc.assert(fc.property(values, (value) => {
    const text = JSON.stringify(value);
    assertEquals(JSON.stringify(JSON.parse(prettyJson(text))), JSON.stringify(JSON.parse(text)));
  }));
});
