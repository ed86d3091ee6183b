/**
 * The types that the project relies on, checked by the compiler: a wrong one keeps this file from
 * being loaded. They hold for the real packages as well, which is what the bare specifiers give
 * where JSR is in reach.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertExists,
  assertInstanceOf,
  AssertionError,
  assertRejects,
  assertStrictEquals,
  assertThrows,
  fail,
  unreachable,
} from "@std/assert";
import { parseArgs } from "@std/cli/parse-args";
import { type JsonValue, parse } from "@std/jsonc";
import { TextLineStream } from "@std/streams/text-line-stream";
import { toTransformStream } from "@std/streams/to-transform-stream";

/** `true` only if both types are the same, which assignability alone does not show. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
  : false;

/** Does nothing when run; what it is given is what the compiler checks. */
function holds<_T extends true>(): void {}

Deno.test("types: parseArgs() types each flag by its options", () => {
  const flags = parseArgs(["--host=x"], {
    string: ["host", "workers", "port"],
    boolean: ["pretty"],
    collect: ["workers"],
    default: { port: "5000" },
    "--": true,
  });
  holds<Same<typeof flags.host, string | undefined>>();
  holds<Same<typeof flags.workers, string[]>>();
  holds<Same<typeof flags.port, string>>();
  holds<Same<typeof flags.pretty, boolean>>();
  holds<Same<typeof flags._, (string | number)[]>>();
  holds<Same<(typeof flags)["--"], string[]>>();
  holds<Same<typeof flags.unheardOf, unknown>>();
  assertEquals(flags.host, "x");
});

Deno.test("types: parseArgs() without names types every flag as anything", () => {
  const flags = parseArgs(["--host=x"]);
  const host: string = flags.host;
  assertEquals(host, "x");
});

Deno.test("types: parseArgs() takes lists of names that are known at run time only", () => {
  const names: string[] = ["host"];
  const flags: Record<string, unknown> = parseArgs(["--host=x"], {
    string: names,
    collect: names,
    unknown: (argument: string, name?: string) => argument === name,
  });
  assertEquals(flags.host, ["x"]);
});

Deno.test("types: assertions narrow what they are given", () => {
  const text: unknown = "x";
  assert(typeof text === "string");
  holds<Same<typeof text, string>>();
  const maybe: string | undefined = ["x"][0];
  assertExists(maybe);
  holds<Same<typeof maybe, string>>();
  const something: unknown = new Date();
  assertInstanceOf(something, Date);
  holds<Same<typeof something, Date>>();
  const one: unknown = 1;
  assertStrictEquals<1>(one, 1);
  holds<Same<typeof one, 1>>();
  const never: () => never = () => fail() ?? unreachable();
  assertThrows(never);
  holds<Same<ReturnType<typeof unreachable>, never>>();
});

Deno.test("types: assertThrows() and assertRejects() give the error of the class asked for", async () => {
  const thrown = assertThrows(() => fail(), AssertionError);
  holds<Same<typeof thrown, AssertionError>>();
  const reason = await assertRejects(() => Promise.reject(new RangeError()), RangeError);
  holds<Same<typeof reason, RangeError>>();
  const anything = assertThrows(() => fail());
  holds<Same<typeof anything, unknown>>();
});

Deno.test("types: parse() gives a JSON value, and the streams what they yield", async () => {
  const value = parse("[]");
  holds<Same<typeof value, JsonValue>>();
  const lengths = ReadableStream.from(["ab\n"])
    .pipeThrough(new TextLineStream({ allowCR: false }))
    .pipeThrough(toTransformStream(async function* (lines: ReadableStream<string>) {
      for await (const line of lines) yield line.length;
    }));
  holds<Same<typeof lengths, ReadableStream<number>>>();
  assertEquals(await Array.fromAsync(lengths), [2]);
});
