import { assertEquals } from "@std/assert";
import { fromFileUrl, PROJECT } from "../support/paths.ts";
import { Process } from "../support/process.ts";
import { DIST, programOf, type RoleName } from "../support/roles.ts";

const PROBE = fromFileUrl(new URL("tests/support/permission_probe.ts", PROJECT));

/** Starts a role as its task does, and watches its permissions from within. */
function watched(role: RoleName, args: readonly string[]): Process {
  const [command, run, ...rest] = programOf(role);
  return new Process({
    command: command!,
    args: [run!, "--preload", PROBE, ...rest, ...args],
    cwd: fromFileUrl(PROJECT),
    env: { NO_COLOR: "1" },
    clearEnv: false,
  });
}

/** Which permissions a role starts with, and which it has when it serves. */
const CASES: readonly (readonly [
  role: RoleName,
  args: readonly string[],
  before: string,
  after: string,
])[] = [
  ["worker", ["--port", "0"], "read run", ""],
  ["worker", ["--port", "0", "--allow-code"], "read run", "run"],
  ["calc_server", ["--port", "0"], "read run", ""],
  ["calc_server", ["--port", "0", "--local", "1"], "read run", "run"],
];

for (const [role, args, before, after] of CASES) {
  Deno.test({
    name: `${role} ${args.join(" ")} gives up what it does not need before it listens`,
    // The probe cannot be put before an executable.
    ignore: DIST !== undefined,
    fn: async () => {
      await using process = watched(role, args);
      const [, first] = await process.stderr.line(/^\[probe\] at the start: ?(.*)$/);
      assertEquals(first, before);
      await process.stdout.line(/ listening on /);
      const [, then] = await process.stderr.line(/^\[probe\] listening: ?(.*)$/);
      assertEquals(then, after);
    },
  });
}
