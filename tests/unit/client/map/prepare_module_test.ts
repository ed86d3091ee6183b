import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { transformSync } from "amaro";
import { ModuleError } from "../../../../src/client/errors.ts";
import { explainCode, prepareModule } from "../../../../src/client/map/prepare_module.ts";
import { restoreSemicolons } from "../../../../src/client/map/removed_semicolons.ts";

const ITEMS = { input: "items" } as const;

function prepare(text: string, name = "f.ts") {
  return prepareModule({ name, text, isTypeScript: name.endsWith("ts") }, ITEMS);
}

Deno.test("prepareModule() strips types and leaves every line and column where it was", async () => {
  const text = [
    "interface Item { readonly ñ: number; }",
    "type Other = 'é😀' | Item;",
    "export function map<T extends Item>(item: T, context?: unknown): number {",
    "  return (item as Item).ñ satisfies number; // 😀",
    "}",
    "",
  ].join("\n");
  const { code, sha256, name, call, reduce } = await prepare(text);
  const stripped = new TextDecoder().decode(code);
  const [, , head, body] = stripped.split("\n");
  assertMatch(head!, /^export function map\s+\(item\s+, context\s+\)\s+\{$/);
  assertEquals(body!.indexOf("// 😀"), text.split("\n")[3]!.indexOf("// 😀"));
  assertEquals(stripped.split("\n").length, text.split("\n").length);
  assertEquals([name, call, reduce], ["f.ts", "map", null]);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", code));
  assertEquals(sha256, [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join(""));
});

Deno.test("prepareModule() makes the same of types whoever takes them away", async () => {
  const texts = [
    "export const map = <T,>(x: T): x is T => x! as T;",
    "#!/usr/bin/env deno\r\nexport class A<T> implements B { private x?: number; declare y: T }\r\n",
    "\ufeffexport function map(this: void, x?: bigint): bigint { return x! ** 2n }",
    "let a = 1 as any\n;(5)\ntype A = 1\n;[1].map((x) => x as number)",
    "const f = async <T>(a: T): Promise<\nT> => a; declare const b: number; `${f as any}`;",
    "import type { A } from 'a'; export type { A };\nfunction f(x: number): void;\nfunction f(x: any) {}",
    "abstract class B { abstract x(): void; accessor z: string = /[/a]/v.source satisfies string }",
  ];
  for (const text of texts) {
    const exported = text.includes(" map") ? text : `${text}\nexport const map = 1;`;
    const { code } = await prepare(exported);
    const options = { mode: "strip-only" as const, module: true };
    const expected = restoreSemicolons(exported, transformSync(exported, options).code);
    assertEquals(new TextDecoder().decode(code), expected);
  }
});

Deno.test("prepareModule() leaves a semicolon that ends types where it keeps statements apart", async () => {
  const { code } = await prepare("export const map = String\ntype T = 1\n;[1].pop()");
  assertEquals(new TextDecoder().decode(code), "export const map = String\n          \n;[1].pop()");
});

const UNLOADED = { code: "bad_code", text: "SyntaxError" };

Deno.test("explainCode() says what was passed over when types were taken away", async () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["  const a: number;", /^cannot read f\.ts:2:9: 'const' .* initialized; correct it there$/],
    ["function f() { break }", /^cannot read f\.ts:2:16: A 'break' statement .*$/],
    ["return 1 as number", /^cannot read f\.ts:2:1: Return statement .*$/],
  ];
  for (const [line, message] of cases) {
    // Where the runtime cannot take types away, it is found at once.
    const error = await assertRejects(
      async () => await explainCode(await prepare(`export const map = 1;\n${line}`), UNLOADED),
      ModuleError,
    );
    assertMatch(error.message, message);
  }
  await explainCode(await prepare("export const map = (x: number) => x;"), UNLOADED);
  const jsError = await assertRejects(
    async () =>
      await explainCode(await prepare("export const map = 1;\nconst a;", "f.js"), UNLOADED),
    ModuleError,
  );
  assertMatch(jsError.message, /^cannot read f\.js:2:7: .* initialized; correct it there$/);
  // Nothing but the code says what is wrong.
  const text = "it exports no function map";
  await explainCode(await prepare("export const map = 1;"), { code: "bad_code", text });
});

Deno.test("explainCode() knows TypeScript under a name of JavaScript's", async () => {
  const module = await prepare("export const map = (x: number) => x;", "f.js");
  const error = await assertRejects(() => explainCode(module, UNLOADED), ModuleError);
  assertEquals(error.message, "cannot read f.js: it is TypeScript: name it .ts");
  // What is thrown while JavaScript loads is said as it is, even if it could be read as TypeScript, too.
  const text = "const a = 1, b = 2, c = 3; export const map = [a < b, b > (c)]; throw 1;";
  await explainCode(await prepare(text, "f.js"), { code: "bad_code", text: "thrown: 1" });
});

Deno.test("explainCode() says what is exported and cannot be used", async () => {
  const module = await prepare("export const map = 1;");
  const cases = [
    ["it exports no function map", ": add export function map(item, context) { ... }"],
    ["it exports no function mapRange", ""],
    ["its setup is no function", ""],
    ["its initial cannot be used: it is a function", ""],
    ["whatever else it says", ""],
  ] as const;
  for (const [refusal, advice] of cases) {
    const error = await assertRejects(
      () => explainCode(module, { code: "bad_exports", text: refusal }),
      ModuleError,
    );
    assertEquals(error.message, `cannot use ${module.name}: ${refusal}${advice}`);
  }
});

Deno.test("prepareModule() leaves JavaScript as it is", async () => {
  const text = "const a = 1, b = 2, c = 3;\nexport const map = (x) => [a < b, b > (c), x];\n";
  const { code } = await prepare(text, "f.js");
  assertEquals(new TextDecoder().decode(code), text);
});

Deno.test("prepareModule() takes types that are imported, and import.meta, which bring nothing in", async () => {
  await prepare("import type { Item } from './item.ts';\nexport const map = (item: Item) => item;");
  await prepare("export const map = () => import.meta.url;");
});

const MAP = "export const map = (x) => x;";

Deno.test("prepareModule() refuses every kind of import with its place and the way out", async () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['import "./a.js";', '"./a.js"', "f.ts:2:1"],
    ['  import { a } from "npm:a";', '"npm:a"', "f.ts:2:3"],
    ['const b = await import("./b.js");', '"./b.js"', "f.ts:2:17"],
    ['const b = await import("./b" + ".js");', '"./b" + ".js"', "f.ts:2:17"],
    ["const b = await import(MAP);", "MAP", "f.ts:2:17"],
    ['export * from "./all.js";', '"./all.js"', "f.ts:2:1"],
    ['export { a } from "./\\u0061.js";', '"./\\u0061.js"', "f.ts:2:1"],
    ['const b = `${await import("c")}`;', '"c"', "f.ts:2:20"],
  ];
  for (const [line, specifier, place] of cases) {
    const error = await assertRejects(() => prepare(`${MAP}\n${line}\n`), ModuleError);
    const expected = `cannot use f.ts: it imports ${specifier} at ${place}, and a module must be ` +
      "whole by itself: bundle it first, for example with " +
      "npx esbuild f.ts --bundle --format=esm --outfile=bundled.js";
    assertEquals(error.message, expected);
  }
  const types = `${MAP}\nimport { type Item } from "./item.ts";\n`;
  const error = await assertRejects(() => prepare(types), ModuleError);
  assertMatch(error.message, /, and if only types come from there, write import type$/);
});

Deno.test("prepareModule() says where a module cannot be read", async () => {
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ["f.ts", `${MAP}\n  enum A { B }`, /^cannot read f\.ts:2:3: .*enum.*: write it in JavaScript/],
    ["f.ts", "export function map( {", /^cannot read f\.ts:1:\d+: .*; correct it there$/],
    ["f.js", "export map = (x) => x;", /^cannot read f\.js:1:8: Expected .*; correct it there$/],
    ["f.js", `${MAP}\nconst a = "`, /^cannot read f\.js:2:11: Unterminated string/],
    ["f.ts", `${MAP}\nfunction f() {\n if (1) {\n}`, /^cannot read f\.ts:4:2: Expected '}'/],
    ["f.ts", "export const other = 1;", /^cannot use f\.ts: it does not export "map"/],
  ];
  for (const [name, text, message] of cases) {
    const error = await assertRejects(() => prepare(text, name), ModuleError);
    assertMatch(error.message, message);
  }
});
