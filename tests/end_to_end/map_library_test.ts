/**
 * Purpose: what `client map` does, from a program that imports mod.ts.
 *
 * @module
 */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import {
  type Client,
  connect,
  MapError,
  type MapItems,
  type MapOptions,
  ModuleError,
  ServerUnreachableError,
  startServer,
  startWorker,
} from "../../mod.ts";
import { MAX_ARGS_CHARS, MAX_INTEGER_DIGITS, MAX_TIMEOUT_MS } from "../../src/limits.ts";
import { until, within } from "../support/waiting.ts";

const SQUARE = "export function map(x: number): number { return x * x; }";

async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
  const taken: T[] = [];
  for await (const value of values) taken.push(value);
  return taken;
}

Deno.test("a client's map and mapReduce", async (t) => {
  await using server = startServer({ port: 0, workers: [] });
  await using _worker = startWorker({
    join: [server.address],
    name: "here",
    allowCode: true,
    slots: 1,
  });
  await using client = await connect({ port: server.address.port });
  const jobs = async () => (await client.request({ op: "jobs" })).jobs as unknown[];
  const step = (name: string, test: (client: Client) => Promise<void>) =>
    t.step(name, () => test(client));

  await step("give the values of ranges and of items in order", givesValues);
  await step("take items as they come", takesItems);
  await step("give one value for all", reduces);
  await step("say which item fails, or tell of it and go on", tellsFailures);
  await step("refuse what cannot be used", refuses);
  await t.step("end when no more values are taken, or the signal says so", async () => {
    const slow = "export const map = async (x) => { await 0; return x; };";
    for await (const value of client.map(slow, { from: 1, to: 1e12 })) if (value === 3) break;
    await until("the end of the job", async () => (await jobs()).length === 0);
    const controller = new AbortController();
    const { signal } = controller;
    const reason = new Error("enough");
    const error = await assertRejects(async () => {
      for await (const value of client.map(slow, { from: 1, to: 1e12 }, { signal })) {
        if (value === 3) controller.abort(reason);
      }
    });
    assertEquals(error, reason);
    await assertRejects(() => all(client.map(slow, [1], { signal })), Error, "enough");
    await until("the end of the job", async () => (await jobs()).length === 0);
  });
  await t.step("end with their client", async () => {
    const other = await connect({ port: server.address.port });
    const values = other.map(SQUARE, { from: 1, to: 1e12 });
    assertEquals((await values.next()).value, 1);
    await other.close();
    await until("the end of the job", async () => (await jobs()).length === 0);
    await assertRejects(() => values.next(), Error, "the client is closed");
    await assertRejects(() => all(other.map(SQUARE, [1])), Error, "the client is closed");
  });
});

async function givesValues(client: Client): Promise<void> {
  const squares = await all(client.map(SQUARE, { from: -3, to: 100_000 }));
  assertEquals(squares.length, 100_004);
  assert(squares.every((square, index) => square === (index - 3) ** 2));
  const next = "export const map = (x) => [x, typeof x];";
  // Where JSON.stringify has the same digits for both, they are told apart on the way.
  const numbers = [2 ** 53, 2 ** 60, -(2 ** 69), 1e21, 2n ** 60n, 3n, 0.5, [2 ** 60, {
    big: 2n ** 60n,
  }]];
  const identity = "export const map = (x) => x;";
  const told = [...numbers.slice(0, 5), 3, ...numbers.slice(6)];
  assertEquals(await all(client.map(identity, numbers)), told);
  assertEquals(await client.mapReduce(identity, numbers, { reduce: "concat" }), told.flat());
  const power = "export const map = (n) => 2 ** n;";
  const powers = { from: 58, to: 70 };
  assertEquals(await client.mapReduce(power, powers, { reduce: "max" }), 2 ** 70);
  assertEquals(await client.mapReduce(power, { from: 58, to: 61 }, { reduce: "max" }), 2 ** 61);
  assertEquals(await client.mapReduce(power, powers, { reduce: "sum" }), 2 ** 71 - 2 ** 58);
  const added = `${power} export const initial = [0, 0n];
    export const reduce = ([a, b], v) => [a + v, b + BigInt(v)];
    export const combine = ([a, b], [c, d]) => [a + c, b + d];`;
  const both = [2 ** 62 - 2 ** 58, 2n ** 62n - 2n ** 58n];
  assertEquals(await client.mapReduce(added, { from: 58, to: 61 }), both);
  const large = 2n ** 80n;
  assertEquals(await all(client.map(next, { from: large, to: large })), [[large, "bigint"]]);
  const items = [null, "ñ😀", 0.5, { a: [1, large] }, []];
  assertEquals(await all(client.map("export const map = (x) => x;", items)), items);
  assertEquals(await all(client.map(SQUARE, [])), []);
  assertEquals(await all(client.map(SQUARE, { from: 1, to: 0 })), []);
  const own = `${SQUARE} export const reduce = (a, b) => a + b; export const initial = 0;`;
  assertEquals(await all(client.map(own, [2, 3])), [4, 9]);
  const path = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(path, SQUARE);
  const url = new URL(`file://${path}`);
  assertEquals(await all(client.map(url, new Set([2, 3]))), [4, 9]);
  await Deno.remove(path);
}

async function takesItems(client: Client): Promise<void> {
  let isClosed = false;
  let wanted = Promise.withResolvers<void>();
  async function* items() {
    try {
      for (let x = 1;; x++) {
        yield x;
        // The next comes only when the value of this one has arrived.
        await wanted.promise;
        wanted = Promise.withResolvers();
      }
    } finally {
      isClosed = true;
    }
  }
  const values: unknown[] = [];
  for await (const value of client.map(SQUARE, items())) {
    values.push(value);
    if (values.length === 4) break;
    wanted.resolve();
  }
  assertEquals(values, [1, 4, 9, 16]);
  await until("the end of the items", () => {
    wanted.resolve();
    return isClosed;
  });
  async function* failing() {
    yield 1;
    await Promise.resolve();
    throw new TypeError("no more");
  }
  await assertRejects(() => all(client.map(SQUARE, failing())), TypeError, "no more");
}

async function reduces(client: Client): Promise<void> {
  const range = { from: 1, to: 10_000 };
  assertEquals(await client.mapReduce(SQUARE, range, { reduce: "sum" }), 333_383_335_000);
  assertEquals(await client.mapReduce(SQUARE, [3, 1, 2], { reduce: "max" }), 9);
  assertEquals(await client.mapReduce(SQUARE, [3, 1, 2], { reduce: "concat" }), [9, 1, 4]);
  const own = `${SQUARE}
    export const initial: number[] = [];
    export const reduce = (all: number[], x: number) => x % 1000 === 0 ? [...all, x] : all;
    export const combine = (a: number[], b: number[]) => [...a, ...b];`;
  const expected = Array.from({ length: 100 }, (_, index) => (100 * (index + 1)) ** 2);
  assertEquals(await client.mapReduce(own, range), expected);
  assertEquals(await client.mapReduce(own, []), []);
  await assertRejects(() => client.mapReduce(SQUARE, range), TypeError, "Cannot reduce");
  await assertRejects(() => client.mapReduce(SQUARE, [], { reduce: "min" }), Error, "no min");
  const large = 2n ** 80n;
  assertEquals(
    await client.mapReduce("export const map = (x) => x;", [large], { reduce: "sum" }),
    large,
  );
}

const PICKY = `
export function map({ id }, { args }) {
  if (id % args.bad === 0) throw new RangeError("not " + id);
  if (id === 5) console.log("five");
  return id;
}`;

async function tellsFailures(client: Client): Promise<void> {
  const items = [1, 2, 3, 4, 5, 6, 7].map((id) => ({ id }));
  const args = { bad: 3 };
  const values: unknown[] = [];
  const error = await assertRejects(async () => {
    for await (const value of client.map(PICKY, items, { args })) values.push(value);
  }, MapError);
  assertEquals(values, [1, 2]);
  const { position, failure, item, worker, userStack, message } = error as MapError;
  assertEquals([position, failure, item, worker], [3, "error", '{"id":3}', "here"]);
  assertEquals(message, "item 3 failed: RangeError: not 3");
  assertMatch(userStack ?? "", /map \(module\.ts:3:/);
  const failed: (number | undefined)[] = [];
  const printed: string[] = [];
  const rest = client.map(PICKY, items, {
    args,
    keepGoing: true,
    onFailure: ({ position }) => failed.push(position),
    onPrint: ({ text, position, worker }) => printed.push(`${worker} ${position} ${text.trim()}`),
  });
  assertEquals(await all(rest), [1, 2, 4, 5, 7]);
  assertEquals([failed, printed], [[3, 6], ["here 5 five"]]);
  const onPrint = () => {
    throw new RangeError("not to be printed");
  };
  const ended = client.map(PICKY, items, { args, keepGoing: true, onPrint });
  await assertRejects(() => all(ended), RangeError, "not to be printed");
  const rejecting = client.map(PICKY, items, {
    args: { bad: 1 },
    keepGoing: true,
    onFailure: async () => {
      await Promise.resolve();
      throw new RangeError("not to be told");
    },
  });
  await assertRejects(() => all(rejecting), RangeError, "not to be told");
}

async function refuses(client: Client): Promise<void> {
  await assertRejects(() => all(client.map("export const a = 1;", [1])), ModuleError, "module.ts");
  const unset = "export const map = (x: number) => x;\nconst a: number;";
  await assertRejects(() => all(client.map(unset, [1])), ModuleError, "module.ts:2:7");
  await assertRejects(
    () => all(client.map(SQUARE, [1, undefined])),
    TypeError,
    "Cannot map item 2: the value is undefined, which is no data",
  );
  await assertRejects(() => all(client.map("./f.ts", [1])), TypeError, '"./f.ts" as a module');
  await assertRejects(() => all(client.map(SQUARE, [1], { seed: -1 })), RangeError, "seed");
  await assertRejects(() => all(client.map(SQUARE, { from: 2, to: 0 })), RangeError, "2 to 0");
  await assertRejects(() => all(client.map(SQUARE, { from: 0.5, to: 2 })), RangeError);
  const huge = 10n ** BigInt(MAX_INTEGER_DIGITS);
  const refused: [MapItems, MapOptions, typeof RangeError | typeof TypeError, string][] = [
    [{ from: huge, to: huge }, {}, RangeError, "digits"],
    [{ from: NaN, to: 2 }, {}, RangeError, "NaN"],
    [{ from: "1", to: 2 } as never, {}, TypeError, 'from "1"'],
    ["abc", {}, TypeError, "a string"],
    [null as never, {}, TypeError, "null"],
    [7 as never, {}, TypeError, "a number"],
    [{} as never, {}, TypeError, "an object"],
    [[1], null as never, TypeError, "options"],
    [[1], { seed: 1.5 }, RangeError, "seed 1.5"],
    [[1], { seed: "1" as never }, TypeError, 'seed "1"'],
    [[1], { itemTimeoutMs: 1.5 }, RangeError, "itemTimeoutMs 1.5"],
    [[1], { itemTimeoutMs: 0 }, RangeError, "itemTimeoutMs 0"],
    [[1], { itemTimeoutMs: MAX_TIMEOUT_MS + 1 }, RangeError, "itemTimeoutMs 86400001"],
    [[1], { keepGoing: "yes" as never }, TypeError, "keepGoing"],
    [[1], { onFailure: 1 as never }, TypeError, "onFailure"],
    [[1], { onPrint: {} as never }, TypeError, "onPrint"],
    [[1], { signal: {} as never }, TypeError, "signal"],
    [[1], { keepgoing: true } as never, TypeError, '"keepgoing": there are args, seed, keepGoing'],
    [[1], { args: "x".repeat(MAX_ARGS_CHARS) }, RangeError, "args"],
    [[1], { args: () => 1 }, TypeError, "Cannot use args: the value is a function"],
  ];
  for (const [items, options, kind, text] of refused) {
    await assertRejects(() => all(client.map(SQUARE, items, options)), kind, text);
    await assertRejects(() => client.mapReduce(SQUARE, items, options), kind, text);
  }
  await assertRejects(() => all(client.map(7 as never, [1])), TypeError, "module");
  const sum = { reduce: "sum" } as never;
  await assertRejects(() => all(client.map(SQUARE, [1], sum)), TypeError, "mapReduce() takes it");
  const reduce = "product" as never;
  await assertRejects(() => client.mapReduce(SQUARE, [1], { reduce }), RangeError, "product");
}

Deno.test("a signal that is aborted while a job is being prepared ends it", async () => {
  await using server = startServer({ port: 0, workers: [] });
  await using client = await connect({ port: server.address.port });
  const controller = new AbortController();
  const reason = new Error("enough");
  const args = { toJSON: () => (controller.abort(reason), 0) };
  const { signal } = controller;
  // There is no worker: it would wait for one.
  const mapping = all(client.map(SQUARE, [1], { args, signal })).catch((error) => error);
  assertEquals(await within("its end", mapping), reason);
});

Deno.test("a client's map says that no server can be reached any more", async () => {
  const server = startServer({ port: 0, workers: [] });
  await using client = await connect({ port: server.address.port });
  await server.stop();
  await assertRejects(() => all(client.map(SQUARE, [1])), ServerUnreachableError);
});
