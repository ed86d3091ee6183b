import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { didYouMean, listWords, nearestName, quote } from "../../../src/cli/texts.ts";

const NAMES = ["host", "port", "workers", "worker-timeout", "a", "op"];

Deno.test("nearestName() finds a name with a letter too few, too many, wrong or swapped", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["wokers", "workers"],
    ["workerss", "workers"],
    ["worzers", "workers"],
    ["hots", "host"],
    ["prot", "port"],
    ["PORT", "port"],
    ["worker_timeout", "worker-timeout"],
  ];
  for (const [given, expected] of cases) assertEquals(nearestName(given, NAMES), expected, given);
});

Deno.test("nearestName() does not guess", () => {
  for (const given of ["", "x", "b", "oq", "verbose", "post-it-note", "po"]) {
    assertEquals(nearestName(given, NAMES), undefined, given);
  }
});

Deno.test("nearestName() takes the nearest and not the first", () => {
  assertEquals(nearestName("timeouts", ["timeour", "timeout"]), "timeout");
});

Deno.test("nearestName() gives every name for itself", () => {
  fc.assert(fc.property(fc.string({ minLength: 1 }), (name) => {
    assertEquals(nearestName(name, ["???", name]), name === "???" ? "???" : name);
  }));
});

Deno.test("didYouMean() is empty where nothing is near", () => {
  assertEquals(didYouMean("wokers", NAMES, "--"), '; did you mean "--workers"?');
  assertEquals(didYouMean("zzz", NAMES), "");
});

Deno.test("quote() stays on one short line", () => {
  assertEquals(quote("70000"), '"70000"');
  assertEquals(quote("a\n\u001b[31m"), '"a\\n\\u001b[31m"');
  assertEquals(quote("9".repeat(60)), `"${"9".repeat(60)}"`);
  const long = quote("1" + "0".repeat(2000));
  assert(long.length < 80 && long.includes("(2001 characters)"), long);
});

Deno.test("listWords() makes a list of a sentence", () => {
  assertEquals(listWords([], "or"), "");
  assertEquals(listWords(["a"], "or"), "a");
  assertEquals(listWords(["a", "b"], "and"), "a and b");
  assertEquals(listWords(["a", "b", "c"], "or"), "a, b or c");
});
