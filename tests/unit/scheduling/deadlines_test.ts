import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Deadlines } from "../../../src/scheduling/deadlines.ts";

interface Item {
  readonly deadlineMs: number;
  done: boolean;
}

function earliest(model: readonly Item[]): number {
  return Math.min(
    Infinity,
    ...model.filter(({ done }) => !done).map(({ deadlineMs }) => deadlineMs),
  );
}

Deno.test("deadlines come out like those of a sorted list, without what is done", () => {
  const step = fc.oneof(
    fc.record({ add: fc.nat({ max: 50 }) }),
    fc.record({ done: fc.nat() }),
    fc.record({ expire: fc.nat({ max: 60 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const deadlines = new Deadlines<Item>();
      const model: Item[] = [];
      for (const one of steps) {
        if ("add" in one) {
          const item = { deadlineMs: one.add, done: false };
          model.push(item);
          deadlines.add(item);
        } else if ("done" in one) {
          if (model.length > 0) model[one.done % model.length]!.done = true;
        } else {
          for (let item; (item = deadlines.takeExpired(one.expire)) !== undefined;) {
            assertEquals(item.deadlineMs, earliest(model));
            assert(!item.done && model.includes(item));
            item.done = true;
          }
          assert(earliest(model) > one.expire);
        }
        assertEquals(deadlines.nextMs(), earliest(model));
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("a deadline is up at its very time, not before", () => {
  const deadlines = new Deadlines<Item>();
  const item = { deadlineMs: 10, done: false };
  deadlines.add(item);
  assertEquals(deadlines.takeExpired(9.999), undefined);
  assertEquals(deadlines.takeExpired(10), item);
  assertEquals([deadlines.takeExpired(10), deadlines.nextMs(), deadlines.size], [
    undefined,
    Infinity,
    0,
  ]);
});

Deno.test("what is done early does not pile up", () => {
  const deadlines = new Deadlines<Item>();
  const open = Array.from(
    { length: 100 },
    (_, index) => ({ deadlineMs: 1e9 + index, done: false }),
  );
  for (const item of open) deadlines.add(item);
  let largest = 0;
  for (let count = 0; count < 50_000; count++) {
    const item = { deadlineMs: 2e9 - count, done: false };
    deadlines.add(item);
    item.done = true;
    largest = Math.max(largest, deadlines.size);
  }
  assert(largest <= 1024 + 2 * open.length, `${largest} held`);
  for (const item of open) assertEquals(deadlines.takeExpired(3e9), item);
  assertEquals(deadlines.takeExpired(3e9), undefined);
});

Deno.test("many open deadlines stay in order when the done ones are thrown out", () => {
  const deadlines = new Deadlines<Item>();
  const items = Array.from({ length: 5000 }, (_, index) => ({
    deadlineMs: (index * 7919) % 5000,
    done: false,
  }));
  items.forEach((item, index) => {
    deadlines.add(item);
    if (index % 3 > 0) items[index - 1]!.done = true;
  });
  const expected = items.filter(({ done }) => !done).map(({ deadlineMs }) => deadlineMs);
  const found: number[] = [];
  for (let item; (item = deadlines.takeExpired(5000)) !== undefined;) found.push(item.deadlineMs);
  assertEquals(found, expected.sort((one, other) => one - other));
});
