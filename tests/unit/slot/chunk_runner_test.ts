import { assert, assertEquals, assertRejects } from "@std/assert";
import { MAX_SLOT_STACKS } from "../../../src/limits.ts";
import { ChunkRunner } from "../../../src/slot/chunk_runner.ts";
import { JobContext } from "../../../src/slot/job_context.ts";
import { Printer } from "../../../src/slot/printer.ts";
import {
  ATTENTION,
  FROM_SANDBOX,
  type SandboxJob,
  STATE_WORDS,
  STOP,
} from "../../../src/slot/shared.ts";
import { BrokenJobError, type UserModule } from "../../../src/slot/user_module.ts";
import { Frames } from "./frames.ts";

const JOB: SandboxJob = {
  name: "f.js",
  input: "range",
  call: "map",
  reduce: null,
  args: null,
  seed: 0,
  codeBytes: 1,
  tellsApart: false,
};

/** Runs a chunk of numbers; gives its frames. */
async function run(
  { job = JOB, first = "1", count = 10, state = new Int32Array(STATE_WORDS), merge, module }: {
    readonly job?: SandboxJob;
    /** @default {"1"} */
    readonly first?: string;
    readonly count?: number;
    readonly state?: Int32Array;
    /** Accumulators to be made one, in the place of numbers. */
    readonly merge?: readonly string[];
    readonly module: Partial<UserModule>;
  },
) {
  const frames = new Frames();
  const { output } = frames;
  const now = () => performance.now();
  const runner = new ChunkRunner({
    ...{ job, output, state, now },
    module: module as UserModule,
    context: new JobContext(job),
    printer: new Printer(now, () => {}),
    isLast: () => false,
    turn: () => Promise.resolve(),
  });
  const lines = new TextEncoder().encode(merge?.map((text) => text + "\n").join(""));
  const chunk = { serial: 1, position: 1, count: merge?.length ?? count, first };
  await runner.run({ ...chunk, itemBytes: lines.length, merge: merge !== undefined }, lines);
  return frames.take();
}

Deno.test("a chunk whose items are waited for stops after one, even if it was asked meanwhile", async () => {
  const state = new Int32Array(STATE_WORDS);
  const { promise, resolve } = Promise.withResolvers<void>();
  const map = async (item: unknown) => {
    if (item === 2) {
      state[STOP] = 1;
      state[ATTENTION] = 1;
      // Longer than between two looks at what is wanted.
      setTimeout(resolve, 100);
      await promise;
    }
    return item;
  };
  const frames = await run({ state, module: { map } });
  const end = frames.at(-1)!;
  assertEquals([end.kind, end.first], [FROM_SANDBOX.done, 2]);
});

Deno.test("what a reduce has changed before it threw at the first item is not in the next accumulator", async () => {
  const frames = await run({
    job: { ...JOB, reduce: "own" },
    count: 3,
    module: {
      map: (item) => item,
      initial: "[]",
      reduce: (list, item) => {
        (list as unknown[]).push(item);
        if (item === 1) throw new RangeError("one");
        return list;
      },
      combine: (_, other) => other,
    },
  });
  const [failed, result] = frames;
  assertEquals([failed!.kind, failed!.first], [FROM_SANDBOX.failed, 0]);
  assert(failed!.text.includes("RangeError: one"));
  assertEquals([result!.first, result!.second, result!.text], [1, 2, "[2,3]\n"]);
});

Deno.test("what a reduce has changed before it threw at a stretch is in no accumulator", async () => {
  const bad = [3, 77, 78];
  const module: Partial<UserModule> = {
    mapRange: (first, last) => [first, last],
    initial: "[]",
    reduce: (list, value) => {
      const [first, last] = value as [number, number];
      for (let x = first; x <= last; x++) (list as unknown[]).push(x);
      if (bad.some((x) => first <= x && x <= last)) throw new RangeError("bad");
      return list;
    },
    combine: (_, other) => other,
  };
  const { mapRange } = module;
  const waited: Partial<UserModule> = {
    ...module,
    mapRange: (first, last, context) => Promise.resolve(mapRange!(first, last, context)),
  };
  const job: SandboxJob = { ...JOB, call: "mapRange", reduce: "own" };
  for (const each of [module, waited]) {
    const frames = await run({ job, count: 100, module: each });
    const failed = frames.filter(({ kind }) => kind === FROM_SANDBOX.failed);
    assertEquals(failed.map(({ first }) => first + 1), bad);
    const lines = frames.filter(({ kind }) => kind === FROM_SANDBOX.result);
    const all = lines.flatMap(({ text }) => JSON.parse(text));
    assertEquals(all, Array.from({ length: 100 }, (_, i) => i + 1).filter((x) => !bad.includes(x)));
    assertEquals(lines.map(({ first, second }) => [first, second]), [[0, 2], [3, 73], [78, 22]]);
  }
});

Deno.test("an accumulator of stretches that cannot travel ends the job at once", async () => {
  let calls = 0;
  const module: Partial<UserModule> = {
    mapRange: (first, last) => {
      if (calls++ === 0) throw new RangeError("too many");
      return [first, last];
    },
    initial: "0",
    reduce: () => () => 1,
  };
  const job: SandboxJob = { ...JOB, call: "mapRange", reduce: "own" };
  await assertRejects(() => run({ job, count: 64, module }), BrokenJobError, "cannot be handed on");
  assertEquals(calls, 3);
});

Deno.test("accumulators that are merged show that their reduce takes none", async () => {
  const reduce: UserModule["reduce"] = (a, v) => a === null ? v : (a as number + (v as number)) / 2;
  const merge = (texts: readonly string[]) =>
    run({ merge: texts, module: { initial: "null", reduce, combine: reduce } });
  await assertRejects(
    () => merge(["1", "2", "3"]),
    BrokenJobError,
    "in one go 2.25: export combine",
  );
  const [result] = await merge(["1", "2"]);
  assertEquals([result!.second, result!.text], [2, "1.5\n"]);
});

Deno.test("a stretch is given to mapRange as numbers or as bigints, and never as one of each", async () => {
  const cases: readonly (readonly [first: bigint, calls: string])[] = [
    [
      -(2n ** 53n) - 1n,
      "-9007199254740993n..-9007199254740992n -9007199254740991..-9007199254740989",
    ],
    [2n ** 53n - 3n, "9007199254740989..9007199254740991 9007199254740992n..9007199254740993n"],
    [2n ** 53n - 6n, "9007199254740986..9007199254740990"],
    [2n ** 53n - 5n, "9007199254740987..9007199254740991"],
    [2n ** 53n, "9007199254740992n..9007199254740996n"],
  ];
  for (const [first, expected] of cases) {
    const calls: string[] = [];
    const shown = (value: unknown) => typeof value === "bigint" ? `${value}n` : `${value}`;
    const mapRange = (from: unknown, to: unknown) => {
      calls.push(`${shown(from)}..${shown(to)}`);
      return 1;
    };
    const job: SandboxJob = { ...JOB, call: "mapRange", reduce: "sum" };
    await run({ job, first: `${first}`, count: 5, module: { mapRange } });
    assertEquals(calls.join(" "), expected);
  }
});

Deno.test("of many failures the first are told with their stack", async () => {
  const place = "    at map (data:text/javascript;base64,Ow==:1:9)";
  const map = () => {
    throw Object.assign(new RangeError("no"), { stack: `RangeError: no\n${place}` });
  };
  const frames = await run({ count: MAX_SLOT_STACKS + 5, module: { map } });
  const failed = frames.filter(({ kind }) => kind === FROM_SANDBOX.failed);
  const stacks = failed.map(({ text }) => JSON.parse(text).stack).filter((stack) => stack !== "");
  assertEquals([failed.length, stacks.length], [MAX_SLOT_STACKS + 5, MAX_SLOT_STACKS]);
  assertEquals(stacks[0], "    at map (f.js:1:9)");
});
