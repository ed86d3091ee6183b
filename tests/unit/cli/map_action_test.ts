import { assertEquals } from "@std/assert";
import { readClientCommand } from "../../../src/cli/commands.ts";
import type { MapAction } from "../../../src/cli/map_action.ts";
import { json, range } from "../../../src/cli/map_flags.ts";
import { noFile, oneFile, usageError } from "./support.ts";

function action(args: readonly string[], file?: unknown): MapAction {
  const all = file === undefined ? args : [...args, "--config", "c.jsonc"];
  const configReader = file === undefined ? noFile : oneFile(JSON.stringify(file));
  const command = readClientCommand(all, configReader);
  if (command.kind !== "run" || command.options.action.kind !== "map") throw new Error("no map");
  return command.options.action;
}

const problem = (args: readonly string[], file?: unknown) =>
  usageError(() => action(args, file)).message;

const DEFAULTS = {
  kind: "map",
  modulePath: "f.ts",
  seed: 0,
  keepsGoing: false,
  showsProgress: false,
  isHere: false,
} as const;

Deno.test("map takes a range, or lines of a file or of stdin", () => {
  const numbers = { first: 1n, count: 10 };
  assertEquals(action(["map", "f.ts", "--range", "1..10"]), { ...DEFAULTS, range: numbers });
  assertEquals(action(["map", "f.ts", "--input", "-"]), DEFAULTS);
  assertEquals(action(["--input", "in.jsonl", "map", "f.ts"]), {
    ...DEFAULTS,
    inputPath: "in.jsonl",
  });
});

Deno.test("map takes its flags", () => {
  const words =
    "map f.ts --input - --output out --reduce sum --seed 9007199254740991 --keep-going " +
    "--errors bad --resume log --progress --item-timeout 250ms --here";
  assertEquals(action([...words.split(" "), "--args", ' {"a": 12345678901234567890} ']), {
    kind: "map",
    modulePath: "f.ts",
    outputPath: "out",
    reduce: "sum",
    args: '{"a": 12345678901234567890}',
    seed: 2 ** 53 - 1,
    keepsGoing: true,
    errorsPath: "bad",
    logPath: "log",
    showsProgress: true,
    itemTimeoutMs: 250,
    isHere: true,
  });
});

Deno.test("map says which of its flags do not go together", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["map", "map needs FILE"],
    ["map f.ts", "map needs its items: --range A..B, or --input FILE (- for stdin)"],
    ["map f.ts --range 1..2 --input x", "--range and --input exclude each other"],
    [
      "map f.ts --input x --errors e",
      "--errors belongs to --keep-going: without it the first error ends the job",
    ],
    ["map f.ts --range 1..2 --here --port 5", "--here and --port exclude each other"],
    ["map f.ts --range 1..2 --pretty", "--pretty does not belong to map, but to"],
    ["map f.ts --range 1..2 --window 3", "--window does not belong to map, but to --batch"],
    ["jobs --reduce sum", "--reduce does not belong to jobs, but to map"],
    ["cancel", "cancel needs JOB"],
  ];
  for (const [words, expected] of cases) {
    assertEquals(problem(words.split(" ")).slice(0, expected.length), expected);
  }
});

Deno.test("a range or an input that is typed goes before the other one of the config file", () => {
  const file = { client: { input: "in.jsonl" } };
  assertEquals(action(["map", "f.ts", "--range", "1..2"], file).range?.count, 2);
  assertEquals(action(["map", "f.ts"], file).inputPath, "in.jsonl");
  const typed = action(["map", "f.ts", "--input", "x"], { client: { range: "1..2" } });
  assertEquals([typed.range, typed.inputPath], [undefined, "x"]);
  assertEquals(action(["map", "f.ts", "--input", "x"], { args: { a: [1] } }).args, '{"a":[1]}');
});

Deno.test("a range has both of its ends, of any size", () => {
  const large = 10n ** 999n;
  const cases: readonly (readonly [string, bigint, number])[] = [
    ["1..10", 1n, 10],
    ["7..7", 7n, 1],
    ["-5..+5", -5n, 11],
    [`${large}..${large + 2n}`, large, 3],
    [`-${2 ** 53 - 2}..-1`, 2n - 2n ** 53n, 2 ** 53 - 2],
  ];
  for (const [text, first, count] of cases) {
    assertEquals(range.readText(text), { value: { first, count } });
  }
});

Deno.test("what is no range is refused", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["2..1", /^is empty/],
    ["1...3", /^is not a range/],
    ["1-3", /^is not a range/],
    ["1..", /^is not a range/],
    ["1..1e3", /^is not a range/],
    ["0x1..3", /^is not a range/],
    [`1..${2 ** 53 - 1}`, /^is too long/],
    [`1..${"9".repeat(1001)}`, /^is not a range/],
  ];
  for (const [text, expected] of cases) {
    const outcome = range.readText(text);
    assertEquals(expected.test("problem" in outcome ? outcome.problem : "taken"), true, text);
  }
});

Deno.test("arguments are any JSON, on one line and to the last digit", () => {
  for (const text of ["null", "-3", '"a\\nb"', "[12345678901234567890]", '{"a":{}}']) {
    assertEquals(json.readText(text), { value: text });
  }
  assertEquals(json.readText('{\n  "a": 1\r\n}\n'), { value: '{   "a": 1 }' });
  for (const text of ["", "{", "undefined", "'a'", `"${"x".repeat(256 * 1024)}"`]) {
    assertEquals("problem" in json.readText(text), true, text.slice(0, 20));
  }
});
