import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { FairQueue } from "../../../src/scheduling/fair_queue.ts";

/** Takes everything out. */
function drain<T>(queue: FairQueue<unknown, T>): T[] {
  const items: T[] = [];
  for (let item; (item = queue.shift()) !== undefined;) items.push(item);
  return items;
}

Deno.test("owners take turns, each with what it queued first", () => {
  const queue = new FairQueue<string, string>();
  for (const item of ["a1", "a2", "a3", "a4", "b1", "b2", "c1"]) queue.push(item[0]!, item);
  assertEquals(queue.size, 7);
  assertEquals(drain(queue).join(" "), "a1 b1 c1 a2 b2 a3 a4");
  assertEquals([queue.size, queue.first], [0, undefined]);
});

Deno.test("who comes late gets the next turn but those of who waits already", () => {
  const queue = new FairQueue<string, string>();
  for (let count = 1; count <= 1000; count++) queue.push("flood", `f${count}`);
  queue.push("b", "b1");
  assertEquals([queue.shift(), queue.shift(), queue.shift()], ["f1", "b1", "f2"]);
  queue.push("c", "c1");
  queue.push("b", "b2");
  assertEquals([1, 2, 3, 4].map(() => queue.shift()), ["f3", "c1", "b2", "f4"]);
  assertEquals(queue.size, 996);
});

Deno.test("an owner that has had everything begins again at the end", () => {
  const queue = new FairQueue<string, string>();
  queue.push("a", "a1");
  queue.push("b", "b1");
  assertEquals(queue.shift(), "a1");
  queue.push("a", "a2");
  assertEquals([queue.first, ...drain(queue)], ["b1", "b1", "a2"]);
});

Deno.test("owners are told apart by identity", () => {
  const queue = new FairQueue<object, number>();
  const [one, other] = [{}, {}];
  queue.push(one, 1);
  queue.push(one, 2);
  queue.push(other, 3);
  assertEquals(drain(queue), [1, 3, 2]);
});

Deno.test("a fair queue is a list of lanes whose first goes to the end after its turn", () => {
  const step = fc.oneof(fc.nat({ max: 4 }), fc.constant("shift" as const));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const queue = new FairQueue<number, string>();
      const lanes: { owner: number; items: string[] }[] = [];
      steps.forEach((one, index) => {
        if (one === "shift") {
          const lane = lanes.shift();
          assertEquals(queue.shift(), lane?.items.shift());
          if (lane !== undefined && lane.items.length > 0) lanes.push(lane);
        } else {
          const item = `${one}: ${index}`;
          queue.push(one, item);
          const lane = lanes.find(({ owner }) => owner === one);
          if (lane === undefined) lanes.push({ owner: one, items: [item] });
          else lane.items.push(item);
        }
        const size = lanes.reduce((sum, { items }) => sum + items.length, 0);
        assertEquals([queue.size, queue.first], [size, lanes[0]?.items[0]]);
      });
    }),
    { numRuns: 500 },
  );
});

Deno.test("between two turns of an owner every other that waits has exactly one", () => {
  const owner = fc.nat({ max: 5 });
  fc.assert(fc.property(fc.array(owner, { minLength: 1, maxLength: 100 }), (owners) => {
    const queue = new FairQueue<number, { owner: number; index: number }>();
    owners.forEach((one, index) => queue.push(one, { owner: one, index }));
    const left = new Map<number, number>();
    for (const one of owners) left.set(one, (left.get(one) ?? 0) + 1);
    const items = drain(queue);
    assertEquals(items.length, owners.length);
    let round = new Set<number>();
    const last = new Map<number, number>();
    for (const { owner: one, index } of items) {
      if (round.has(one)) {
        const waiting = [...left].filter(([, count]) => count > 0).map(([other]) => other);
        assertEquals(waiting.filter((other) => !round.has(other)), [], "nobody is left out");
        round = new Set();
      }
      round.add(one);
      left.set(one, left.get(one)! - 1);
      assertEquals(index > (last.get(one) ?? -1), true, "in the order of its owner");
      last.set(one, index);
    }
  }));
});
