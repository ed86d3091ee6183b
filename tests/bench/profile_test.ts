import { assert, assertEquals, assertThrows } from "@std/assert";
import { denoScript } from "../../bench/paths.ts";
import { readFlags } from "../../tools/profile/flags.ts";
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

Deno.test("deno task profile refuses flags that make no sense, or do nothing", () => {
  const worker = readFlags(["--", "worker", "--seconds", "0.5", "--sum", "1000", "--workers", "8"]);
  assertEquals([worker?.role, worker?.load.seconds, worker?.load.sum], ["worker", 0.5, "1000"]);
  assertEquals(readFlags(["calc_server", "--workers", "1000"])?.load.workers, 1000);
  assertEquals([readFlags(["-h"]), readFlags(["--help", "--wat"])], [undefined, undefined]);
  for (
    const [line, said] of [
      ["", "ROLE"],
      ["clients", "ROLE"],
      ["worker client", '"client"'],
      ["worker --wat", '"--wat"'],
      ["worker --window 1.5", "--window"],
      ["worker --connections 0", "--connections"],
      ["worker --idle=-1", "--idle"],
      ["worker --seconds 0", "--seconds"],
      ["worker --seconds", "--seconds"],
      ["worker --sum 1e3", "--sum"],
      ["worker --workers 9", "--workers"],
      ["worker --job many", "--job"],
      ["worker --start", "--start"],
      ["client --start --job range", "--start"],
      ["client --start --seconds 3", "--seconds"],
      ["client --idle 3", "--idle"],
      ...["idle", "connections", "window", "sum", "workers"].map((name) =>
        [`worker --job range --${name} 3`, `--${name}`] as const
      ),
      ["worker --executables --output a", "--output"],
      ["worker --output=", "--output"],
    ] as const
  ) {
    assertThrows(() => readFlags(line.split(" ").filter((word) => word !== "")), TypeError, said);
  }
});

Deno.test("deno task profile says before the load that it cannot write", async () => {
  const [deno, ...words] = denoScript("tools/profile.ts", "worker", "--output", "/nowhere/at/all");
  const { code, stderr } = await new Deno.Command(deno!, { args: words }).output();
  const lines = new TextDecoder().decode(stderr).trimEnd().split("\n");
  assertEquals([code, lines.length], [1, 1], lines.join("\n"));
  assert(lines[0]!.includes("/nowhere/at/all"), lines[0]);
});

Deno.test("deno task profile takes another file where the usual one is not its own", async () => {
  const folder = await Deno.makeTempDir();
  const usual = `${folder}/aula-client.cpuprofile`;
  try {
    // What stops every user, root too, whom the mode of a file does not.
    await Deno.mkdir(usual);
    const [deno, ...args] = denoScript("tools/profile.ts", "client", "--start");
    const env = { TMPDIR: folder };
    const { success, stderr } = await new Deno.Command(deno!, { args, env, stdout: "null" })
      .output();
    assert(success, new TextDecoder().decode(stderr));
    const left = (await Array.fromAsync(Deno.readDir(folder))).filter(({ isFile }) => isFile);
    assertEquals(left.length, 1);
    assert(left[0]!.name.startsWith("aula-client-"), left[0]!.name);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("deno task profile leaves nothing behind when it is interrupted", async () => {
  const folder = await Deno.makeTempDir();
  const names = async () => (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
  try {
    const [deno, ...args] = denoScript("tools/profile.ts", "worker", "--seconds", "30");
    const env = { TMPDIR: folder };
    const child = new Deno.Command(deno!, { args, env, stdout: "null", stderr: "null" }).spawn();
    while (!(await names()).some((name) => name.startsWith("aula profile "))) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    child.kill("SIGINT");
    assertEquals((await child.status).code, 130);
    assertEquals(await names(), []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

const SHORT = ["--seconds", "0.2"];

for (
  const [args, wanted] of [
    [["calc_server", "--connections", "2", "--idle", "20", ...SHORT], "requests a second"],
    [["worker", "--job", "range", ...SHORT], "items a second"],
    [["client", ...SHORT], "lines a second"],
    [["client", "--start"], " ms: the second run"],
  ] as const
) {
  Deno.test(`deno task profile ${args.join(" ")} leaves a profile with functions of ours`, async () => {
    const output = await Deno.makeTempFile({ suffix: ".cpuprofile" });
    try {
      const [deno, ...words] = denoScript("tools/profile.ts", ...args);
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
