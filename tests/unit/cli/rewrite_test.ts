import { assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import type { Grammar } from "../../../src/cli/flags.ts";
import { addressList, numberOrCores, path, port, toggle } from "../../../src/cli/kinds.ts";
import { decimal } from "../../../src/cli/numbers.ts";
import { rewriteArguments } from "../../../src/cli/rewrite.ts";
import { ROLES } from "../../../src/cli/roles.ts";
import { usageError } from "./support.ts";

/** One flag of each arity, and subcommands with and without operands. */
const GRAMMAR: Grammar = {
  flags: {
    a: { kind: decimal, help: "" },
    file: { kind: path, help: "" },
    port: { kind: port(0), help: "" },
    local: { kind: numberOrCores({ min: 1, max: 9 }), help: "" },
    workers: { kind: addressList, help: "" },
    pretty: { kind: toggle, help: "" },
    help: { kind: toggle, help: "" },
  },
  subcommands: {
    status: { help: "", operands: [], flags: [] },
    drain: { help: "", operands: ["WORKER", "REASON"], flags: [] },
  },
  operations: { add: "" },
};

const rewrite = (...args: string[]) => rewriteArguments(args, GRAMMAR);

Deno.test("rewriteArguments() gives one --flag=value for each flag", () => {
  const cases: readonly (readonly [string[], string[]])[] = [
    [[], []],
    [["--a", "-3"], ["--a=-3"]],
    [["--a=-1e9"], ["--a=-1e9"]],
    [["--a", "-.5"], ["--a=-.5"]],
    [["--file", "a=b"], ["--file=a=b"]],
    [["--file=a=b"], ["--file=a=b"]],
    [["--file=--port"], ["--file=--port"]],
    [["--file", "-"], ["--file=-"]],
    [["--file", "with space\nand line"], ["--file=with space\nand line"]],
    [["--pretty"], ["--pretty=true"]],
    [["--pretty", "--a", "1"], ["--pretty=true", "--a=1"]],
    [["--workers", "a:1", "b:2", "c:3"], ["--workers=a:1,b:2,c:3"]],
    [["--workers", "a:1,b:2", "c:3", "--a", "1"], ["--workers=a:1,b:2,c:3", "--a=1"]],
    [["--workers", "a:1,", "b:2", ",", "c:3"], ["--workers=a:1,b:2,c:3"]],
    [["--workers", "a:1 b:2"], ["--workers=a:1,b:2"]],
    [["--workers=a:1", "--a", "1", "--workers", "b:2"], ["--workers=a:1,b:2", "--a=1"]],
    [["--local"], ["--local=cores"]],
    [["--local", "4"], ["--local=4"]],
    [["--local=4"], ["--local=4"]],
    [["--local", "--a", "1"], ["--local=cores", "--a=1"]],
    [["--local", "-4"], ["--local=-4"]],
    [["-h"], ["--help=true"]],
    [["--local", "-h"], ["--local=cores", "--help=true"]],
    [["--", "--a", "1"], ["--a=1"]],
    [["--"], []],
  ];
  for (const [args, expected] of cases) assertEquals(rewrite(...args), expected, args.join(" "));
});

Deno.test("rewriteArguments() takes flags before and after the subcommand and its operands", () => {
  const cases: readonly (readonly [string[], string[]])[] = [
    [["status"], ["--", "status"]],
    [["--", "status"], ["--", "status"]],
    [["status", "--a", "1"], ["--a=1", "--", "status"]],
    [["--a", "1", "status"], ["--a=1", "--", "status"]],
    [["--pretty", "status"], ["--pretty=true", "--", "status"]],
    [["--workers", "a:1", "b:2", "status"], ["--workers=a:1,b:2", "--", "status"]],
    [["drain", "--a", "1", "7", "--pretty", "0x10"], [
      "--a=1",
      "--pretty=true",
      "--",
      "drain",
      "7",
      "0x10",
    ]],
    [["drain", "status", "drain"], ["--", "drain", "status", "drain"]],
  ];
  for (const [args, expected] of cases) assertEquals(rewrite(...args), expected, args.join(" "));
});

Deno.test("rewriteArguments() refuses what is wrong, by name", () => {
  const cases: readonly (readonly [string[], string])[] = [
    [["--prot", "1"], 'unknown flag "--prot"; did you mean "--port"?'],
    [["--prot=1"], 'unknown flag "--prot"; did you mean "--port"?'],
    [["--verbose"], 'unknown flag "--verbose"'],
    [["--toString"], 'unknown flag "--toString"'],
    [["--__proto__=1"], 'unknown flag "--__proto__"'],
    [["--=1"], 'unknown flag "--"'],
    [["-port", "1"], 'unknown flag "-port"; did you mean "--port"?'],
    [["-v"], 'unknown flag "-v"'],
    [["--a", "-h"], "--a needs a value: --a NUMBER"],
    [["-constructor"], 'unknown flag "-constructor"'],
    [["--a", "1", "--a", "2"], "--a is given more than once"],
    [["--a=1", "--a=1"], "--a is given more than once"],
    [["--pretty", "--pretty"], "--pretty is given more than once"],
    [["--local", "--local", "3"], "--local is given more than once"],
    [["--a"], "--a needs a value: --a NUMBER"],
    [["--a", "--pretty"], "--a needs a value: --a NUMBER"],
    [["--a", "--"], "--a needs a value: --a NUMBER"],
    [["--a="], "--a needs a value: --a NUMBER"],
    [["--file", ""], "--file needs a value: --file FILE"],
    [["--local="], "--local needs a value: --local N"],
    [["--workers"], "--workers needs a value: --workers HOST:PORT..."],
    [["--workers", ","], "--workers needs a value: --workers HOST:PORT..."],
    [["--workers", "a:1", "--workers"], "--workers needs a value: --workers HOST:PORT..."],
    [["--pretty=true"], "--pretty takes no value"],
    [["--pretty="], "--pretty takes no value"],
    [["--a", "1", "2"], 'unknown subcommand "2"'],
    [["--workers=a:1", "b:2"], 'unknown subcommand "b:2"'],
    [["stauts"], 'unknown subcommand "stauts"; did you mean "status"?'],
    [["add", "1", "2"], 'unknown subcommand "add"; did you mean "--op add"?'],
    [["toString"], 'unknown subcommand "toString"'],
    [["status", "ping"], 'unexpected argument "ping"'],
    [["status", "-3"], 'unexpected argument "-3"'],
    [["-3"], 'unexpected argument "-3"'],
    [["-"], 'unexpected argument "-"'],
    [[""], 'unexpected argument ""'],
    [["--a", "1", "--"], 'unexpected argument "--"'],
    [["--", "--"], 'unexpected argument "--"'],
    [["drain", "-3", "x"], 'unexpected argument "-3"'],
    [["drain"], "drain needs WORKER"],
    [["drain", "w1"], "drain needs REASON"],
    [["drain", "w1", "r", "x"], 'unexpected argument "x"'],
  ];
  for (const [args, expected] of cases) {
    assertEquals(usageError(() => rewrite(...args)).message, expected, args.join(" "));
  }
});

Deno.test("rewriteArguments() tells which flag an error is about", () => {
  assertEquals(usageError(() => rewrite("--a")).flag, "a");
  assertEquals(usageError(() => rewrite("--prot=1")).flag, "prot");
});

Deno.test("rewriteArguments() refuses every word where a role has no subcommands", () => {
  const { message } = usageError(() => rewriteArguments(["status"], ROLES.worker));
  assertStringIncludes(message, 'unexpected argument "status"');
});

/** A way to write one flag, and what must become of it. */
interface Written {
  readonly name: string;
  readonly args: string[];
  readonly rewritten: string;
}

function written(name: string, values: fc.Arbitrary<string>): fc.Arbitrary<Written> {
  return fc.tuple(values, fc.boolean()).map(([value, isAttached]) => ({
    name,
    args: isAttached ? [`--${name}=${value}`] : [`--${name}`, value],
    rewritten: `--${name}=${value}`,
  }));
}

const notEmpty = fc.string({ minLength: 1, unit: "binary" });
const someWritten = fc.oneof(
  written("a", fc.double().map(String)),
  written("file", notEmpty.filter((text) => !text.startsWith("--"))),
  written("local", fc.integer().map(String)),
  written("port", fc.nat().map(String)),
  fc.constant<Written>({ name: "pretty", args: ["--pretty"], rewritten: "--pretty=true" }),
  fc.tuple(fc.uniqueArray(fc.ipV4(), { minLength: 1 }), fc.constantFrom("space", "comma", "flags"))
    .map(([hosts, form]): Written => {
      const list = hosts.map((host) => `${host}:1`);
      const repeated = list.flatMap((address) => ["--workers", address]);
      const spaced = form === "space" ? ["--workers", ...list] : ["--workers", list.join(",")];
      const args = form === "flags" ? repeated : spaced;
      return { name: "workers", args, rewritten: `--workers=${list.join(",")}` };
    }),
);

Deno.test("rewriteArguments() gives back any values, however flags and subcommand are mixed", () => {
  const flags = fc.uniqueArray(someWritten, { selector: (one) => one.name });
  fc.assert(fc.property(flags, fc.nat(), fc.boolean(), (flags, position, isDashed) => {
    const parts = flags.map((one) => one.args);
    parts.splice(position % (parts.length + 1), 0, ["status"]);
    const args = [...(isDashed ? ["--"] : []), ...parts.flat()];
    const expected = [...flags.map((one) => one.rewritten), "--", "status"];
    assertEquals(rewriteArguments(args, GRAMMAR), expected);
  }));
});

Deno.test("rewriteArguments() changes nothing that is rewritten already", () => {
  const flags = fc.uniqueArray(someWritten.filter((one) => one.name !== "pretty"), {
    selector: (one) => one.name,
  });
  fc.assert(fc.property(flags, (flags) => {
    const rewritten = rewriteArguments(flags.flatMap((one) => one.args), GRAMMAR);
    assertEquals(rewriteArguments(rewritten, GRAMMAR), rewritten);
  }));
});

Deno.test("rewriteArguments() ends for any arguments, with a result or a UsageError", () => {
  const word = fc.oneof(
    fc.constantFrom("--a", "--workers", "--local", "--pretty", "--", "-", "status", "drain", "1"),
    fc.string(),
  );
  fc.assert(fc.property(fc.array(word), (args) => {
    try {
      for (const one of rewriteArguments(args, GRAMMAR)) assertEquals(typeof one, "string");
    } catch (error) {
      usageError(() => {
        throw error;
      });
    }
  }));
});
