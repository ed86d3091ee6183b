import { assert, assertEquals } from "@std/assert";
import { denoScript } from "../../bench/paths.ts";
import { timesOf } from "../../tools/profile/perf.ts";
import { partTimes, selfTimes } from "../../tools/profile/self_times.ts";

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

Deno.test("partTimes() adds up the folders of src, the system, the runtime and the engine", () => {
  const node = (id: number, functionName: string, url: string) => ({
    id,
    callFrame: { functionName, url, lineNumber: 0 },
  });
  const times = partTimes({
    nodes: [
      node(1, "step", "file:///a/src/server/machine.ts"),
      node(2, "answer", "file:///a/src/server/jobs.ts"),
      node(3, "op_write", ""),
      node(4, "read", "ext:deno_net/01_net.js"),
      node(5, "(garbage collector)", ""),
      node(6, "(idle)", ""),
    ],
    samples: [1, 2, 3, 4, 5, 6],
    timeDeltas: [20, 30, 25, 15, 10, 1000],
  });
  assertEquals(times.map(({ name, share }) => [name, share]), [
    ["src/server", 0.5],
    ["system calls", 0.25],
    ["runtime", 0.15],
    ["(garbage collector)", 0.1],
  ]);
});

Deno.test("timesOf() adds up what the first thread of an executable did, as perf reports it", () => {
  const report = [
    "# Overhead      Pid:Command          Shared Object       ",
    "    30.00%    21366:calc_server      [JIT] tid 21366     ",
    "    15.00%    21366:calc_server      calc_server         ",
    "    10.00%    21370:exe              calc_server         ",
    "     5.00%    21369:V8 DefaultWorke  calc_server         ",
    "     3.00%    21366:calc_server      [kernel.kallsyms]   ",
    "     1.00%    21366:calc_server      libc.so.6           ",
    "     1.00%    21366:calc_server      [vdso]              ",
  ].join("\n");
  assertEquals(timesOf("calc_server", report).map(({ name, share }) => [name, share]), [
    ["compiled JavaScript and WebAssembly", 0.6],
    ["runtime, V8's interpreter and collector included", 0.3],
    ["system", 0.06],
    ["C library", 0.04],
  ]);
});

for (
  const [args, wanted] of [
    [["calc_server", "--connections", "2", "--idle", "20"], "requests a second"],
    [["worker", "--job", "range"], "items a second"],
    [["client"], "lines a second"],
    [["client", "--start"], " ms"],
  ] as const
) {
  Deno.test(`deno task profile ${args.join(" ")} leaves a profile with functions of ours`, async () => {
    const output = await Deno.makeTempFile({ suffix: ".cpuprofile" });
    try {
      const [deno, ...words] = denoScript("tools/profile.ts", ...args, "--seconds", "0.2");
      const all = [...words, "--output", output];
      const { success, stderr } = await new Deno.Command(deno!, { args: all, stdout: "null" })
        .output();
      const said = new TextDecoder().decode(stderr);
      assert(success && said.includes(wanted), said);
      const parts = partTimes(JSON.parse(await Deno.readTextFile(output)));
      assert(parts.some(({ name }) => name.startsWith("src/")), JSON.stringify(parts));
    } finally {
      await Deno.remove(output);
    }
  });
}
