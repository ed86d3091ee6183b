import { assertEquals } from "@std/assert";
import * as bare from "@std/cli/parse-args";
import * as standIn from "../../npm_only/cli/parse_args.ts";
import { forEachImplementation } from "./implementations.ts";

/** One call and what it must give. */
type Case = readonly [
  what: string,
  args: readonly string[],
  options: standIn.ParseOptions,
  result: Record<string, unknown>,
];

const CASES: readonly Case[] = [
  ["no arguments", [], {}, { _: [] }],
  ["a value after = or after a blank", ["--a=1", "--b", "x"], {}, { a: 1, b: "x", _: [] }],
  ["numbers are numbers", ["--a=-3", "--b=1e3", "--c=.5"], {}, { a: -3, b: 1000, c: 0.5, _: [] }],
  ["text stays text", ["--a=-3", "--b=1e3"], { string: ["a", "b"] }, { a: "-3", b: "1e3", _: [] }],
  ["a long integer keeps its digits", ["--n=1000000000000000000000"], { string: "n" }, {
    n: "1000000000000000000000",
    _: [],
  }],
  ["an empty value", ["--a="], { string: "a" }, { a: "", _: [] }],
  ["text without a value is empty", ["--a"], { string: "a" }, { a: "", _: [] }],
  ["a negative number is no value", ["--a", "-3"], { string: "a" }, { a: "", 3: true, _: [] }],
  ["= in a value", ["--a=b=c"], {}, { a: "b=c", _: [] }],
  ["blanks and quotes in a value", ["--a= x \"y' "], {}, { a: " x \"y' ", _: [] }],
  ["a line end in a value", ["--a=x\ny"], { string: "a" }, { a: "x\ny", _: [] }],
  ["characters beyond ASCII", ["--país=España"], {}, { "país": "España", _: [] }],
  ["positionals", ["x", "1", "--a=b", "y"], {}, { a: "b", _: ["x", 1, "y"] }],
  ["positionals as text", ["1", "2"], { string: "_" }, { _: ["1", "2"] }],
  ["an absent boolean is false", [], { boolean: ["a"] }, { a: false, _: [] }],
  ["a boolean takes no value", ["--a", "x"], { boolean: ["a"] }, { a: true, _: ["x"] }],
  ["a boolean takes true and false", ["--a", "false", "--b=true"], { boolean: ["a", "b"] }, {
    a: false,
    b: true,
    _: [],
  }],
  ["all are boolean", ["--a", "x", "--b=y"], { boolean: true }, { a: true, b: "y", _: ["x"] }],
  ["the last of a repeated flag counts", ["--a=1", "--a=2"], {}, { a: 2, _: [] }],
  ["the last of repeated text counts", ["--a=1", "--a=2"], { string: "a" }, { a: "2", _: [] }],
  ["the last of a repeated boolean counts", ["--a", "--a=false"], { boolean: "a" }, {
    a: false,
    _: [],
  }],
  ["collected once", ["--a=x"], { collect: "a" }, { a: ["x"], _: [] }],
  ["collected text", ["--a=1", "--a", "2"], { collect: ["a"], string: ["a"] }, {
    a: ["1", "2"],
    _: [],
  }],
  ["collected text that is absent", [], { collect: "a", string: "a" }, { a: [], _: [] }],
  ["collected and absent", [], { collect: "a" }, { _: [] }],
  ["a negatable flag", ["--no-a"], { boolean: "a", negatable: "a" }, { a: false, _: [] }],
  ["negation with a default", ["--no-a"], {
    boolean: "a",
    negatable: "a",
    default: { a: true },
  }, { a: false, _: [] }],
  ["no other flag is negated", ["--no-a"], {}, { "no-a": true, _: [] }],
  ["no other boolean is negated", ["--no-a"], { boolean: ["a"] }, {
    a: false,
    "no-a": true,
    _: [],
  }],
  ["a default", [], { default: { a: 1, b: ["x"] } }, { a: 1, b: ["x"], _: [] }],
  ["a default that is not needed", ["--a=2"], { default: { a: 1 } }, { a: 2, _: [] }],
  ["a default for a boolean", [], { boolean: "a", default: { a: true } }, { a: true, _: [] }],
  ["a default array is kept whole", [], { default: { a: ["x", "y"] }, collect: "a" }, {
    a: ["x", "y"],
    _: [],
  }],
  ["an alias", ["-a", "x"], { alias: { a: "all" } }, { a: "x", all: "x", _: [] }],
  ["the alias of text", ["--all=1"], { alias: { a: ["all"] }, string: "a" }, {
    a: "1",
    all: "1",
    _: [],
  }],
  ["the alias of a boolean", ["-v", "x"], { alias: { verbose: "v" }, boolean: "verbose" }, {
    v: true,
    verbose: true,
    _: ["x"],
  }],
  ["the alias of a default", [], { alias: { a: "all" }, default: { a: 1 } }, {
    a: 1,
    all: 1,
    _: [],
  }],
  ["the alias of a collected flag", ["-a", "x", "--all=y"], {
    alias: { a: "all" },
    collect: "a",
  }, { a: ["x", "y"], all: ["x", "y"], _: [] }],
  ["short flags together", ["-abc", "x"], {}, { a: true, b: true, c: "x", _: [] }],
  ["a number glued to a short flag", ["-n5"], {}, { n: 5, _: [] }],
  ["a short flag with =", ["-n=5", "-s=x"], { string: "s" }, { n: 5, s: "x", _: [] }],
  ["after --", ["--a=1", "--", "--b", "2"], {}, { a: 1, _: ["--b", "2"] }],
  ["after --, kept apart", ["x", "--", "--b", "2"], { "--": true }, {
    _: ["x"],
    "--": ["--b", "2"],
  }],
  ["nothing after --", ["x"], { "--": true }, { _: ["x"], "--": [] }],
  ["a second --", ["--", "a", "--", "b"], { "--": true }, { _: [], "--": ["a", "--", "b"] }],
  ["stopping early", ["--a=1", "run", "--a=2", "--no-b"], { stopEarly: true }, {
    a: 1,
    _: ["run", "--a=2", "--no-b"],
  }],
  ["stopping early, and --", ["run", "--a", "--", "x"], { stopEarly: true }, {
    _: ["run", "--a", "x"],
  }],
  ["unknown flags are left out", ["--a=1", "--b=2", "x"], { string: "a", unknown: () => false }, {
    a: "1",
    _: [],
  }],
  ["a collected flag is known", ["--a=x"], { collect: "a", unknown: () => false }, {
    a: ["x"],
    _: [],
  }],
  ["an attack on the prototype", ["--__proto__=x", "--__proto__.a=1"], {}, { _: [] }],
];

forEachImplementation("@std/cli/parse-args", standIn, bare, (label, { parseArgs }) => {
  Deno.test(`${label}: parseArgs() gives what the table says`, async (t) => {
    for (const [what, args, options, result] of CASES) {
      await t.step(what, () => assertEquals({ ...parse(parseArgs, args, options) }, result));
    }
  });

  Deno.test(`${label}: parseArgs() asks about each unknown flag and positional by name`, () => {
    const asked: unknown[] = [];
    parseArgs(["--known=1", "--other=2", "x"], {
      string: "known",
      unknown: (...question: unknown[]) => asked.push(question),
    });
    assertEquals(asked, [["--other=2", "other", "2"], ["x"]]);
  });

  Deno.test(`${label}: parseArgs() leaves its arguments as they were`, () => {
    const args = Object.freeze(["--a", "x", "--", "--b"]);
    parseArgs(args);
    assertEquals(args, ["--a", "x", "--", "--b"]);
  });
});

/** The options of a table are of a wide type, which only a call without inference takes. */
function parse(
  parseArgs: unknown,
  args: readonly string[],
  options: standIn.ParseOptions,
): Record<string, unknown> {
  const call = parseArgs as (
    args: readonly string[],
    options: standIn.ParseOptions,
  ) => Record<string, unknown>;
  return call(args, options);
}
