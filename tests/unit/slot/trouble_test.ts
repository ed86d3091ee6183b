import { assertEquals } from "@std/assert";
import { MODULE_ADDRESS, withoutOtherFrames } from "../../../src/slot/trouble.ts";

const OWN = `${MODULE_ADDRESS}Ow==`;
const OURS = new URL("../../../src/slot/chunk_runner.ts", import.meta.url).href;

/** What is seen of printed lines. */
function seen(...lines: readonly string[]): readonly string[] {
  return withoutOtherFrames(lines.join("\n"), "f.js").split("\n");
}

Deno.test("of frames in what is printed the function's own are seen, and no text is lost behind the others", () => {
  assertEquals(
    seen(
      "caught Error: logged",
      `    at inner (${OWN}:3:17)`,
      `    at Array.<anonymous> (${OWN}:4:1)`,
      "    at Array.forEach (<anonymous>)",
      `    at ${OWN}:5:1`,
      "    at async Promise.all (index 0)",
      `    at ChunkRunner.#runItems (${OURS}:166:23)`,
      `    at async ${OURS}:166:23`,
      "    at eventLoopTick (ext:core/01_core.js:217:9)",
      "Caused by Error: first",
      `    at async map (${OWN}:6:1)`,
      "    at eventLoopTick (ext:core/01_core.js:217:9) RangeError: the next value",
      `    at map (${OWN}:7:1)`,
      "    at process.processTicks (node:internal/process:1:2) {",
      "  more: 1",
      "}",
    ),
    [
      "caught Error: logged",
      "    at inner (f.js:3:17)",
      "    at Array.<anonymous> (f.js:4:1)",
      "    at f.js:5:1",
      "Caused by Error: first",
      "    at async map (f.js:6:1) RangeError: the next value",
      "    at map (f.js:7:1) {",
      "  more: 1",
      "}",
    ],
  );
});

Deno.test("what only looks like a frame is printed", () => {
  const lines = [
    "",
    "    at home (index 3)",
    "    at noon",
    "at ext:core/1:2:3",
    "    at (some) ext:a:1:2",
  ];
  assertEquals(seen(...lines), lines);
});
