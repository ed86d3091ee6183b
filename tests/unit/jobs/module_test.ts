import { assertEquals, assertStringIncludes } from "@std/assert";
import type { JobInput } from "../../../src/jobs/messages.ts";
import { type BuiltInReduce, useOf } from "../../../src/jobs/module.ts";

interface Case {
  readonly exports: readonly string[];
  readonly input?: JobInput;
  readonly reduce?: BuiltInReduce | null;
  readonly use: string;
}

const USES: readonly Case[] = [
  { exports: ["map"], use: "map null" },
  { exports: ["map"], reduce: "sum", use: "map sum" },
  { exports: ["map", "reduce", "initial"], use: "map own" },
  { exports: ["map", "reduce", "initial", "combine", "setup"], use: "map own" },
  // What is asked for by name goes first.
  { exports: ["map", "reduce", "initial"], reduce: "max", use: "map max" },
  { exports: ["map", "reduce"], reduce: "max", use: "map max" },
  { exports: ["map", "reduce", "initial"], reduce: null, use: "map null" },
  { exports: ["map", "mapRange"], use: "map null" },
  { exports: ["map", "mapRange"], reduce: "sum", use: "map sum" },
  { exports: ["map", "mapRange"], input: "range", use: "map null" },
  { exports: ["map", "mapRange"], input: "range", reduce: "count", use: "map count" },
  { exports: ["map", "mapRange"], input: "range", reduce: "concat", use: "map concat" },
  { exports: ["map", "mapRange"], input: "range", reduce: "sum", use: "mapRange sum" },
  { exports: ["mapRange"], input: "range", reduce: "min", use: "mapRange min" },
  { exports: ["mapRange", "reduce", "initial"], input: "range", use: "mapRange own" },
];

Deno.test("useOf() takes mapRange for ranges whose values may stand for a whole stretch, else map", () => {
  for (const { exports, input = "items", reduce, use } of USES) {
    const found = useOf(exports, { input, reduce });
    assertEquals("problem" in found ? found.problem : `${found.call} ${found.reduce}`, use);
  }
});

Deno.test("useOf() says what is missing, and what to do", () => {
  const cases: readonly (Omit<Case, "use"> & { readonly says: string })[] = [
    { exports: [], says: 'does not export "map": add export function map(' },
    { exports: ["default"], says: 'the default export: give it the name "map"' },
    { exports: ["mapRange"], says: 'not "map", which items need' },
    { exports: ["mapRange"], input: "range", says: "there is no reduce" },
    { exports: ["mapRange"], input: "range", reduce: "count", says: "the reduce is count" },
    { exports: ["map", "reduce"], says: 'not "initial": add the value that reduce begins with' },
    { exports: ["map", "combine"], says: '"combine" but not "reduce"' },
  ];
  for (const { exports, input = "items", reduce, says } of cases) {
    const found = useOf(exports, { input, reduce });
    assertStringIncludes("problem" in found ? found.problem : "no problem", says);
  }
});
