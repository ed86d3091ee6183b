import { assertEquals, assertThrows } from "@std/assert";
import { ratioToFloor } from "../../bench/measure/figure.ts";
import { figureOf, measureRounds } from "../../bench/measure/rounds.ts";
import { pairedRatio, quantile, spreadOf } from "../../bench/measure/statistics.ts";

Deno.test("quantile() lies between two numbers where it must", () => {
  assertEquals(quantile([3, 1, 2], 0.5), 2);
  assertEquals(quantile([4, 1, 3, 2], 0.5), 2.5);
  assertEquals(spreadOf([5, 1, 2, 3, 4]), { median: 3, low: 2, high: 4 });
  assertThrows(() => quantile([], 0.5), RangeError);
});

Deno.test("pairedRatio() is not moved by a machine that is slower in some rounds", () => {
  assertEquals(pairedRatio([2, 20, 4], [1, 10, 2]), 2);
  assertThrows(() => pairedRatio([1], [1, 2]), RangeError);
});

Deno.test("measureRounds() measures all subjects in each round, every other one backwards", async () => {
  const order: string[] = [];
  const subject = (name: string) => () => {
    order.push(name);
    return Promise.resolve({ size: order.length, only_a: name === "a" ? 1 : undefined });
  };
  const rounds = await measureRounds(
    2,
    new Map([["floor", subject("floor")], ["a", subject("a")]]),
  );
  assertEquals(order, ["floor", "a", "a", "floor"]);
  const figure = figureOf(rounds, "size", { key: "k", title: "t", unit: "ms" });
  assertEquals(figure.samples, { floor: [1, 4], a: [2, 3] });
  assertEquals(ratioToFloor(figure, "a"), 1.375);
  assertEquals(ratioToFloor(figure, "floor"), undefined);
  const partial = figureOf(rounds, "only_a", { key: "k", title: "t", unit: "ms" });
  assertEquals(partial.samples, { a: [1, 1] });
});
