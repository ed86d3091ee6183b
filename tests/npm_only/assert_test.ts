import nodeAssert from "node:assert/strict";
import * as bare from "@std/assert";
import * as standIn from "../../npm_only/assert/mod.ts";
import { forEachImplementation } from "./implementations.ts";

// What is tested here are assertions, so Node's are what tests them.

class Point {
  constructor(readonly x: number) {}
}

const loop: unknown[] = [];
loop.push(loop);
const otherLoop: unknown[] = [];
otherLoop.push(otherLoop);

const EQUAL: readonly (readonly [unknown, unknown])[] = [
  [1, 1],
  [NaN, NaN],
  [0, -0],
  [[0, { a: -0 }], [-0, { a: 0 }]],
  [new Map([["a", -0]]), new Map([["a", 0]])],
  [new Float64Array([-0, 1]), new Float64Array([0, 1])],
  [10n, 10n],
  ["a", "a"],
  [undefined, undefined],
  [null, null],
  [{ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }],
  [{ a: 1, b: 2 }, { b: 2, a: 1 }],
  [{ a: 1 }, Object.assign(Object.create(null), { a: 1 })],
  [new Set([1, { a: 1 }]), new Set([{ a: 1 }, 1])],
  [new Map([[{ k: 1 }, "v"]]), new Map([[{ k: 1 }, "v"]])],
  [new Uint8Array([1, 2]), new Uint8Array([1, 2])],
  [new Date(5), new Date(5)],
  [/a/g, /a/g],
  [new URL("http://a/b"), new URL("http://a/b")],
  [new Point(1), new Point(1)],
  [loop, otherLoop],
];

const DIFFERENT: readonly (readonly [unknown, unknown])[] = [
  [1, 2],
  [1, "1"],
  [1, 1n],
  [1, true],
  [null, undefined],
  [{}, null],
  [{ a: undefined }, {}],
  [{ a: 1 }, { a: 1, b: 2 }],
  [{ a: 1 }, { b: 1 }],
  [{ a: 1, b: undefined }, { a: 1, c: undefined }],
  [[1, 2], [2, 1]],
  [[1], [1, undefined]],
  [[], {}],
  [new Set([1]), new Set([2])],
  [new Map([["a", 1]]), new Map([["a", 2]])],
  [new Uint8Array([1]), new Uint8Array([2])],
  [new Uint8Array([1]), [1]],
  [new Date(5), new Date(6)],
  [/a/g, /a/],
  [new URL("http://a/b"), new URL("http://a/c")],
  [new Point(1), new Point(2)],
  [new Point(1), { x: 1 }],
  [new Error("a"), new Error("b")],
  [new Error("a"), new TypeError("a")],
  [{ [Symbol.for("s")]: 1 }, { [Symbol.for("s")]: 2 }],
];

const MATCHING: readonly (readonly [Record<string, unknown>, Record<string, unknown>])[] = [
  [{ a: 1, b: 2 }, { a: 1 }],
  [{ a: 1 }, {}],
  [{ a: { b: 1, c: 2 } }, { a: { b: 1 } }],
  [{ a: [{ b: 1, c: 2 }, 3] }, { a: [{ b: 1 }] }],
  [{ a: new Date(1), b: /x/ }, { a: new Date(1), b: /x/ }],
];

const NOT_MATCHING: readonly (readonly [Record<string, unknown>, Record<string, unknown>])[] = [
  [{ a: 1 }, { a: 2 }],
  [{ a: 1 }, { b: 1 }],
  [{ a: 1 }, { a: 1, b: undefined }],
  [{ a: { b: 1 } }, { a: { b: 1, c: 2 } }],
  [{ a: [1] }, { a: [1, 2] }],
  [{ a: new Date(1) }, { a: new Date(2) }],
  [{ a: null }, { a: {} }],
];

forEachImplementation("@std/assert", standIn, bare, (label, real) => {
  // A function that asserts a type must be named with its type for the compiler to follow it.
  const package_: typeof standIn = real;
  const holds = (assertion: () => unknown) => nodeAssert.doesNotThrow(assertion);
  const breaks = (assertion: () => unknown, text: string | RegExp = /./) =>
    nodeAssert.throws(assertion, (error) => {
      nodeAssert.ok(error instanceof package_.AssertionError, String(error));
      nodeAssert.ok(error instanceof Error);
      nodeAssert.equal(error.name, "AssertionError");
      nodeAssert.match(error.message, typeof text === "string" ? new RegExp(text) : text);
      return true;
    });

  Deno.test(`${label}: equality in depth is what the table says, both ways round`, () => {
    for (const [left, right] of EQUAL) {
      for (const [a, b] of [[left, right], [right, left]]) {
        holds(() => package_.assertEquals(a, b));
        breaks(() => package_.assertNotEquals(a, b), /not to be/);
      }
    }
    for (const [left, right] of DIFFERENT) {
      for (const [a, b] of [[left, right], [right, left]]) {
        breaks(() => package_.assertEquals(a, b, "why"), /not equal: why\n/);
        holds(() => package_.assertNotEquals(a, b));
      }
    }
  });

  Deno.test(`${label}: assertStrictEquals() wants the same value`, () => {
    holds(() => package_.assertStrictEquals(NaN, NaN));
    breaks(() => package_.assertStrictEquals(0, -0));
    breaks(() => package_.assertStrictEquals([1], [1], "why"), "why");
  });

  Deno.test(`${label}: assertObjectMatch() looks at what is expected and at nothing else`, () => {
    for (const [actual, expected] of MATCHING) {
      holds(() => package_.assertObjectMatch(actual, expected));
    }
    for (const [actual, expected] of NOT_MATCHING) {
      breaks(() => package_.assertObjectMatch(actual, expected));
    }
  });

  Deno.test(`${label}: assert(), fail() and unreachable() say what they are told`, () => {
    holds(() => package_.assert("x"));
    breaks(() => package_.assert(0, "the whole message"), /^the whole message$/);
    breaks(() => package_.fail("why"), /^Failed assertion: why$/);
    breaks(() => package_.fail(), /^Failed assertion\.$/);
    breaks(() => package_.unreachable("why"), /^Unreachable: why$/);
  });

  Deno.test(`${label}: assertExists() and assertInstanceOf()`, () => {
    holds(() => package_.assertExists(0));
    breaks(() => package_.assertExists(null, "why"), "why");
    breaks(() => package_.assertExists(undefined));
    holds(() => package_.assertInstanceOf(new TypeError(), Error));
    breaks(() => package_.assertInstanceOf({}, Date, "why"), /"Date".*why/);
    breaks(() => package_.assertInstanceOf(null, Date), /"null"/);
  });

  Deno.test(`${label}: comparisons of order`, () => {
    holds(() => package_.assertGreater(2, 1));
    breaks(() => package_.assertGreater(1, 1));
    holds(() => package_.assertGreaterOrEqual(1n, 1n));
    breaks(() => package_.assertGreaterOrEqual(0, 1), /0 >= 1/);
    holds(() => package_.assertLess("a", "b"));
    breaks(() => package_.assertLess(NaN, 1));
    holds(() => package_.assertLessOrEqual(1, 1));
    breaks(() => package_.assertLessOrEqual(2, 1, "the whole message"), /^the whole message$/);
  });

  Deno.test(`${label}: assertAlmostEquals() allows a ten-millionth, or what it is told`, () => {
    holds(() => package_.assertAlmostEquals(1, 1 + 1e-8));
    breaks(() => package_.assertAlmostEquals(1, 1 + 1e-6));
    holds(() => package_.assertAlmostEquals(-1e9, -1e9 - 10));
    holds(() => package_.assertAlmostEquals(1, 1.4, 0.5));
    breaks(() => package_.assertAlmostEquals(1, 2, 0.5, "why"), "why");
    holds(() => package_.assertAlmostEquals(Infinity, Infinity));
    breaks(() => package_.assertAlmostEquals(NaN, 1));
  });

  Deno.test(`${label}: assertions about text`, () => {
    holds(() => package_.assertMatch("abc", /b/));
    breaks(() => package_.assertMatch("abc", /x/, "why"), /"abc".*why/);
    holds(() => package_.assertStringIncludes("abc", "bc"));
    breaks(() => package_.assertStringIncludes("abc", "x", "why"), /"abc".*"x".*why/);
  });

  Deno.test(`${label}: assertThrows() wants an error of the class that says the words`, () => {
    const thrown = new RangeError("\x1b[31mout of\x1b[39m range");
    const fn = () => {
      throw thrown;
    };
    nodeAssert.equal(package_.assertThrows(fn), thrown);
    nodeAssert.equal(package_.assertThrows(fn, RangeError, "out of range"), thrown);
    nodeAssert.equal(package_.assertThrows(fn, Error), thrown);
    breaks(() => package_.assertThrows(fn, TypeError, "", "why"), /"TypeError".*"RangeError".*why/);
    breaks(() => package_.assertThrows(fn, RangeError, "in range"), /"in range"/);
    breaks(() => package_.assertThrows(() => {}, "why"), /^Expected function to throw: why$/);
    breaks(() => package_.assertThrows(throwText, Error), /non-Error/);
    nodeAssert.equal(package_.assertThrows(throwText), "text");
  });

  Deno.test(`${label}: assertRejects() wants a promise that is rejected`, async () => {
    const { assertRejects, AssertionError } = package_;
    const reason = new RangeError("out of range");
    const reject = () => Promise.reject(reason);
    nodeAssert.equal(await assertRejects(reject), reason);
    nodeAssert.equal(await assertRejects(reject, RangeError, "of"), reason);
    await nodeAssert.rejects(() => assertRejects(reject, TypeError), AssertionError);
    await nodeAssert.rejects(() => assertRejects(reject, RangeError, "x"), AssertionError);
    await nodeAssert.rejects(() => assertRejects(() => Promise.resolve()), AssertionError);
    await nodeAssert.rejects(() => assertRejects(throwText as () => never), AssertionError);
    const noPromise = (() => 1) as unknown as () => PromiseLike<unknown>;
    await nodeAssert.rejects(() => assertRejects(noPromise), AssertionError);
  });
});

function throwText(): never {
  throw "text";
}
