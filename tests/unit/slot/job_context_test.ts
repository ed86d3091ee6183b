import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { JobContext } from "../../../src/slot/job_context.ts";

Deno.test("random numbers begin anew with every item, even if it is tried once more", () => {
  const job = { name: "a.js", input: "range", call: "map", reduce: null, args: null } as const;
  const context = new JobContext({ ...job, seed: 7, codeBytes: 1, tellsApart: false });
  const { random } = context.shown;
  context.at(5);
  const first = [random(), random()];
  context.at(5);
  assertEquals([random(), random()], first);
  context.at(6);
  assertNotEquals(random(), first[0]);
});

Deno.test("a stretch of numbers has the random numbers of its positions, wherever it was cut", () => {
  const job = {
    name: "a.js",
    input: "range",
    reduce: "sum",
    args: null,
    seed: 7,
    codeBytes: 1,
    tellsApart: false,
  } as const;
  const map = new JobContext({ ...job, call: "map" });
  const mapRange = new JobContext({ ...job, call: "mapRange" });
  assertEquals(mapRange.shown.random(), map.shown.random(), "in setup");
  mapRange.at(3);
  for (const position of [5, 6]) {
    map.at(position);
    const own = [map.shown.random(), map.shown.random()];
    const { random } = mapRange.shown;
    assertEquals([random(position), random(position)], own);
  }
  assertThrows(() => mapRange.shown.random(), TypeError, "random(position)");
  assertThrows(() => map.shown.random(0.5), TypeError, "a whole number");
});
