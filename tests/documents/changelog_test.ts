/**
 * Purpose: whoever reads the changes finds those of the version at hand.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { VERSION } from "../../src/version.ts";
import { readProjectFile } from "./markdown.ts";

Deno.test("the newest version of CHANGELOG.md is that of deno.json and of the programs", async () => {
  const { version } = JSON.parse(await readProjectFile("deno.json"));
  const changes = await readProjectFile("CHANGELOG.md");
  const [newest] = changes.matchAll(/^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d{2}-\d{2}$/gm);
  assertEquals([newest?.[1], VERSION], [version, version]);
});
