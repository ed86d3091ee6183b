/**
 * Purpose: a function that misbehaves harms nobody but its own item, which is named.
 *
 * @module
 */
import { pathToFileURL } from "node:url";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { MAX_PRINT_BYTES_PER_SECOND, MAX_TEXT_CHARS, SLOT_NICENESS } from "../../src/limits.ts";
import { childrenOf, isGone } from "../support/children.ts";
import { TemporaryFolder } from "../support/paths.ts";
import { until } from "../support/waiting.ts";
import { Slot } from "./slot.ts";

Deno.test("what is thrown fails its item, with the function's own frames", async () => {
  const text = `export function map(x) {
  if (x === 2) inner(x);
  if (x === 3) throw "just a text";
  if (x === 4) throw { get message() { throw 1; }, get stack() { throw 2; } };
  if (x === 5) return Promise.reject(new RangeError("later"));
  if (x === 6) return null.member;
  if (x === 8) throw new Error("not read", { cause: new TypeError("bad", { cause: "a text" }) });
  if (x === 9) { const error = new Error("own"); error.cause = error; throw error; }
  return x;
}
function inner(x) {
  throw new TypeError("bad " + x + "\\nsecond line");
}`;
  await using slot = await Slot.with(text, { name: "work/score.ts" });
  const { lines, failed } = await slot.range(1, 9);
  assertEquals(lines, ["1", "7"]);
  assertEquals(failed.map(({ cause }) => cause), Array(7).fill("error"));
  assertEquals(failed[0]!.error, "TypeError: bad 2 second line");
  assertEquals(
    failed[0]!.stack,
    "    at inner (work/score.ts:12:9)\n    at map (work/score.ts:2:16)",
  );
  assertEquals(failed[1]!.error, "thrown: just a text");
  assertEquals(failed[3]!.error, "RangeError: later");
  assertMatch(failed[4]!.error!, /^TypeError: Cannot read properties of null/);
  assertEquals(failed[4]!.stack, "    at map (work/score.ts:6:28)");
  assertEquals(failed[5]!.error, "Error: not read (cause: TypeError: bad)");
  assertEquals(failed[6]!.error, `Error: own${" (cause: Error: own)".repeat(3)}`);
});

Deno.test("a map of its source tells a module nothing, and moves none of its frames", async () => {
  const map = '{"version":3,"sources":["secret.ts"],"names":[],"mappings":"AAAA"}';
  await using folder = new TemporaryFolder();

  const addresses = [
    pathToFileURL(await folder.write("secret.map", map)).href,
    `data:application/json,${map}`,
  ];
  for (const address of addresses) {
    const text = `export function map(x) { return x === 1 ? new Error("x").stack : x.no.member; }`;
    await using slot = await Slot.with(`${text}\n//# sourceMappingURL=${address}`);
    const { lines, failed } = await slot.range(1, 2);
    assertEquals(lines.filter((line) => line.includes("secret")), []);
    assertEquals(failed[0]!.stack, `    at map (main.js:1:${text.indexOf("member") + 1})`);
  }
});

Deno.test("what JSON cannot say fails its item by name", async () => {
  const text = `const cycle = {}; cycle.self = cycle;
    const values = [undefined, () => 1, Symbol("s"), NaN, -Infinity, cycle, { deep: [NaN] },
      [undefined], { toJSON() { throw new Error("no"); } }, new Proxy({}, { ownKeys() { throw 1; } }), 7];
    export const map = (x) => values[x];`;
  await using slot = await Slot.with(text);
  const { lines, failed } = await slot.range(0, 11);
  assertEquals(lines, ["7"]);
  assertEquals(failed.map(({ cause }) => cause), Array(10).fill("value"));
  assertEquals(failed.slice(0, 4).map(({ error }) => error), [
    "the value is undefined, which is no data (is a return missing?)",
    "the value is a function, which is no data",
    "the value is a symbol, which is no data",
    "the value is NaN, which JSON cannot say",
  ]);
  assert(failed.every(({ error }) => !/[\r\n]/.test(error!)));
});

Deno.test("a Map or the like fails its item by name, and the job as an initial", async () => {
  const text = `const values = [new Map([[1, 2]]), { a: /x/ }, new Uint8Array(2), 7];
    export const map = (x) => values[x];`;
  await using slot = await Slot.with(text);
  const { lines, failed } = await slot.range(0, 4);
  assertEquals(lines, ["7"]);
  assertEquals(failed.map(({ cause, error }) => [cause, error]), [
    ["value", "the value is a Map, which is no data: return [...map]"],
    ["value", '"a" in the value is a RegExp, which is no data: return its source'],
    ["value", "the value is a typed array, which is no data: return [...array]"],
  ]);
  const own = "export const initial = new Map(); export const map = (x) => x; export " +
    "const reduce = (map, x) => map.set(x, 1);";
  await using other = await Slot.with(own, { reduce: "own" });
  const { code, error } = await other.take("job_failed");
  assertEquals(code, "bad_exports");
  assertEquals(
    error,
    "its initial cannot be used: the value is a Map, which is no data: return [...map]",
  );
  await using third = await Slot.with(own.replace("new Map()", "undefined"), { reduce: "own" });
  assertEquals((await third.take("job_failed")).error, "its initial is undefined");
  const stats = own.replace("new Map()", "new (class { n = 1; add() {} })()");
  await using fourth = await Slot.with(stats, { reduce: "own" });
  assertMatch((await fourth.take("job_failed")).error!, /^its initial is an instance of a class/);
});

Deno.test("min and max fail what is not finite by name, wherever a chunk ends", async () => {
  for (const reduce of ["min", "max"] as const) {
    await using slot = await Slot.with("export const map = (x) => x === 2 ? 1 / 0 : x", { reduce });
    for (const [first, count] of [[1, 3], [2, 1]] as const) {
      const { failed, end } = await slot.range(first, count);
      assertEquals(failed.map(({ cause, error }) => [cause, error]), [
        ["value", `${reduce} takes finite numbers, and the value is Infinity`],
      ]);
      assertEquals(end.op, "done");
    }
  }
  await using slot = await Slot.with("export const map = (x) => x", { input: "items" });
  const { lines, failed } = await slot.lines(["1", "1e400", "3"]);
  assertEquals(lines, ["1", "3"]);
  assertEquals(failed.map(({ cause, error }) => [cause, error]), [[
    "input",
    "no double holds 1e400",
  ]]);
});

Deno.test("100 MB returned fails that item and no other", async () => {
  await using slot = await Slot.with('export const map = (x) => x === 2 ? "x".repeat(1e8) : x');
  const { lines, failed } = await slot.range(1, 2);
  assertEquals(lines, ["1"]);
  assertEquals(failed.map(({ position, cause }) => [position, cause]), [[2, "value"]]);
  // In the first chunk it might be given back: on a busy machine so much text takes longer than a chunk may.
  assertEquals((await slot.range(3, 1, { position: 3 })).lines, ["3"]);
});

const BOMBS = {
  array: "const all = []; while (true) all.push({ x: all.length });",
  "typed array": "const all = []; while (true) all.push(new Float64Array(1e6).fill(all.length));",
  string:
    'const all = []; while (true) { const text = "x".repeat(1e6) + all.length; text.charCodeAt(5e5); all.push(text); }',
  map: "const all = new Map(); while (true) all.set(all.size, [all.size]);",
  WebAssembly:
    "const all = []; while (true) { const memory = new WebAssembly.Memory({ initial: 100 }); " +
    "new Uint8Array(memory.buffer).fill(1); all.push(memory); }",
};

for (const [name, bomb] of Object.entries(BOMBS)) {
  Deno.test(`a bomb of memory (${name}) is named`, async () => {
    const text = `export function map(x) { if (x === 1003) { ${bomb} } return x; }`;
    await using slot = await Slot.with(text, {}, 384);
    const chunk = await slot.giveRange(1001, 10, { position: 1 });
    const { lines, end } = await slot.outcome(chunk);
    assertEquals([end.op, end.position, end.cause], ["verdict", 3, "memory"]);
    // What was not handed over yet is done again by the worker.
    assertEquals(lines, ["1001", "1002"].slice(0, lines.length));
    assertEquals(end.error, "more than 384 MiB of memory were used");
  });
}

Deno.test("an item that takes too long is named", async () => {
  const text = "export function map(x) { while (x === 3); return x; }";
  await using slot = await Slot.with(text, { itemTimeoutMs: 200 });
  const { lines, end } = await slot.range(1, 5);
  assertEquals([end.op, end.position, end.cause], ["verdict", 3, "time"]);
  assertEquals(lines, ["1", "2"].slice(0, lines.length));
});

Deno.test("an async item that takes too long is named as well", async () => {
  const text = "export const map = (x) => x === 2 ? new Promise(() => {}) : x";
  await using slot = await Slot.with(text, { itemTimeoutMs: 100 });
  const { end } = await slot.range(1, 5);
  assertEquals([end.op, end.position, end.cause], ["verdict", 2, "time"]);
});

Deno.test("a slot answers while its function is busy, and tells where it is", async () => {
  await using slot = await Slot.with("export function map(x) { while (x === 3); return x; }");
  const chunk = await slot.giveRange(1, 5);
  await slot.take("started");
  await until("its place", () => slot.at.get(chunk) === 3);
  await slot.say({ op: "ping" });
  await slot.take("pong");
});

Deno.test("a chunk that is dropped stops after its item, and gives back the rest", async () => {
  await using slot = await Slot.with(
    "export async function map(x) { for (const end = Date.now() + 5; Date.now() < end;); return x; }",
  );
  const chunk = await slot.giveRange(1, 100_000);
  await slot.take("result");
  await slot.say({ op: "drop", job: 1, chunk });
  const { lines, end } = await slot.outcome(chunk);
  assertEquals([end.op, end.why], ["returned", "dropped"]);
  assertEquals(end.position, lines.length + 1);
  assertEquals((await slot.range(8, 2)).lines, ["8", "9"]);
});

Deno.test("an async item hears by its signal that it is not wanted", async () => {
  const text = `export const map = (x, { signal }) => x === 2
    ? new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)))
    : x`;
  await using slot = await Slot.with(text);
  const chunk = await slot.giveRange(1, 5);
  await slot.take("result");
  await slot.say({ op: "drop", job: 1, chunk });
  const { end, failed } = await slot.outcome(chunk);
  assertEquals([end.op, end.position, failed.length], ["returned", 2, 0]);
  assertEquals((await slot.range(7, 1, { position: 7 })).lines, ["7"]);
});

Deno.test("a chunk that takes too long gives back what it has not begun", async () => {
  await using slot = await Slot.with(
    "export function map(x) { for (const end = Date.now() + 30; Date.now() < end;); return x; }",
  );
  const { lines, end } = await slot.range(1, 1000);
  assertEquals([end.op, end.why, end.position], ["returned", "late", lines.length + 1]);
  assert(lines.length > 10 && lines.length < 200, `${lines.length}`);
});

Deno.test("a module that cannot be run is refused, with its place", async () => {
  const cases: [string, string, RegExp][] = [
    ["export const map = ;", "bad_code", /main\.js:1/],
    ["export const other = 1", "bad_exports", /exports no function map/],
    ["throw new Error('at once'); export const map = 1", "bad_code", /Error: at once/],
    [
      "export const map = 1; export function setup() { throw new Error('not set up'); }",
      "bad_exports",
      /map/,
    ],
    [
      "export const map = () => 1; export function setup() { throw new Error('not set up'); }",
      "setup_failed",
      /not set up/,
    ],
    [
      "export const map = () => 1; export const setup = () => Promise.reject(7)",
      "setup_failed",
      /thrown: 7/,
    ],
  ];
  for (const [text, code, error] of cases) {
    await using slot = await Slot.with(text);
    const { end } = await slot.range(1, 1);
    assertEquals([end.op, end.code], ["job_failed", code], text);
    assertMatch(end.error!, error);
  }
});

Deno.test("a setup that eats memory is the job's failure", async () => {
  const text = `export function setup() { ${BOMBS["typed array"]} } export const map = (x) => x`;
  await using slot = await Slot.with(text, {}, 256);
  const end = await slot.take("job_failed");
  assertEquals([end.code, end.error], ["setup_failed", "more than 256 MiB of memory were used"]);
});

Deno.test("what is printed comes with its position, and not more of it than is allowed", async () => {
  await using slot = await Slot.with(`console.log("loading", { a: [1] });
    export function map(x) {
      for (let n = 0; n < (x === 3 ? 100_000 : 1); n++) console.error("item", x, new Map([[1, 2]]));
      if (x === 4) console.log("z".repeat(1e7));
      return x;
    }`);
  const { lines } = await slot.range(1, 4);
  assertEquals(lines, ["1", "2", "3", "4"]);
  const texts = slot.printed.map(({ position, text }) => [position, text]);
  assertEquals(texts.slice(0, 2), [[0, "loading { a: [ 1 ] }"], [1, "item 1 Map(1) { 1 => 2 }"]]);
  const bytes = slot.printed.reduce((sum, { text }) => sum + text!.length, 0);
  assert(bytes < 4 * (MAX_PRINT_BYTES_PER_SECOND + MAX_TEXT_CHARS), `${bytes}`);
  const [first, last] = [texts[0]!, texts.at(-1)!];
  // That lines were left out is said at the end of the chunk, if not before.
  assertEquals([first[0], last[0]], [0, 0]);
  const leftOut = texts.reduce((sum, [, text]) => {
    const more = /^… (\d+) more lines? (?:was|were) left out$/.exec(String(text));
    return sum + (more === null ? 0 : Number(more[1]) - 1);
  }, 0);
  assertEquals(texts.length + leftOut, 100_005);
});

Deno.test("an error that is printed shows the function's own frames", async () => {
  await using slot = await Slot.with(`
    function inner() { throw new RangeError("deep"); }
    export function map(x) {
      try { inner(); } catch (error) {
        console.log("caught", error);
        console.log(error.stack);
        console.log({ error });
        console.log(Object.assign(error, { code: 5 }));
      }
      return x;
    }`);
  await slot.range(1, 1);
  const stack = "RangeError: deep\n    at inner (main.js:2:30)\n    at map (main.js:4:13)";
  const [caught, own, nested, coded] = slot.printed.map(({ text }) => text!);
  assertEquals([caught, own], [`caught ${stack}`, stack]);
  assert(!nested!.includes("chunk_runner"), nested);
  assertEquals(coded, `${stack} {\n  code: 5\n}`);
});

Deno.test("an error that is printed after a wait shows no frame of the runtime, and what is behind it", async () => {
  await using slot = await Slot.with(`export async function map(x) {
      await null;
      console.error(new Error("first"), "then", new Error("second"), "end");
      await Promise.all([1].map(async () => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        console.error(new Error("logged"));
      }));
      return x;
    }`);
  await slot.range(1, 1);
  const [two, logged] = slot.printed.map(({ text }) => text!);
  const [first, second] = ["3:21", "3:49"].map((at) => `\n    at map (main.js:${at})`);
  assertEquals(two, `Error: first${first} then Error: second${second} end`);
  const frames = logged!.split("\n").slice(1);
  assertEquals(frames.filter((line) => !line.includes("main.js:")), []);
  assertEquals(frames[0], "    at main.js:6:23");
});

Deno.test("what a function leaves behind and fails later does not end the slot", async () => {
  await using slot = await Slot.with(`export async function map(x) {
    if (x === 1) { Promise.reject(new Error("floating")); setTimeout(() => { throw new Error("late"); }, 0); }
    await new Promise((resolve) => setTimeout(resolve, 20));
    return x;
  }`);
  const { lines } = await slot.range(1, 3);
  assertEquals(lines, ["1", "2", "3"]);
  const texts = slot.printed.map(({ text }) => text);
  const [late, floating] = texts.sort();
  assertMatch(late!, /^Uncaught: Error: late\n {4}at .*main\.js:2:\d+\)?$/);
  assertMatch(floating!, /^Unhandled rejection: Error: floating\n {4}at map \(main\.js:2:\d+\)$/);
});

Deno.test("a rejection that nobody waits for is told of before the chunk is over", async () => {
  await using slot = await Slot.with(`async function check(x) { throw new Error("floating " + x); }
  export function map(x) { check(x); return x; }`);
  for (const first of [1, 3]) {
    assertEquals((await slot.range(first, 2)).end.op, "done");
    const texts = slot.printed.splice(0).map(({ text }) => text);
    const expected = [first, first + 1].map((x) =>
      `Unhandled rejection: Error: floating ${x}\n    at check (main.js:1:33)\n    at map (main.js:2:28)`
    );
    assertEquals(texts, expected);
  }
});

Deno.test("what a function leaves behind and has no end costs its slot, and no item", async () => {
  const bodies = [
    "setTimeout(() => { for (;;); }, 0), spend(20)",
    "(async () => { await null; for (;;); })()",
    "(async () => { for (;;) await null; })()",
  ];
  for (const body of bodies) {
    await using slot = await Slot.with(`
      function spend(ms) { const end = performance.now() + ms; while (performance.now() < end); }
      export function map(x) { if (x === 2) ${body}; return x; }`);
    const { lines, end } = await slot.range(1, 3);
    assertEquals([lines, end.op], [["1", "2", "3"], "done"], body);
    await slot.ended();
    assertEquals(slot.printed.map(({ text }) => text), [
      "what the function left undone took longer than 1000 ms: its process is ended",
    ]);
  }
});

Deno.test("a slot ends when its connection does, whatever its function is at", async () => {
  const before = await childrenOf(Deno.pid);
  const slot = await Slot.with("export function map() { while (true); }");
  const [pid] = (await childrenOf(Deno.pid)).filter((child) => !before.includes(child));
  await slot.giveRange(1, 1);
  await slot.take("started");
  slot.hangUp();
  if (pid !== undefined) await until("the end of the slot", () => isGone(pid));
  await slot[Symbol.asyncDispose]();
});

Deno.test({
  name: "a slot stands back behind others, and ignores the signals that ask",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const before = await childrenOf(Deno.pid);
    await using slot = await Slot.with("export const map = (x) => x");
    const [pid] = (await childrenOf(Deno.pid)).filter((child) => !before.includes(child));
    await slot.range(1, 1);
    // The 19th field; the second one, the name in parentheses, may have spaces.
    const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
    assertEquals(Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[16]), SLOT_NICENESS);
    for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.kill(pid!, signal);
    assertEquals((await slot.range(2, 1, { position: 2 })).lines, ["2"]);
  },
});

Deno.test("a slot runs one job, and ends if it is given another or rubbish", async () => {
  for (const rubbish of ['{"op":"open","job":2}\n', "hello\n", '{"op":"code","bytes":-1}\n']) {
    await using slot = await Slot.with("export const map = (x) => x");
    assertEquals((await slot.range(1, 1)).lines, ["1"]);
    await slot.write(new TextEncoder().encode(rubbish));
    await slot.ended();
  }
});
