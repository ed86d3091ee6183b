import { assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "npm:fast-check@4.3.0";
import { sealImports } from "../../../src/slot/import_seal.ts";

// Purpose: no module imports anything once it is sealed, and all else means what it meant.

const encoder = new TextEncoder();

/** Loads a module's text. */
function load(code: Uint8Array): Promise<Record<string, unknown>> {
  const text = new TextDecoder().decode(code);
  return import(`data:text/javascript,${encodeURIComponent(text)}`);
}

function sealed(text: string): Promise<Record<string, unknown>> {
  return load(sealImports(encoder.encode(text)));
}

const OTHER = '"data:text/javascript,export const a = 1"';

for (
  const text of [
    `import(${OTHER})`,
    `import ${OTHER}`,
    `import * as a from ${OTHER}`,
    `import{a}from${OTHER}`,
    `await import/* x */(${OTHER})`,
    `await import // x\n (${OTHER})`,
    `({ ...import(${OTHER}) })`,
    "`${typeof import(" + OTHER + ")}`",
    `export * from ${OTHER}`,
    `export * from${OTHER}`,
    `export * from /* x */ ${OTHER}`,
    `export * from // x\u2028${OTHER}`,
    `export * from\u00a0${OTHER}`,
    `export * as b from '${OTHER.slice(1, -1)}'`,
    `export { a } from ${OTHER}`,
    `x = 1 /import(${OTHER})/ 1`,
  ]
) {
  Deno.test(`a sealed module is refused: ${text}`, async () => {
    const module = `let x; ${text}`;
    await load(encoder.encode(module));
    await assertRejects(() => sealed(module), Error);
  });
}

Deno.test("what a sealed module does not import with means what it meant", async () => {
  const text = String.raw`
    // import "x" from "y"
    /* export * from "x" */
    const important = 1, from = 8, reimport = 3;
    const o = { import: 4, from: 5, #x: 0 };
    class A { #import = 6; static import() { return new A().#import; } }
    const texts = ["import", '\import', "\\import", "\\\import", ${"`import ${from}`"}, "from 'x'", "\from\"x\""];
    const behind = ["\from 'x'", "\\from 'x'", "a\x0from 'x'", "\u000from 'x'", "\u{f}from 'x'"];
    const patterns = [/\from 'x'/, /\cimport/, /\cfrom 'x'/, /\x0from 'x'/, /[a-from 'x']+/]
      .map((one) => one.exec("\from 'x' \x09mport \x06rom 'x' \x0from 'x' from 'x'")?.[0]);
    const matches = [/import/.test("import"), /[\import]/.exec("t")[0], /(?<import>x)\k<import>/u.test("xx")];
    export const all = [
      important, from / 2, from /2/ 1, reimport, o.import, o?.import, o . from, A.import(), A . import (),
      ...texts, ...matches, ...behind, ...patterns, Array.from("ab"), typeof import.meta, typeof import . meta.url,
    ];`.replace(", #x: 0", "");
  const { all } = await sealed(text);
  assertEquals(all, (await load(encoder.encode(text))).all);
});

Deno.test("any text of a sealed module is what it was", async () => {
  const word = fc.constantFrom(
    "import",
    "from",
    "\\",
    "'",
    '"',
    " ",
    "/",
    "\n",
    ".",
    "meta",
    "x",
    "é",
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(word).map((words) => words.join(""))), async (texts) => {
      assertEquals((await sealed(`export const all = ${JSON.stringify(texts)}`)).all, texts);
    }),
    { numRuns: 200 },
  );
});

Deno.test("a module without such words is what it was, and one that is not UTF-8 is none", () => {
  const code = encoder.encode("\ufeffexport const importance = import.meta.url;");
  assertStrictEquals(sealImports(code), code);
  assertThrows(() => sealImports(Uint8Array.of(0x61, 0xff)), TypeError);
});
