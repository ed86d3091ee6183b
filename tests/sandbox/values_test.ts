/**
 * Purpose: what comes out of a slot is exactly what the function gives for what went in.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { MAX_PIECE_BYTES, MAX_VALUE_BYTES } from "../../src/limits.ts";
import { Slot } from "./slot.ts";

const range = (first: number, count: number) =>
  Array.from({ length: count }, (_, at) => first + at);

Deno.test("a range gives a line for each number, in order", async () => {
  await using slot = await Slot.with("export const map = (x) => x % 3 ? x * x : x / 8");
  const { lines, end } = await slot.range(1, 50_000);
  assertEquals(lines, range(1, 50_000).map((x) => String(x % 3 ? x * x : x / 8)));
  assertEquals(end.op, "done");
});

Deno.test("all kinds of values come out as JSON, and integers exact", async () => {
  const values = "[3, -0, 1.5, 1e21, 2147483648, -999999999, -1000000000, 12345678901234567890n, " +
    '"ñ☃😀\\n", "\\ud800", true, null, [1n, {a: 10n ** 30n}], {b: undefined, c: new Date(0)}, ""]';
  const text = `const values = ${values}; export const map = (x) => values[x]`;
  await using slot = await Slot.with(text);
  const { lines, failed } = await slot.range(0, 15);
  assertEquals(failed, []);
  assertEquals(lines, [
    ...["3", "0", "1.5", "1e+21", "2147483648", "-999999999", "-1000000000"],
    ...["12345678901234567890", '"ñ☃😀\\n"', '"\\ud800"', "true", "null"],
    ...['[1,{"a":1000000000000000000000000000000}]', '{"c":"1970-01-01T00:00:00.000Z"}', '""'],
  ]);
});

Deno.test("numbers of a range are numbers while they are safe, and bigints beyond", async () => {
  await using slot = await Slot.with("export const map = (x) => [typeof x, x]");
  const { lines } = await slot.range(2n ** 53n - 2n, 4);
  assertEquals(lines, [
    ...['["number",9007199254740990]', '["number",9007199254740991]'],
    ...['["bigint",9007199254740992]', '["bigint",9007199254740993]'],
  ]);
  const negative = await slot.range(-(2n ** 53n), 2);
  assertEquals(negative.lines, [
    '["bigint",-9007199254740992]',
    '["number",-9007199254740991]',
  ]);
});

Deno.test("items come in exactly, whatever stands between them", async () => {
  await using slot = await Slot.with("export const map = (x) => x", { input: "items" });
  const lines = [
    ...["1", "-2.5", "0.1", "123456789012345", "-0.000001", "1e3", "0", "99999999999999999999"],
    ...['{"a":[1,{"b":"ñ☃😀"}]}', '"12345678901234567890"', "0.37000000000000005", "[]", "null"],
    ...['{"n":90071992547409931}', "12345678901234.5", "true"],
  ];
  const exact = lines.map((line) => line === "1e3" ? "1000" : line);
  assertEquals((await slot.lines(lines)).lines, exact);
  assertEquals((await slot.lines(lines.toReversed())).lines, exact.toReversed());
});

Deno.test("a line that is no JSON, or no UTF-8, fails by itself", async () => {
  await using slot = await Slot.with("export const map = (x) => x", { input: "items" });
  const { lines, failed } = await slot.lines(["1", "{oops", "3", ""], { position: 7 });
  assertEquals(lines, ["1", "3"]);
  assertEquals(failed.map(({ position, cause, item }) => [position, cause, item]), [
    [8, "input", "{oops"],
    [10, "input", undefined],
  ]);
  const broken = await slot.giveBytes(Uint8Array.of(0x22, 0xff, 0x22, 0x0a, 0x35, 0x0a), 2);
  const outcome = await slot.outcome(broken);
  assertEquals([outcome.lines, outcome.failed.map(({ position }) => position)], [["5"], [1]]);
});

Deno.test("async functions are waited for, and sync and async values may alternate", async () => {
  await using slot = await Slot.with(`
    export const map = (x) => x % 2 ? x : new Promise((resolve) =>
      x % 10 ? resolve(x) : setTimeout(() => resolve(x), 5));`);
  const { lines } = await slot.range(1, 100);
  assertEquals(lines, range(1, 100).map(String));
});

Deno.test("setup runs once in each slot and is waited for; args, position and random are the item's", async () => {
  const text = `
    let ready = 0;
    export async function setup(context) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      ready += context.args.step;
      context.extra = "kept";
    }
    export const map = (x, c) =>
      [ready, c.position, c.extra, c.random(), c.random(), c.signal instanceof AbortSignal];`;
  const job = { args: '{"step":5}', seed: 42 };
  await using one = await Slot.with(text, job);
  await using other = await Slot.with(text, job);
  const first = (await one.range(1, 10)).lines;
  const again = (await other.range(6, 5, { position: 6 })).lines;
  assertEquals(first.slice(5), again);
  assertEquals(JSON.parse(first[3]!).slice(0, 3), [5, 4, "kept"]);
  assertEquals(new Set(first.map((line) => JSON.parse(line)[3])).size, 10);
  assert(first.every((line) => JSON.parse(line)[5]));
});

Deno.test("integers in args are as exact as those in items", async () => {
  const args = '{"n":12345678901234567890,"small":[9007199254740991,-1.5,1e30]}';
  const text = "export const map = (_, { args }) => [typeof args.n, args.n + 1n, args.small]";
  await using slot = await Slot.with(text, { args });
  const { lines } = await slot.range(1, 1);
  assertEquals(lines, ['["bigint",12345678901234567891,[9007199254740991,-1.5,1e+30]]']);
});

Deno.test("a long value comes in pieces, of which only the last counts; one that is too long fails", async () => {
  const text = `export const map = (x) => x === 3 ? "ñ".repeat(${MAX_VALUE_BYTES / 2}) :
    "x".repeat(x === 2 ? 700_000 : x)`;
  await using slot = await Slot.with(text);
  const { lines, failed } = await slot.range(1, 4);
  assertEquals(lines.map(({ length }) => length), [3, 700_002, 6]);
  assertEquals(failed.map(({ position, cause }) => [position, cause]), [[3, "value"]]);
  const results = slot.messages.filter(({ op }) => op === "result");
  assertEquals(results.map(({ count }) => count), [1, 0, 0, 1, 1]);
  assert(results.every(({ bytes }) => (bytes as number) <= MAX_PIECE_BYTES));
});

Deno.test("no more is sent than was allowed, and the rest comes with the credit", async () => {
  await using slot = await Slot.with("export const map = (x) => x % 1000 ? x : 'y'.repeat(5000)");
  const chunk = await slot.giveRange(1, 5000, { credit: 1000 });
  const expected = range(1, 5000).map((x) => x % 1000 ? String(x) : `"${"y".repeat(5000)}"`);
  let allowed = 1000;
  while (!slot.messages.some(({ op }) => op === "done")) {
    await slot.take("result");
    assert(slot.resultBytes <= allowed, `${slot.resultBytes} of ${allowed}`);
    if (slot.resultBytes === allowed) {
      allowed += 777;
      await slot.say({ op: "credit", job: 1, chunk, credit: 777 });
    }
    if (slot.resultBytes === expected.join("\n").length + 1) break;
  }
  assertEquals((await slot.outcome(chunk)).lines, expected);
});

Deno.test("reduces give partial accumulators, and merges combine the module's own", async () => {
  const cases = [
    ["sum", "(x) => x", ['{"i":"5050"}']],
    ["count", "(x) => x", ["100"]],
    ["min", "(x) => 50 - x", ['{"v":-50}']],
    ["max", "(x) => BigInt(x) ** 20n", [`{"v":${100n ** 20n}}`]],
    ["concat", "(x) => x < 3 ? [x, x] : []", ["[1,1,2,2]"]],
  ] as const;
  for (const [reduce, map, expected] of cases) {
    await using slot = await Slot.with(`export const map = ${map}`, { reduce });
    const { lines, end } = await slot.range(1, 100);
    assertEquals([lines, end.op], [[...expected], "done"], reduce);
  }
  const own = `export const map = (x) => x % 3;
    export const initial = {};
    export const reduce = (counts, x) => ({ ...counts, [x]: (counts[x] ?? 0) + 1 });
    export function combine(a, b) { for (const k in b) a[k] = (a[k] ?? 0) + b[k]; return a; }`;
  await using slot = await Slot.with(own, { reduce: "own" });
  assertEquals((await slot.range(1, 10)).lines, ['{"0":3,"1":4,"2":3}']);
  const merging = await slot.giveBytes(
    new TextEncoder().encode('{"0":3,"1":4}\n{"1":1,"2":7}\n'),
    2,
    { merge: true },
  );
  assertEquals((await slot.outcome(merging)).lines, ['{"0":3,"1":5,"2":7}']);
});

Deno.test("mapRange gets stretches; one that throws is taken apart until the item is found", async () => {
  const text = `export function mapRange(first, last) {
    if (first <= 37 && 37 <= last) throw new Error("not 37");
    let sum = 0;
    for (let x = first; x <= last; x++) sum += x;
    return sum;
  }`;
  await using slot = await Slot.with(text, { call: "mapRange", reduce: "sum" });
  const { lines, failed, end } = await slot.range(1, 100);
  assertEquals(failed.map(({ position, item }) => [position, item]), [[37, "37"]]);
  assertEquals(lines, [`{"i":"${36 * 37 / 2}"}`, `{"i":"${5050 - 37 - 36 * 37 / 2}"}`]);
  assertEquals(end.op, "done");
});

Deno.test("values that are too long in bytes fail alone, though they are short in characters", async () => {
  const text =
    'export const map = (x) => x === 3 ? "é".repeat(9e6) : x === 5 ? "é".repeat(8388000) : ' +
    '"é".repeat(100000) + x';
  await using slot = await Slot.with(text, { reduce: "concat" });
  const { lines, failed, end } = await slot.range(1, 6);
  assertEquals([end.op, failed.map(({ position, cause }) => [position, cause])], [
    "done",
    [[3, "value"]],
  ]);
  const lengths = lines.flatMap((line) => JSON.parse(line)).map((value) => value.length);
  assertEquals(lengths, [100_001, 100_001, 100_001, 8_388_000, 100_001]);
});
