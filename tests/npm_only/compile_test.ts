import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { HELP, readFlags } from "../../tools/compile/flags.ts";
import { typedPath } from "../../tools/typed_path.ts";

const PROJECT = new URL("../../", import.meta.url);

Deno.test("deno task compile refuses flags that make no sense, and has a help", () => {
  assertEquals(readFlags([]), { all: false, official: false, output: undefined });
  assertEquals(readFlags(["--", "--output", "a"])?.output, "a");
  assertEquals([readFlags(["-h"]), readFlags(["--help", "--wat"])], [undefined, undefined]);
  const wrongs = [["--output"], ["--output="], ["--output", "--all"], ["--wat"], ["word"]];
  for (const wrong of wrongs) {
    assertThrows(() => readFlags(wrong), TypeError, undefined, `${wrong}`);
  }
});

Deno.test("deno task compile says in one line what it cannot do, and with which status", async () => {
  const blocked = await Deno.makeTempFile();
  try {
    for (
      const [args, code, said] of [
        [["--output"], 2, "--output"],
        [["--output", `${blocked}/dist`], 1, `"${blocked}/dist"`],
      ] as const
    ) {
      const outcome = await compile(args);
      assertEquals(outcome.code, code, outcome.stderr);
      assertEquals(outcome.stderr.trimEnd().split("\n").length, 1, outcome.stderr);
      assertStringIncludes(outcome.stderr, said);
    }
    assertEquals(await compile(["-h"]), { code: 0, stdout: HELP, stderr: "" });
  } finally {
    await Deno.remove(blocked);
  }
});

Deno.test("deno task compile leaves nothing behind, though it fails", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/tmp`);
    // It is found out only when all is put together.
    const env = { TMPDIR: `${folder}/tmp`, TEMP: `${folder}/tmp`, DENORT_BIN: `${folder}/none` };
    const { code, stderr } = await compile(["--output", `${folder}/dist`], env);
    assertEquals(code, 1, stderr);
    assertStringIncludes(stderr, `${folder}/tmp/aula compile `);
    assertEquals((await Array.fromAsync(Deno.readDir(`${folder}/tmp`))).map((one) => one.name), []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("typedPath() is relative to where a task was typed", () => {
  const before = Deno.env.get("INIT_CWD");
  try {
    Deno.env.set("INIT_CWD", "/some/where");
    assertEquals([typedPath("a"), typedPath("/b")], ["/some/where/a", "/b"]);
    Deno.env.delete("INIT_CWD");
    assert(typedPath("a").startsWith(Deno.cwd()));
  } finally {
    if (before !== undefined) Deno.env.set("INIT_CWD", before);
  }
});

async function compile(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "tools/compile.ts", ...args],
    cwd: PROJECT,
    env: { NO_COLOR: "1", ...env },
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}
