/**
 * Purpose: PROTOCOL.md says what the programs do. Its transcripts are replayed, and its catalogue of errors
 * is held to the code.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { isErrorCode, wireError } from "../../src/protocol/errors.ts";
import { blocksOf, readProjectFile, tableRows } from "./markdown.ts";
import { replay } from "./replay.ts";

const protocol = await readProjectFile("PROTOCOL.md");
const blocks = blocksOf(protocol);

/** Codes that no transcript can show in a reply, each with the reason. */
const NOT_SHOWN: Readonly<Record<string, string>> = {
  invalid_utf8: "has no id",
  invalid_json: "has no id",
  not_an_object: "has no id",
  bad_id: "has no id",
  line_too_long: "has no id",
  no_room_for_line: "has no id",
  http_request: "has no id",
  empty_line: "is the client's own",
  integer_too_long: "needs a line of more than 1,000 characters",
  too_many_workers: "needs 10,000 workers",
  join_not_alone:
    "needs two requests on their way at once; tests/end_to_end/joining_test.ts has it",
  channel_not_alone: "needs two requests on their way at once",
  too_many_jobs: "needs 64 jobs",
};

for (const block of blocks) {
  Deno.test(`PROTOCOL.md, line ${block.line}: ${block.info}`, () => replay(block));
}

Deno.test("PROTOCOL.md has transcripts of every kind, and no other blocks", () => {
  const kinds = new Set(blocks.map(({ info }) => info));
  assertEquals([...kinds].sort(), [
    "transcript calc_server",
    "transcript calc_server beyond loopback",
    "transcript calc_server whose workers are down",
    "transcript coordinator",
    "transcript coordinator that a worker joins",
    "transcript worker",
    "transcript worker that runs code",
  ]);
});

Deno.test("PROTOCOL.md lists every error of the code, with its text, and no other", async () => {
  const source = await readProjectFile("src/protocol/errors.ts");
  const [, catalogue = ""] = /const CATALOGUE = \{\n(.*?)\n\} as const/s.exec(source) ?? [];
  const codes = [...catalogue.matchAll(/^ {2}(\w+):/gm)].map(([, code]) => code!);
  assert(codes.length > 20 && codes.every(isErrorCode), "the catalogue was not found");
  const listed = tableRows(protocol)
    .map(([first = "", text]) => [/^`([a-z_0-9]+)`$/.exec(first)?.[1] ?? "", text])
    .filter(([code]) => code !== "" && isErrorCode(code!));
  assertEquals(listed, codes.map((code) => [code, wireError(code).text]));
});

Deno.test("PROTOCOL.md lists no code that the programs do not know", () => {
  const rows = tableRows(protocol);
  const first = rows.findIndex(([head]) => head === "code");
  const rest = rows.slice(first + 1).map(([code]) => /^`(\w+)`$/.exec(code!)?.[1]);
  const codes = rest.slice(0, rest.indexOf(undefined)).map((code) => code!);
  assert(codes.length > 20, "the catalogue was not found");
  assertEquals(codes.filter((code) => !isErrorCode(code)), []);
});

Deno.test("every error that a reply can name stands in a transcript", () => {
  const shown = blocks.flatMap(({ lines }) => lines).join("\n");
  const missing = tableRows(protocol)
    .map(([code]) => /^`([a-z_0-9]+)`$/.exec(code ?? "")?.[1] ?? "")
    .filter((code) => code !== "" && isErrorCode(code) && !(code in NOT_SHOWN))
    .filter((code) => !shown.includes(`"code":"${code}"`));
  assertEquals(missing, []);
});
