import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { decodeReply, doubleResult, integerResult } from "../../../src/protocol/decode_reply.ts";
import { decodeRequest } from "../../../src/protocol/decode_request.ts";
import {
  encodeArithmeticReply,
  encodeCalculation,
  encodeErrorReply,
  encodeOkReply,
  encodeRangeReply,
  encodeSumReply,
  requestBody,
} from "../../../src/protocol/encode.ts";
import { wireError } from "../../../src/protocol/errors.ts";
import type { Request } from "../../../src/protocol/messages.ts";

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const whole = fc.bigInt({ min: 0n, max: 10n ** 1000n - 1n });
const id = fc.oneof(fc.string({ unit: "binary" }), fc.maxSafeInteger().map((value) => value + 0));
const envelope = fc.record({
  id,
  timeoutMs: fc.double({ min: 0, max: 86_400_000, noNaN: true }).map((value) => value + 0),
  explain: fc.boolean(),
  hops: fc.nat({ max: 8 }),
}, { requiredKeys: [] });
const range = fc.tuple(whole, whole).map(([one, other]) =>
  one <= other ? { a: one, b: other } : { a: other, b: one }
);
const name = fc.string({ unit: "binary", minLength: 1, maxLength: 100 });
const arithmetic = fc.record({
  op: fc.constantFrom("add" as const, "sub", "mul", "div"),
  a: finite,
  b: finite,
});
const request: fc.Arbitrary<Request> = fc.tuple(
  fc.oneof(
    arithmetic,
    fc.record({ op: fc.constant("sum_squares" as const), n: whole }),
    range.map((ends) => ({ op: "sum_range" as const, ...ends })),
    fc.record({ op: fc.constant("hello" as const), protocol: fc.integer({ min: 1 }) }),
    fc.record({ op: fc.constantFrom("status" as const, "ping") }),
    fc.record({ op: fc.constantFrom("drain" as const, "undrain"), worker: name }),
  ),
  envelope,
).map(([operation, extra]) => ({ ...operation, ...extra }));

Deno.test("every request is decoded as it was encoded", () => {
  fc.assert(
    fc.property(request, (original) => {
      const { id, ...rest } = original;
      assertEquals(decodeRequest(`{${requestBody(original)}`), rest as Request);
      if (id === undefined) return;
      const line = `{"id":${JSON.stringify(id)},${requestBody(original)}`;
      assertEquals(decodeRequest(line), original);
    }),
    { numRuns: 500 },
  );
});

Deno.test("a join is decoded as it was encoded, with all that the worker says of itself", () => {
  fc.assert(fc.property(name, name, fc.option(id), (called, instance, given) => {
    const members = { op: "join", protocol: 1, name: called, instance, cores: 4, x: [null] };
    const original = { op: "join", protocol: 1, name: called, instance, members } as const;
    assertEquals(decodeRequest(`{${requestBody(original)}`), original);
    if (given === null) return;
    const line = `{"id":${JSON.stringify(given)},${requestBody({ ...original, id: given })}`;
    const decoded = decodeRequest(line);
    assertEquals(decoded, { ...original, id: given, members: { id: given, ...members } });
  }));
});

Deno.test("a calculation is handed over bare, or with an id, the time left and the hops", () => {
  const add = { op: "add", a: 1, b: -0 } as const;
  const sum = { op: "sum_range", a: 4n, b: 6n } as const;
  const cases: readonly (readonly [string, string])[] = [
    [encodeCalculation(add, undefined), '{"op":"add","a":1.0,"b":-0.0}\n'],
    [encodeCalculation(sum, undefined), '{"op":"sum_squares","a":4,"b":6}\n'],
    [
      encodeCalculation(sum, 7, { timeoutMs: 0, hops: 1 }),
      '{"id":7,"op":"sum_squares","a":4,"b":6,"timeout_ms":0,"hops":1}\n',
    ],
    [
      encodeCalculation(add, 0, { timeoutMs: undefined, hops: 0 }),
      '{"id":0,"op":"add","a":1.0,"b":-0.0}\n',
    ],
  ];
  for (const [found, expected] of cases) assertEquals(found, expected);
});

Deno.test("replies are compact, with the id first and the keys in their order", () => {
  const add = { op: "add", a: 10, b: 5, id: "ignored" } as const;
  const part = { a: 1n, b: 3n, result: 14n };
  const error = wireError("division_by_zero");
  const cases: readonly (readonly [string, string])[] = [
    [
      encodeArithmeticReply(add, 15, undefined),
      '{"ok":true,"result":15.0,"a":10.0,"b":5.0,"op":"add"}\n',
    ],
    [
      encodeArithmeticReply(add, 15, 3, ',"explain":{}'),
      '{"id":3,"ok":true,"result":15.0,"a":10.0,"b":5.0,"op":"add","explain":{}}\n',
    ],
    [
      encodeSumReply(14n, [part], "x"),
      '{"id":"x","ok":true,"result":14,"parts":[{"a":1,"b":3,"result":14}]}\n',
    ],
    [encodeSumReply(0n, [], undefined, ',"e":1'), '{"ok":true,"result":0,"parts":[],"e":1}\n'],
    [encodeRangeReply(77n, undefined), '{"ok":true,"result":77}\n'],
    [encodeRangeReply(77n, "", ',"e":1'), '{"id":"","ok":true,"result":77,"e":1}\n'],
    [encodeErrorReply(error, undefined), '{"ok":false,"error":"División por cero"}\n'],
    [
      encodeErrorReply(error, 0, ',"e":1'),
      '{"id":0,"ok":false,"error":"División por cero","code":"division_by_zero","e":1}\n',
    ],
    [encodeOkReply({}, undefined), '{"ok":true}\n'],
    [encodeOkReply({ a: 1, b: undefined }, '"\n'), '{"id":"\\"\\n","ok":true,"a":1}\n'],
  ];
  for (const [found, expected] of cases) assertEquals(found, expected);
});

Deno.test("every reply is one line, and is decoded as it was encoded", () => {
  fc.assert(fc.property(arithmetic, finite, fc.option(id), (calculation, result, given) => {
    const line = encodeArithmeticReply(calculation, result, given ?? undefined);
    assertEquals(line.indexOf("\n"), line.length - 1);
    const reply = decodeReply(line.trimEnd());
    assert(reply?.ok);
    assertEquals([reply.id, doubleResult(reply)], [given ?? undefined, result]);
    assertEquals([reply.members.a, reply.members.b], [calculation.a, calculation.b]);
  }));
  const big = fc.bigInt({ min: 0n, max: 10n ** 3500n });
  fc.assert(fc.property(big, fc.option(id), (result, given) => {
    for (
      const line of [
        encodeRangeReply(result, given ?? undefined),
        encodeSumReply(result, [{ a: 1n, b: 2n, result: 5n }], given ?? undefined),
      ]
    ) {
      const reply = decodeReply(line.trimEnd());
      assertEquals(reply && integerResult(reply), result);
      assertEquals(reply?.id, given ?? undefined);
    }
  }));
});

Deno.test("an error's text survives the wire, whatever stands in it", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), fc.option(id), (text, given) => {
    const line = encodeErrorReply({ code: "overflow", text }, given ?? undefined);
    assertEquals(line.indexOf("\n"), line.length - 1);
    const reply = decodeReply(line.trimEnd());
    assertEquals([reply?.ok, reply?.members.error], [false, text]);
  }));
});
