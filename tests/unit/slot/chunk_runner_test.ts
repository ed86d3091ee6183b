import { assert, assertEquals } from "@std/assert";
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
import type { UserModule } from "../../../src/slot/user_module.ts";
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

/** Runs a chunk of numbers from 1 on; gives its frames. */
async function run(
  { job = JOB, count = 10, state = new Int32Array(STATE_WORDS), module }: {
    readonly job?: SandboxJob;
    readonly count?: number;
    readonly state?: Int32Array;
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
  const chunk = { serial: 1, position: 1, count, first: "1", itemBytes: 0, merge: false };
  await runner.run(chunk, new Uint8Array(0));
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
    },
  });
  const [failed, result] = frames;
  assertEquals([failed!.kind, failed!.first], [FROM_SANDBOX.failed, 0]);
  assert(failed!.text.includes("RangeError: one"));
  assertEquals([result!.first, result!.second, result!.text], [1, 2, "[2,3]\n"]);
});
