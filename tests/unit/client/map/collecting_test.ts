import { assertEquals, assertRejects } from "@std/assert";
import { collectorOf } from "../../../../src/client/map/collecting.ts";
import { MapRun } from "../../../../src/client/map/map_run.ts";
import { MAX_TREE_BYTES } from "../../../../src/limits.ts";

/** A run whose server cannot be reached: nothing is merged. */
function idleRun(): MapRun {
  return new MapRun({
    servers: [{ host: "127.0.0.1", port: 1 }],
    timeoutMs: 10_000,
    job: {
      name: "f.ts",
      code: new Uint8Array(1),
      sha256: "abc",
      input: "range",
      call: "map",
      reduce: "own",
      seed: 0,
      range: { first: 1n, count: 100 },
    },
    keepGoing: false,
    take: () => Promise.resolve(),
  });
}

/** A promise, or a text if it does not come to an end soon. */
async function soon<T>(promise: Promise<T> | T): Promise<T | "waits"> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<"waits">((resolve) => {
    timer = setTimeout(() => resolve("waits"), 500);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

Deno.test("whoever waits until accumulators are merged hears of the end of the job", async () => {
  const run = idleRun();
  const collector = collectorOf("own", () => run);
  const bytes = new Uint8Array(MAX_TREE_BYTES / 4 + 1);
  for (let position = 1; position <= 3; position++) {
    await collector.take({ position, count: 1, bytes });
  }
  const taking = collector.take({ position: 4, count: 1, bytes });
  const reason = new Error("enough");
  run.abort(reason);
  const seen = soon(Promise.resolve(taking).catch((error) => error));
  assertEquals(await seen, reason);
  // And so does whoever begins to wait after that.
  await assertRejects(async () => await collector.take({ position: 5, count: 1, bytes }), Error);
  await run.close();
});

Deno.test("all that wait for the failure of a job hear of it, whatever it failed with", async () => {
  const run = idleRun();
  const never = new Promise<void>(() => {});
  const waiting = [run.orFailed(never), run.orFailed(never), run.run()];
  run.abort(undefined);
  const outcomes = await soon(Promise.allSettled(waiting));
  assertEquals(outcomes, waiting.map(() => ({ status: "rejected", reason: undefined })));
  await run.close();
});
