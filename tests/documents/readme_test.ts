/**
 * Purpose: what the READMEs show is what happens. Every block is run, in order, in the terminals that it
 * names; what cannot be run here is marked in the document and named in the output.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { blocksOf, headingLevels, readProjectFile, tableRows } from "./markdown.ts";
import { Session } from "./session.ts";

const READMES = ["README.md", "README.es.md"];

/** Blocks that show something and are no commands, programs or files. */
const SHOWN_ONLY = "text";

// The other README has the very same blocks, line for line: that is tested below, and not by running them again.
Deno.test("README.md: every command does what is shown under it", async () => {
  const blocks = blocksOf(await readProjectFile("README.md"));
  await using session = new Session();
  await session.start();
  for (const block of blocks) {
    if (block.language === SHOWN_ONLY) continue;
    if (block.notRun === undefined) await session.block(block);
    else session.notes.push(`line ${block.line}: not run, ${block.notRun}`);
  }
  // deno-lint-ignore no-console -- whoever reads the test's output shall know what was not run
  console.log(session.notes.map((note) => `README.md, ${note}`).join("\n"));
});

Deno.test("both READMEs begin with the two commands", async () => {
  for (const name of READMES) {
    const [, demo, test] = blocksOf(await readProjectFile(name));
    assertEquals(demo?.lines, ["npx -y deno@2.9.6 task demo"], name);
    assertEquals(test?.lines, ["npx -y deno@2.9.6 task test"], name);
  }
});

Deno.test("both READMEs have the same blocks", async () => {
  const [english, spanish] = await Promise.all(READMES.map(async (name) => {
    const blocks = blocksOf(await readProjectFile(name));
    return blocks.map(({ language, lines, notRun }) => ({
      ...{ language, isRun: notRun === undefined },
      ...(language === SHOWN_ONLY ? {} : { lines }),
    }));
  }));
  assertEquals(spanish, english);
});

Deno.test("both READMEs have the same headings, tables and figures", async () => {
  const [english, spanish] = await Promise.all(READMES.map(async (name) => {
    const text = await readProjectFile(name);
    const rows = tableRows(text);
    return {
      headings: headingLevels(text),
      widths: rows.map((row) => row.length),
      // What stands in code is not translated; nor are figures, but for their separators.
      code: rows.map((row) => row.flatMap((cell) => cell.match(/`[^`]+`/g) ?? [])),
      numbers: rows.map((row) => row.join("|").replaceAll(/[\s\u00a0]/g, "").match(/\d+/g) ?? []),
    };
  }));
  assertEquals(
    { ...spanish, numbers: spanish!.numbers.map(joined) },
    { ...english, numbers: english!.numbers.map(joined) },
  );
});

function joined(digits: readonly string[]): string {
  return digits.join("");
}
