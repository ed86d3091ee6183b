import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { Queue } from "../../../src/protocol/queue.ts";

Deno.test("a queue is an array that is pushed and shifted", () => {
  // Numbers of items: positive to push, negative to shift; large enough for the head to be cut off.
  fc.assert(fc.property(fc.array(fc.integer({ min: -1500, max: 1500 })), (steps) => {
    const queue = new Queue<number>();
    const model: number[] = [];
    let next = 0;
    for (const step of steps) {
      for (let count = 0; count < step; count++) {
        queue.push(next);
        model.push(next++);
      }
      for (let count = 0; count < -step; count++) assertEquals(queue.shift(), model.shift());
      assertEquals([queue.size, queue.first], [model.length, model[0]]);
    }
    assertEquals([...queue], model);
  }));
});

Deno.test("an empty queue gives nothing, again and again", () => {
  const queue = new Queue<number>();
  assertEquals([queue.shift(), queue.shift(), queue.first, queue.size], [
    undefined,
    undefined,
    undefined,
    0,
  ]);
  queue.push(1);
  assertEquals([queue.shift(), queue.shift(), queue.size, [...queue]], [1, undefined, 0, []]);
});
