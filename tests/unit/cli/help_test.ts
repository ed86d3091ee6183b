import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  readClientCommand,
  readServerCommand,
  readWorkerCommand,
} from "../../../src/cli/commands.ts";
import { UsageError } from "../../../src/cli/exit_status.ts";
import { helpText, misuseText } from "../../../src/cli/help.ts";
import { ROLE_NAMES, ROLES } from "../../../src/cli/roles.ts";
import { oneFile } from "./support.ts";

Deno.test("helpText() shows every flag, its value and its default", () => {
  for (const role of ROLE_NAMES) {
    const help = helpText(role).replace(/\s+/g, " ");
    for (const [name, flag] of Object.entries(ROLES[role].flags)) {
      assertStringIncludes(help, ` --${name} `);
      assertStringIncludes(help, flag.help);
      const isDefaultShown = flag.default !== undefined && flag.kind.arity !== "none";
      if (isDefaultShown) assertStringIncludes(help, `${flag.help} (default: ${flag.default})`);
    }
  }
});

Deno.test("helpText() shows how many values a flag takes", () => {
  const help = helpText("calc_server");
  for (const text of ["--local [N]", "--workers HOST:PORT...", "--worker-timeout TIME"]) {
    assertStringIncludes(help, `\n  ${text} `);
  }
  assertStringIncludes(help, "\n  --help  ");
});

Deno.test("helpText() says how durations and sizes are typed, where there are any", () => {
  const help = helpText("calc_server");
  assertStringIncludes(help, "\nValues:\n  TIME  Seconds, or a number with its unit: ");
  assertStringIncludes(help, "\n  SIZE  Bytes, or a number with its unit: ");
  assert(!helpText("client").includes("SIZE"));
  assert(!helpText("worker").includes("Values:"));
});

Deno.test("helpText() fits in 80 columns of plain ASCII, for every console", () => {
  for (const role of ROLE_NAMES) {
    for (const line of helpText(role).split("\n")) {
      assert(line.length <= 80, `${line.length} columns: ${line}`);
      assert(/^[ -~]*$/.test(line) && !line.endsWith(" "), JSON.stringify(line));
    }
  }
});

Deno.test("helpText() begins with the usage and ends with the exit statuses and one newline", () => {
  for (const role of ROLE_NAMES) {
    const help = helpText(role);
    assert(help.startsWith(`Usage: ${role} `));
    assert(/\nExit status:\n {2}0 {2}.*[^\n]\n$/s.test(help));
  }
});

Deno.test("helpText() shows the client's operations and subcommands", () => {
  const help = helpText("client");
  for (const text of ["sum_squares  --n INTEGER", "\n  status  ", "\n  ping    "]) {
    assertStringIncludes(help, text);
  }
  assert(!helpText("worker").includes("Subcommands:"));
});

Deno.test("helpText() aligns a block of flags", () => {
  const [, flags = ""] = helpText("worker").split("Flags:\n");
  assertEquals(
    flags.split("\n").slice(0, 4),
    [
      "  --host HOST          Address to listen on; 0.0.0.0 for all (default:",
      "                       127.0.0.1)",
      "  --port PORT          Port to listen on; 0 takes a free one (default: 6001, or",
      "                       none with --join)",
    ],
  );
});

Deno.test("the examples of the help are command lines that are accepted", () => {
  const readers = {
    worker: readWorkerCommand,
    calc_server: readServerCommand,
    client: readClientCommand,
  };
  for (const role of ROLE_NAMES) {
    for (const example of ROLES[role].examples) {
      const [program, ...args] = example.split(" ");
      assertEquals(program, role);
      assertEquals(readers[role](args, oneFile('{"workers": "a:1"}')).kind, "run", example);
    }
  }
});

Deno.test("misuseText() says what is wrong and where to read more", () => {
  const error = new UsageError("--a needs a value: --a NUMBER", "a");
  assertEquals(
    misuseText("client", error),
    'client: --a needs a value: --a NUMBER\nTry "client --help".\n',
  );
});
