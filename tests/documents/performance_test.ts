/**
 * Purpose: the READMEs show the newest results that are kept, or say that there are none.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { READMES, withResults } from "../../bench/show.ts";
import { readProjectFile } from "./markdown.ts";

for (const [name, language] of READMES) {
  Deno.test(`${name} shows what the newest results of bench/results/ say`, async () => {
    const readme = await readProjectFile(name);
    assertEquals(readme, await withResults(readme, language), "run: deno run -A bench/show.ts");
  });
}
