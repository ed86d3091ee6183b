import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  decodeReply,
  doubleResult,
  integerResult,
  knownError,
  type Reply,
  replyError,
} from "../../../src/protocol/decode_reply.ts";
import { wireError } from "../../../src/protocol/errors.ts";

function reply(text: string): Reply {
  const decoded = decodeReply(text);
  assert(decoded !== undefined, text);
  return decoded;
}

Deno.test("decodeReply() refuses what is no reply", () => {
  const texts = [
    "",
    "hello",
    "null",
    "true",
    "[]",
    '["ok"]',
    "{}",
    '{"ok":1}',
    '{"ok":"true"}',
    '{"ok":null}',
    '{"OK":true}',
    '{"__proto__":{"ok":true}}',
    '{"ok":false}',
    '{"ok":false,"error":null}',
    '{"ok":false,"error":{"text":"x"}}',
    '{"ok":true,"id":1.5}',
    '{"ok":true,"id":9007199254740992}',
    '{"ok":true,"id":[]}',
    '{"ok":true}}',
    "[".repeat(500_000),
  ];
  for (const text of texts) assertEquals(decodeReply(text), undefined, text.slice(0, 40));
});

Deno.test("decodeReply() takes every reply, with or without an id", () => {
  assertEquals(reply('{"ok":true}').id, undefined);
  assertEquals(reply(' {"id":0,"ok":true} ').id, 0);
  assertEquals(reply('{"ok":true,"id":"x","more":[1]}').id, "x");
  assertEquals(
    reply('{"id":null,"ok":true}').id,
    undefined,
    "the echo of an id that was not given",
  );
  assertEquals(reply('{"ok":false,"error":""}').ok, false);
  assertEquals(reply('{"ok":false,"ok":true}').ok, true);
});

Deno.test("decodeReply() never throws", () => {
  fc.assert(fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.json()), (text) => {
    decodeReply(text);
  }));
});

Deno.test("a double result is a finite number, or none", () => {
  const cases: readonly (readonly [string, number | undefined])[] = [
    ["15", 15],
    ["15.0", 15],
    ["-0.0", -0],
    ["1e400", undefined],
    ["-1e400", undefined],
    ['"15"', undefined],
    ["null", undefined],
    ["[15]", undefined],
  ];
  for (const [source, expected] of cases) {
    assertEquals(doubleResult(reply(`{"ok":true,"result":${source}}`)), expected, source);
  }
  assertEquals(doubleResult(reply('{"ok":true}')), undefined);
});

Deno.test("an integer result is exact, of any size that a sum can have", () => {
  const cases: readonly (readonly [string, bigint | undefined])[] = [
    ["0", 0n],
    ["285", 285n],
    ["285.0", 285n],
    ["2.85e2", 285n],
    ["-0", 0n],
    ["9007199254740993", 2n ** 53n + 1n],
    ["9".repeat(4000), 10n ** 4000n - 1n],
    ["9".repeat(4001), undefined],
    ["9007199254740993.0", undefined],
    ["1e300", undefined],
    ["1e400", undefined],
    ["-1", undefined],
    ["-9007199254740993", undefined],
    ["1.5", undefined],
    ['"285"', undefined],
    ["null", undefined],
    ["{}", undefined],
  ];
  for (const [source, expected] of cases) {
    const found = integerResult(reply(`{"ok":true,"result":${source}}`));
    assertEquals(found, expected, source.slice(0, 40));
  }
  assertEquals(integerResult(reply('{"ok":true}')), undefined);
  const nested = '{"ok":true,"x":{"result":3},"result":9007199254740993,"y":[{"result":4}]}';
  assertEquals(integerResult(reply(nested)), 2n ** 53n + 1n);
});

Deno.test("the error of a reply has its text, and its code if that is a text", () => {
  assertEquals(replyError(reply('{"ok":false,"error":"x","code":"y"}')), { code: "y", text: "x" });
  assertEquals(replyError(reply('{"ok":false,"error":"x","code":1}')), {
    code: undefined,
    text: "x",
  });
});

Deno.test("an error is known by its code, or by its text where there is no code", () => {
  const among = ["division_by_zero", "overflow"] as const;
  const zero = wireError("division_by_zero");
  const cases: readonly (readonly [string, ReturnType<typeof knownError>])[] = [
    ['"error":"División por cero"', zero],
    ['"error":"anything","code":"division_by_zero"', zero],
    ['"error":"División por cero","code":"bad_op"', undefined],
    ['"error":"División por cero","code":"constructor"', undefined],
    ['"error":"División por cero","code":"deadline_exceeded"', undefined],
    ['"error":"división por cero"', undefined],
    ['"error":"el resultado es demasiado grande"', wireError("overflow")],
    ['"error":"ningún worker disponible"', undefined],
  ];
  for (const [members, expected] of cases) {
    assertEquals(knownError(reply(`{"ok":false,${members}}`), among), expected, members);
  }
});
