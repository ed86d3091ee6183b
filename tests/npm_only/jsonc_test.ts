import { assertEquals, assertThrows } from "@std/assert";
import * as bare from "@std/jsonc";
import * as standIn from "../../npm_only/jsonc/parse.ts";
import { forEachImplementation } from "./implementations.ts";

const VALUES: readonly (readonly [text: string, value: unknown])[] = [
  ["1", 1],
  ["-1.5e3", -1500],
  ["1e400", Infinity],
  ["true", true],
  ["false", false],
  ["null", null],
  ['"a"', "a"],
  ['"\\u00e9\\n\\"\\\\"', 'é\n"\\'],
  ['"// no comment /* here */"', "// no comment /* here */"],
  ["[]", []],
  ["{}", {}],
  ["[1, [2, {}],]", [1, [2, {}]]],
  ['{"a": 1, "b": [true],}', { a: 1, b: [true] }],
  [' \t\r\n{"a":1} \n', { a: 1 }],
  ['// first\n{"a": /* in between */ 1} // last', { a: 1 }],
  ['{"a": 1, // the last\r\n}', { a: 1 }],
  ['{"a": 1, "a": 2}', { a: 2 }],
  ['{"": 1}', { "": 1 }],
];

const ERRORS: readonly string[] = [
  "",
  "  // only a comment",
  "/* without end",
  "/* with end */",
  "{",
  "[",
  "[1",
  "[1,",
  '{"a"',
  '{"a":',
  '{"a":1',
  '{"a":1,',
  "[,]",
  "[1,,2]",
  "{,}",
  "{a: 1}",
  "{'a': 1}",
  '{"a" 1}',
  '{"a": 1 "b": 2}',
  "[1 2]",
  "[}",
  "1 2",
  "01",
  "+1",
  "1.",
  ".5",
  "0x10",
  "NaN",
  "Infinity",
  "undefined",
  "tru",
  '"a',
  '"a\nb"',
  '"\\x"',
  '"\\u12"',
  "'a'",
  "]",
  "{}}",
  "\u00a01",
  "\ufeff1",
];

forEachImplementation("@std/jsonc", standIn, bare, (label, { parse }) => {
  Deno.test(`${label}: parse() reads JSON with comments and trailing commas`, async (t) => {
    for (const [text, value] of VALUES) {
      await t.step(JSON.stringify(text), () => assertEquals<unknown>(parse(text), value));
    }
  });

  Deno.test(`${label}: parse() throws a SyntaxError for anything else`, async (t) => {
    for (const text of ERRORS) {
      await t.step(JSON.stringify(text), () => {
        assertThrows(() => parse(text), SyntaxError, "JSONC");
      });
    }
  });

  Deno.test(`${label}: parse() names the wrong token and its position`, () => {
    assertThrows(() => parse('{"a": wrong}'), SyntaxError, '"wrong" in JSONC at position 6');
    assertThrows(() => parse('{"a": 1'), SyntaxError, "unexpected end of JSONC input");
  });

  Deno.test(`${label}: parse() takes a key "__proto__" for a key like any other`, () => {
    const value = parse('{"__proto__": {"polluted": true}}');
    assertEquals(Object.keys(value ?? {}), ["__proto__"]);
    assertEquals(Reflect.get(Object(value), "polluted"), undefined);
  });
});
