/**
 * Purpose: on a terminal that shows both streams, results and the progress of `client map` keep apart.
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { MapCluster } from "../support/map_cluster.ts";

/** Runs a client on a terminal of its own, which gives all that it shows on stdout. */
const ON_A_TERMINAL = 'TERM=dumb exec script -qec "stty cols 100; $0 $*" /dev/null';

const hasScript = await new Deno.Command("script", { args: ["--version"] }).output()
  .then(({ success }) => success && Deno.build.os === "linux", () => false);

const SLOW = `export function map(x) {
  for (const end = performance.now() + 300; performance.now() < end;);
  return "value " + x;
}
`;

/** What stands in the lines of a terminal at the end. */
function shownLines(text: string): string[] {
  return text.replaceAll("\r\n", "\n").split("\n").map((line) => line.split("\r\x1b[K").at(-1)!);
}

Deno.test("client map on a terminal", { ignore: !hasScript }, async (t) => {
  await using cluster = await MapCluster.launch(1);
  await cluster.write("slow.js", SLOW);
  await cluster.write("in.jsonl", "1\n2\n3\n4\n");
  const args = ["slow.js", "--input", "in.jsonl"];

  await t.step("wipes the progress before results are written", async () => {
    const { code, stdout } = await cluster.map(args, { shellLine: ON_A_TERMINAL });
    assertEquals(code, 0, stdout);
    assertEquals(shownLines(stdout), [1, 2, 3, 4].map((x) => `"value ${x}"`).concat(""));
    assert(stdout.split("\x1b[K").length > 4, "the progress was drawn");
  });

  await t.step("leaves a half-written array alone", async () => {
    const words = [...args, "--reduce", "concat"];
    const { code, stdout } = await cluster.map(words, { shellLine: ON_A_TERMINAL });
    assertEquals(code, 0, stdout);
    const whole = '["value 1","value 2","value 3","value 4"]';
    assertEquals(shownLines(stdout), [whole, ""]);
  });

  await t.step("wipes the progress before failures are written", async () => {
    await cluster.write("fails.js", SLOW.replace('return "value " + x', "throw x"));
    const words = ["fails.js", "--input", "in.jsonl", "--keep-going"];
    const { code, stdout } = await cluster.map(words, { shellLine: ON_A_TERMINAL });
    assertEquals(code, 1, stdout);
    const lines = shownLines(stdout);
    assertEquals(lines.slice(-2), ["client: 4 of 4 items failed", ""]);
    for (const line of lines.slice(0, -2)) assertMatch(line, /^\{"position":/);
  });

  await t.step("shows the machines as soon as they are known, and none before", async () => {
    await cluster.replaceServer();
    const { code, stdout } = await cluster.map(args, { shellLine: ON_A_TERMINAL });
    assertEquals(code, 0, stdout);
    assert(!stdout.includes("0 machines"), stdout);
    assertMatch(stdout, / 50 % {2}2 done .* 1 machine/);
  });
});
