import { assertEquals } from "@std/assert";
import { selfTimes } from "../../tools/profile/self_times.ts";

Deno.test("selfTimes() adds up each function's own time, and leaves out waiting", () => {
  const node = (id: number, functionName: string, url = "", lineNumber = 0) => ({
    id,
    callFrame: { functionName, url, lineNumber },
  });
  const times = selfTimes({
    nodes: [
      node(1, "(idle)"),
      node(2, "step", "file:///a/b/c.ts", 9),
      node(3, ""),
      node(4, "step", "file:///a/b/c.ts", 9),
    ],
    samples: [1, 2, 3, 4],
    timeDeltas: [1000, 20, 10, 10],
  });
  assertEquals(times, [
    { name: "step", place: "b/c.ts:10", share: 0.75 },
    { name: "(anonymous)", place: "", share: 0.25 },
  ]);
});
