import { assertEquals, assertRejects, assertThrows } from "@std/assert";
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

Deno.test("measureRounds() leaves out who is not due, and who failed with all that it gave before", async () => {
  const counts = new Map<string, number>();
  const subject = (name: string, fails: boolean) => () => {
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return fails && count === 2
      ? Promise.reject(new Error(`${name} broke`))
      : Promise.resolve({ count });
  };
  const subjects = new Map([
    ["steady", subject("steady", false)],
    ["seldom", subject("seldom", false)],
    ["broken", subject("broken", true)],
  ]);
  const said: string[] = [];
  const rounds = await measureRounds(4, subjects, {
    isDue: (name, round) => name !== "seldom" || round % 3 === 0,
    failed: (name, error) => said.push(`${name}: ${error}`),
  });
  const figure = figureOf(rounds, "count", { key: "k", title: "t", unit: "count" });
  assertEquals(figure.samples, { steady: [1, 2, 3, 4], seldom: [1, 2] });
  assertEquals(said, ["broken: Error: broken broke"]);
  assertEquals(counts.get("broken"), 2);
  await assertRejects(() => measureRounds(2, new Map([["a", subject("a", true)]])), Error, "broke");
});
