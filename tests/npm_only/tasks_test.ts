import { assert, assertEquals, assertMatch } from "@std/assert";
import { nobodysJsr } from "./fake_jsr.ts";
import { ProjectCopy } from "./project_copy.ts";

const ARGUMENTS: readonly string[][] = [
  ["--a", "-3", "--b=-1e9"],
  ["--", "--op", "add"],
  [""],
  ["", "", "x"],
  ["a b", "  ", "\t"],
  [`"double"`, "'single'", `\\ back\\slash "and' both`],
  ["$HOME", "${HOME}", "$(echo x)", "`echo x`", "%PATH%"],
  ["a|b", "a&&b", "a;b", "a>b", "*", "?", "~", "!", "#"],
  ["España", "😀", "line\nend"],
];

/** As many bytes as do not fit any pipe: a task has to hand them on while they come. */
const LONG_INPUT_BYTES = 10_000_000;

Deno.test("a task hands on arguments, stdin and exit status unharmed", async (t) => {
  await using project = await ProjectCopy.make();
  await project.deno(["task", "-q", "setup", "--npm"]);
  const client = ["task", "-q", "client"];

  for (const args of ARGUMENTS) {
    await t.step(`arguments ${JSON.stringify(args)}`, async () => {
      const { stdout, stderr } = await project.deno([...client, ...args, "0"]);
      assertEquals(JSON.parse(stdout).args, [...args, "0"], stderr);
    });
  }
  await t.step(`${LONG_INPUT_BYTES} bytes of stdin`, async () => {
    const { stdout } = await project.deno(client, { stdin: new Uint8Array(LONG_INPUT_BYTES) });
    assertEquals(JSON.parse(stdout).bytes, LONG_INPUT_BYTES);
  });
  for (const status of [0, 1, 2, 3, 125, 255]) {
    await t.step(`exit status ${status}`, async () => {
      assertEquals((await project.deno([...client, String(status)])).code, status);
    });
  }
});

Deno.test("a task whose setup fails does not start, and says so by its exit status", async () => {
  await using project = await ProjectCopy.make();
  await Deno.mkdir(`${project.folder}/npm_only/.local`);
  await Deno.writeTextFile(`${project.folder}/npm_only/.local/cli`, "a file in the way");
  const { code, stdout, stderr } = await project.deno(["task", "-q", "client"], {
    env: nobodysJsr(),
  });
  assertEquals([code, stdout], [1, ""]);
  assertMatch(stderr, /^\[setup\] cannot keep the choice in "npm_only\/\.local": .*\n$/);
});

Deno.test("every task runs setup first if no choice was made", async () => {
  const config = await Deno.readTextFile(new URL("../../deno.json", import.meta.url));
  const tasks: Record<string, string> = JSON.parse(config).tasks;
  for (const [name, command] of Object.entries(tasks)) {
    if (name === "setup") continue;
    const prefix = "cat npm_only/.local/chosen &> /dev/null || deno task -q setup && ";
    assert(command.startsWith(prefix), `task "${name}" does not start with: ${prefix}`);
  }
});
