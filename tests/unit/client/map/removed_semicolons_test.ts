import { assert, assertEquals } from "@std/assert";
import { transformSync } from "amaro";
import * as nodeModule from "node:module";
import { restoreSemicolons } from "../../../../src/client/map/removed_semicolons.ts";

/** Both of what takes types away; older runtimes have none of their own. */
const STRIPPERS: readonly ((text: string) => string)[] = [
  (text) => transformSync(text, { mode: "strip-only", module: true }).code,
  ..."stripTypeScriptTypes" in nodeModule
    ? [nodeModule.stripTypeScriptTypes as (text: string) => string]
    : [],
];

/** What a module exports as its default. */
async function run(language: string, text: string): Promise<unknown> {
  return (await import(`data:text/${language},${encodeURIComponent(text)}`)).default;
}

/** Modules whose meaning hangs on a semicolon, or that are broken by one too many. */
const MODULES: readonly string[] = [
  // Statements that are nothing but types, between others that are not to become one.
  "const i = [3]; const a = i\ntype T = number\n;[1, 2].forEach((x) => x as T)\nexport default a",
  "const a = String\ninterface I { b: 1 }\n;(1)\nexport default a('x')",
  "const a = String\ndeclare const b: number\n;(1)\nexport default a('x')",
  "const a = String\ndeclare function b(): void\n;(1)\nexport default a('x')",
  "const a = String\nimport type { B } from 'b'\n;(1)\nexport default a('x')",
  "const a = String\nexport type { B } from 'b'\n;`1`\nexport default a('x')",
  "const a = String\nexport type B = 1\n;(1)\nexport default a('x')",
  "const a = String\ntype B = 1; /* c */ (1)\nexport default a('x')",
  "const a = String\ntype B = 'é→😀' | '漢字'\n;(1); export default a('x')",
  "const a = String\ntype B = 1\n;type C = {\r\n  d: 2;\r\n}\r\n;(1)\nexport default a('x')",
  "\ufeffconst a = String\ntype B = 1\n;(1)\nexport default a('x')",
  "let a = 1\ntype B = 1; ++a\nexport default a",
  // Members that are nothing but types.
  "const k = 'k'; class A { x = 'xyz'\n declare y: number\n ;[k] = 2 }\nexport default { ...new A() }",
  "const k = 'k'; class A { x = 'xyz'\n m(): void\n ;[k] = 2; m() {} }\nexport default { ...new A() }",
  "abstract class A { x = 1\n abstract y: string\n ;['z'] = 2; abstract w(): void; }\n" +
  "export default { ...new (A as any)() }",
  "class A { private readonly x: { a: 1; } | 5 = 5; [k: string]: any; constructor(a: 1); constructor() {} }\n" +
  "export default new A(1).x",
  // Where a semicolon of a type is no end of a statement.
  "let x: {a: number; b: string} = { a: 1, b: '2' }\nexport default x",
  "let n = 0; for (let i: number & {b?: 1;} = 0; i < 3; i++) n += i;\nexport default n",
  "const f = (x: {a: 1; \n b: 2;}): {a: 1;\n b: 2;} => x\nexport default f({ a: 1, b: 2 })",
  "function f(x: 1): void; function f(x: '1'): void; function f(x: any) { return x as {a: 1;} }\n" +
  "export default f(1)",
  "const f = async <T,>(x: T)\n: Promise<T & {a: 1;\n b: T;\n}> => x as any\nexport default await f(7)",
  "function f() { return <T,>\n(x: {a: 1;\n b: 2;}) => x }\nexport default f()({ a: 1, b: 2 })",
  "const x = [1 as 1 | {a: 1; /* ; */}\n// ;\n, 2 /* ; */ ! /* ; */\n]\nexport default x",
  "let x /* ; */ : 1 | 2 // ;\n = 1\nexport default x",
  "function f(this: void, // ;\n a?: {b: 1;}) { return a }\nexport default f({ b: 1 })",
  // A statement may be the body of another.
  "let x = 0; if (x) type T = 1; else x = 2;\nexport default x",
  "let x = 0; do type T = 1; while (x++ < 3)\nexport default x",
  // What looks like types in a text.
  "export default `a\ntype T = number\n;${1 as number} ;  `",
];

for (const [index, strip] of STRIPPERS.entries()) {
  Deno.test(`restoreSemicolons() leaves the meaning of what types were taken from (${index})`, async () => {
    for (const text of MODULES) {
      const code = restoreSemicolons(text, strip(text));
      assertEquals(
        await run("javascript", code),
        await run("typescript", text),
        `${text}\n${code}`,
      );
    }
  });
}

Deno.test("restoreSemicolons() changes nothing but white space, and only to semicolons", () => {
  for (const text of MODULES) {
    for (const strip of STRIPPERS) {
      const stripped = strip(text);
      const restored = restoreSemicolons(text, stripped);
      assertEquals(restored.length, stripped.length);
      for (let at = 0; at < stripped.length; at++) {
        const isSame = restored[at] === stripped[at];
        assert(isSame || (restored[at] === ";" && /\s/.test(stripped[at]!)), text);
      }
    }
  }
});

Deno.test("restoreSemicolons() leaves a text alone that is not as long as its source", () => {
  assertEquals(restoreSemicolons("a\ntype T = 1\n;[1]", "a\n [1]"), "a\n [1]");
  assertEquals(restoreSemicolons("", ""), "");
});
