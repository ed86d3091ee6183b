import { assertEquals, assertMatch } from "@std/assert";
import { printFigure } from "../support/load.ts";
import { fromFileUrl, PROJECT } from "../support/paths.ts";
import { Process } from "../support/process.ts";

const isWindows = Deno.build.os === "windows";

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
  },
});

Deno.test("the soak refuses what it does not know", async () => {
  for (const args of [["--minutes", "0"], ["--hours", "1"], ["1"]]) {
    await using process = soak(...args);
    assertEquals((await process.outcome()).code, 2);
  }
});
