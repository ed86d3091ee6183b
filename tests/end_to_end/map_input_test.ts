/**
 * Purpose: the share of an input that is done follows the items that have an answer, also where all of it is one
 * piece; and a line that is too long is one item that fails.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { openItems } from "../../src/cli/map_input.ts";
import { MAX_ITEM_BYTES } from "../../src/limits.ts";
import { linesOf, MapCluster } from "../support/map_cluster.ts";

Deno.test("the share of a small file grows with the items that are done", async () => {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, "10\n20\n30\n40\n");
    const input = await openItems(path);
    assertEquals(input.bytesOf(0), 0);
    while (await input.next() !== undefined);
    assertEquals([0, 1, 2, 4].map(input.bytesOf), [0, 3, 6, 12]);
    assertEquals(input.totalBytes, 12);
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("client map takes a line that is too long for one failed item", async () => {
  await using cluster = await MapCluster.launch(1);
  await cluster.write("same.js", "export const map = (x) => x;");
  await cluster.write("in.jsonl", `1\n"${"x".repeat(MAX_ITEM_BYTES + 200_000)}"\n3\n`);
  const args = ["same.js", "--input", "in.jsonl"];
  const error = `longer than ${MAX_ITEM_BYTES} bytes`;
  const stopped = await cluster.map(args);
  assertEquals([stopped.code, stopped.stdout], [1, "1\n"]);
  const [said, item] = linesOf(stopped.stderr);
  assertEquals(said, `client: item 2 failed (input): the line is ${error}`);
  assertEquals(/^ {2}item: "x{100,4095}$/.test(item!), true);
  const more = ["--keep-going", "--errors", "errors.jsonl", "--resume", "log"];
  for (const run of ["first", "resumed"]) {
    const { code, stdout, stderr } = await cluster.map([...args, ...more]);
    assertEquals([code, stdout], [1, "1\n3\n"], `${run}: ${stderr}`);
    const failures = linesOf(await cluster.read("errors.jsonl")).map((line) => JSON.parse(line));
    const [{ item, ...rest }] = failures;
    assertEquals(failures.length, 1);
    assertEquals(rest, { position: 2, cause: "input", error: `the line is ${error}` });
    assertEquals(/^"x{100,4095}$/.test(item), true);
  }
});
