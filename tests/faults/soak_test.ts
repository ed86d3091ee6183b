import { assertEquals, assertMatch } from "@std/assert";
import { type Growth, judgeGrowth } from "../../tools/soak/memory.ts";
import { printFigure } from "../support/load.ts";
import { fromFileUrl, PROJECT } from "../support/paths.ts";
import { Process } from "../support/process.ts";
import { DIST } from "../support/roles.ts";

const isWindows = Deno.build.os === "windows";

const MEBIBYTE = 1024 * 1024;

/** A process that kept so many MiB, and so many of them in its heap, first and last. */
function growth(role: string, rss: readonly number[], heapUsed: readonly number[]): Growth {
  const [first, last] = [0, 1].map((time) => ({
    rss: rss[time]! * MEBIBYTE,
    heapUsed: heapUsed[time]! * MEBIBYTE,
  }));
  return { role, first: first!, last: last! };
}

function soak(...args: string[]): Process {
  const script = fromFileUrl(new URL("tools/soak.ts", PROJECT));
  return new Process({
    command: Deno.execPath(),
    args: ["run", "-A", script, ...args],
    cwd: fromFileUrl(PROJECT),
    env: { NO_COLOR: "1" },
    clearEnv: false,
  });
}

Deno.test({
  name: "a short soak: every reply is right while workers come, go, stop and die",
  // It stops processes, and ends some by SIGTERM.
  ignore: isWindows,
  fn: async () => {
    await using process = soak("--minutes", "0.2");
    const { code, stdout, stderr } = await process.outcome();
    printFigure(stdout);
    assertEquals([code, stderr], [0, ""], stdout);
    assertMatch(stdout, /^\[soak\] seed \d+, 0\.2 min: /);
    assertMatch(stdout, /\n\[soak\] \d+ requests, 0 failures, [1-9]\d* faults, seed \d+\n$/);
    const roles = "server [\\d.]+ MiB, worker 1 [\\d.]+ MiB, .*client [\\d.]+ MiB";
    assertMatch(stdout, new RegExp(`memory at the start ${roles}; at the end ${roles}\n`));
    // Executables cannot be asked.
    if (DIST !== undefined) return;
    for (const role of ["server", "worker 1", "client"]) {
      assertMatch(
        stdout,
        new RegExp(`${role} kept [\\d.]+ MiB .* at the end: .*; in its heap .* %\n`),
      );
    }
  },
});

Deno.test("the soak refuses what it does not know", async () => {
  for (const args of [["--minutes", "0"], ["--hours", "1"], ["1"]]) {
    await using process = soak(...args);
    assertEquals((await process.outcome()).code, 2);
  }
});

Deno.test("judgeGrowth() names whoever keeps over 10 % more than after the first minute", () => {
  const { lines, failures } = judgeGrowth([
    growth("settled", [50, 54.9], [4, 4.3]),
    growth("leaking", [50, 55.1], [4, 4]),
    growth("leaking a little", [50, 50.5], [4, 4.5]),
    growth("smaller", [50, 40], [4, 3]),
  ]);
  const text = (role: string, memory: string, heap: string) =>
    `${role} kept 50.0 MiB after the first minute, and ${memory}; in its heap 4.0 and ${heap}`;
  assertEquals(lines, [
    text("settled", "54.9 MiB at the end: +9.8 %", "4.3 MiB: +7.5 %"),
    text("leaking", "55.1 MiB at the end: +10.2 %", "4.0 MiB: +0.0 %"),
    text("leaking a little", "50.5 MiB at the end: +1.0 %", "4.5 MiB: +12.5 %"),
    text("smaller", "40.0 MiB at the end: -20.0 %", "3.0 MiB: -25.0 %"),
  ]);
  assertEquals(failures, [lines[1], lines[2]].map((line) => `it grew too much: ${line}`));
});
