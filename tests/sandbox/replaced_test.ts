/**
 * Purpose: whatever of the language a function replaces, what we say stays right, and nothing of ours comes
 * into its hands.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { Slot } from "./slot.ts";

/** Replaces every function of the language that can be, each by one that looks at what it is given. */
const REPLACE_ALL = `
  const loot = [];
  const seen = new WeakSet();
  const has = WeakSet.prototype.has.bind(seen), add = WeakSet.prototype.add.bind(seen);
  const { apply, ownKeys, getOwnPropertyDescriptor: describe, defineProperty: define } = Reflect;
  const Shared = SharedArrayBuffer, sharedLength = describe(Shared.prototype, "byteLength").get;
  let isLooking = false;
  function look(value, where) {
    if (isLooking || value === null || typeof value !== "object" && typeof value !== "function") return;
    isLooking = true;
    let name = "";
    try { apply(sharedLength, value, []); name = "memory"; } catch {}
    try { apply(sharedLength, value.buffer, []); name = "memory"; } catch {}
    try { name ||= /Port|Worker|Scope/.exec(value.constructor.name)?.[0]; } catch {}
    if (name && value !== globalThis) loot[loot.length] = name + " by " + where;
    isLooking = false;
  }
  let isArmed = false;
  function arm(target, path, depth) {
    if (has(target)) return;
    add(target);
    for (const key of ownKeys(target)) {
      const where = path + "." + String(key);
      const found = describe(target, key);
      if (found.get && found.configurable && depth > 0) {
        const { get } = found;
        define(target, key, { ...found, get() { if (isArmed) look(this, where); return apply(get, this, []); } });
      }
      const value = found.value;
      if (typeof value !== "function" || key === "constructor") continue;
      if (value.prototype) arm(value.prototype, where, depth + 1);
      if (depth === 0 || !found.configurable && !found.writable) continue;
      const spy = function (...args) {
        if (isArmed) { look(this, where); for (let k = 0; k < args.length; k++) look(args[k], where); }
        return new.target ? Reflect.construct(value, args, new.target) : apply(value, this, args);
      };
      try { define(target, key, { ...found, value: spy }); } catch {}
    }
  }
`;

Deno.test("functions of the language that were replaced learn nothing of ours", async () => {
  const text = `${REPLACE_ALL}
    export function map(x) {
      if (!isArmed) {
        arm(globalThis, "", 0);
        for (const key of ["JSON", "Math", "Reflect", "Atomics", "performance"]) arm(globalThis[key], key, 1);
        arm(Object.getPrototypeOf(Uint8Array.prototype), "TypedArray", 1);
        arm(Object.getPrototypeOf([][Symbol.iterator]()), "ArrayIterator", 1);
        isArmed = true;
      }
      if (x === 2) throw new Error("two");
      if (x === 3) console.log("three");
      if (x % 10 === 4) return { x };
      if (x % 10 === 5) return Promise.resolve(x);
      if (x % 10 === 6) return x / 7;
      if (x === 100) { isArmed = false; return loot; }
      return x;
    }`;
  await using slot = await Slot.with(text);
  const { lines, failed, end } = await slot.range(1, 100);
  assertEquals([end.op, failed.length], ["done", 1]);
  assertEquals(lines.slice(0, 5), ["1", "3", '{"x":4}', "5", String(6 / 7)]);
  assertEquals(lines.at(-1), "[]");
  assertEquals(slot.printed.map(({ text, position }) => [text, position]), [["three", 3]]);
});

Deno.test("functions of the language that were broken break nothing of ours", async () => {
  const text = `
    const bad = () => { throw new TypeError("broken"); };
    const wrong = () => "pwned";
    const { ownKeys, defineProperty } = Reflect;
    const put = (target, key, value) => {
      try { defineProperty(target, key, { value, configurable: true, writable: true }); } catch {}
    };
    const classes = [String, Number, Promise, Function, Uint8Array, Int32Array, Map, Set,
      Object.getPrototypeOf(Uint8Array), TextEncoder, TextDecoder, RegExp, EventTarget, AbortSignal,
      AbortController, Error, BigInt, Array];
    const members = ["toJSON", "transfer", "stream", "then", "value", "buffer", "0", "type", "next", "done"];
    const ArrayPrototype = Array.prototype;
    const globals = ["String", "Number", "BigInt", "Array", "Uint8Array", "Error", "Promise", "Reflect",
      "Math", "Atomics", "performance", "setInterval", "clearInterval", "TextDecoder", "isFinite"];
    export function setup() {
      put(Object.getPrototypeOf([][Symbol.iterator]()), "next", bad);
      put(Reflect, "apply", bad);
      put(JSON, "stringify", wrong);
      put(JSON, "parse", wrong);
      put(JSON, "rawJSON", wrong);
      for (let at = 0; at < classes.length; at++) {
        const keys = ownKeys(classes[at].prototype);
        for (let key = 0; key < keys.length; key++) {
          if (keys[key] !== "constructor" || classes[at] === Uint8Array) put(classes[at].prototype, keys[key], bad);
        }
      }
      defineProperty(ArrayPrototype, "1", { set: bad, get: bad, configurable: true });
      for (let at = 0; at < members.length; at++) put(Object.prototype, members[at], wrong);
      for (let at = 0; at < globals.length; at++) put(globalThis, globals[at], bad);
    }
    export function map(x) {
      if (x === 2) throw "two";
      if (x === 4) return "four";
      if (x === 5) return 5n;
      return x;
    }`;
  await using slot = await Slot.with(text);
  const { lines, failed, end } = await slot.range(1, 1000);
  assertEquals([end.op, failed.length], ["done", 1]);
  assertEquals(lines.slice(0, 4), ["1", "3", '"four"', "5"]);
  assertEquals(lines.length, 999);
  await using other = await Slot.with(text, { input: "items" });
  const outcome = await other.lines(["1", "7.25", '"text"', "[]x", "12345678901234567890"]);
  assertEquals(outcome.lines, ["1", "7.25", '"text"', "12345678901234567890"]);
  assertEquals(outcome.failed.map(({ cause }) => cause), ["input"]);
});

Deno.test("what classes of errors and events were made to say of themselves counts for nothing", async () => {
  const text = `
    Object.defineProperty(Error, Symbol.hasInstance, { value: () => true, configurable: true });
    Object.defineProperty(TypeError, Symbol.hasInstance, { value: () => true, configurable: true });
    Event.prototype.preventDefault = () => { throw new Error("no"); };
    export function map(x) {
      if (x === 1) throw new RangeError("one");
      if (x === 2) throw new Proxy({}, { getPrototypeOf() { throw 1; } });
      if (x === 3) throw "three";
      if (x === 4) return undefined;
      if (x === 5) Promise.reject(new Error("left"));
      return x;
    }`;
  await using slot = await Slot.with(text);
  const { lines, failed, end } = await slot.range(1, 7);
  assertEquals([lines, end.op], [["5", "6", "7"], "done"]);
  assertEquals(failed.map(({ cause }) => cause), ["error", "error", "error", "value"]);
  const again = await slot.range(6, 1);
  assertEquals(again.lines, ["6"]);
});
