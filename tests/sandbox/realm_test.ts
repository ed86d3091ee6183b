/**
 * Purpose: what a function finds in its realm is what SECURITY.md says, and what is said to remain possible is.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { PROJECT } from "../support/paths.ts";
import { Slot } from "./slot.ts";

async function named(): Promise<Set<string>> {
  const text = await Deno.readTextFile(new URL("SECURITY.md", PROJECT));
  return new Set(/```text\n([^`]*)```/.exec(text)![1]!.split(/\s+/));
}

Deno.test("the realm holds what SECURITY.md names, and nothing else", async () => {
  await using slot = await Slot.with(`export const map = () => Reflect.ownKeys(globalThis)
    .filter((key) => typeof key === "string")`);
  const { lines } = await slot.range(1, 1);
  const names: string[] = JSON.parse(lines[0]!);
  const allowed = await named();
  assertEquals(names.filter((name) => !allowed.has(name)), []);
  assert(names.includes("Math") && names.includes("WebAssembly"));
});

Deno.test("nothing that the realm inherits reaches anything", async () => {
  await using slot = await Slot.with(`export function map() {
    const found = [];
    for (let scope = Object.getPrototypeOf(globalThis); scope !== null; scope = Object.getPrototypeOf(scope)) {
      for (const key of Reflect.ownKeys(scope)) if (typeof key === "string") found.push(key);
    }
    return found;
  }`);
  const { lines } = await slot.range(1, 1);
  const ofObject = Object.getOwnPropertyNames(Object.prototype);
  const ofEvents = ["addEventListener", "removeEventListener", "dispatchEvent", "getParent"];
  const names: string[] = JSON.parse(lines[0]!);
  assertEquals(names.filter((name) => ![...ofObject, ...ofEvents].includes(name)), []);
});

Deno.test("what calculates works: WebAssembly, streams, crypto, dates, other encodings", async () => {
  await using slot = await Slot.with(`export async function map() {
    const add = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 7, 1, 96, 2, 127, 127, 1, 127, 3, 2, 1, 0,
      7, 7, 1, 3, 97, 100, 100, 0, 0, 10, 9, 1, 7, 0, 32, 0, 32, 1, 106, 11]);
    const { instance } = await WebAssembly.instantiate(add);
    const packing = new CompressionStream("gzip");
    const writer = packing.writable.getWriter();
    writer.write(new Uint8Array(100_000)).then(() => writer.close());
    let packed = 0;
    for await (const part of packing.readable) packed += part.length;
    const digest = await crypto.subtle.digest("SHA-256", new Uint8Array(3));
    return [instance.exports.add(2, 3), packed > 0 && packed < 1000, new Uint8Array(digest).length,
      new Date(0).getUTCFullYear(), new TextDecoder("latin1").decode(new Uint8Array([0xf1])),
      structuredClone(new Map([[1, 2]])).get(1), new URL("a", "http://b/c").href];
  }`);
  const { lines, failed } = await slot.range(1, 1);
  assertEquals(failed, []);
  assertEquals(lines, ['[5,true,32,1970,"ñ",2,"http://b/a"]']);
});
