import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { decodeReply, doubleResult, integerResult } from "../../../src/protocol/decode_reply.ts";
import { decodeRequest } from "../../../src/protocol/decode_request.ts";
import {
  encodeArithmeticReply,
  encodeCalculation,
  encodeRangeReply,
  requestBody,
} from "../../../src/protocol/encode.ts";
import {
  ReplyScan,
  type ScannedRequest,
  scanNextRequest,
  scanRequest,
  writeArithmeticReply,
  writeCalculation,
  writeRangeReply,
} from "../../../src/protocol/fast_path.ts";
import { decodeLine, LineFramer, NEWLINE } from "../../../src/protocol/framing.ts";
import { linesText, LineWriter } from "../../../src/protocol/line_writer.ts";
import { formatDouble } from "../../../src/protocol/numbers.ts";

const encoder = new TextEncoder();

/** What may stand around a line in its chunk; none of it may be read as a part of the line. */
const AROUND: readonly (readonly [string, string])[] = [["", ""], ["7-", "7.5e1}"], ["{", '"}']];

/** A line in a chunk, between other bytes. */
function inChunk(line: Uint8Array, before: string, after: string) {
  const start = encoder.encode(before);
  const bytes = Uint8Array.of(...start, ...line, ...encoder.encode(after));
  return { bytes, start: start.length, end: start.length + line.length };
}

/** What the fast path reads; it must be nothing, or exactly what the slow path reads. */
function scanned(line: string | Uint8Array): ScannedRequest | undefined {
  const own = typeof line === "string" ? encoder.encode(line) : line;
  const text = decodeLine(own, 0, own.length);
  let result: ScannedRequest | undefined;
  AROUND.forEach(([before, after], index) => {
    const { bytes, start, end } = inChunk(own, before, after);
    const found = copyOf(scanRequest(bytes, start, end));
    if (index === 0) result = found;
    else assertEquals(found, result, `${text} in a chunk`);
  });
  if (!own.includes(NEWLINE)) assertEquals(scannedInStream(own), scannedAlone(own), text);
  if (result === undefined) return undefined;
  assert(text !== undefined, "no bytes but UTF-8");
  // What was not there is undefined on the one way, and absent on the other.
  const fast = Object.fromEntries(
    Object.entries(result).filter(([, value]) => value !== undefined),
  );
  // Strict: -0 is not 0.
  assertEquals<unknown>(decodeRequest(text), fast, text);
  return result;
}

const AFTER = encoder.encode('\n{"op":"sub","a":1,"b":2}\n');

/** What is read of a line that comes in a stream, its end found on the way, with another line after it. */
function scannedInStream(line: Uint8Array): ScannedRequest | undefined {
  const framer = new LineFramer(1e6);
  framer.push(Uint8Array.of(...line, ...AFTER));
  const found = nextOf(framer);
  assertEquals(nextOf(framer)?.op, "sub");
  assertEquals(nextOf(framer), undefined);
  return found;
}

function nextOf(framer: LineFramer): ScannedRequest | undefined {
  const found = copyOf(scanNextRequest(framer));
  if (found !== undefined || !framer.next()) return found;
  return copyOf(scanRequest(framer.bytes, framer.start, framer.end));
}

/** What is read is valid until the next line is read. */
function copyOf(request: ScannedRequest | undefined): ScannedRequest | undefined {
  return request && { ...request };
}

function scannedAlone(line: Uint8Array): ScannedRequest | undefined {
  return copyOf(scanRequest(line, 0, line.at(-1) === 0x0d ? line.length - 1 : line.length));
}

const replyScan = new ReplyScan();

/** Whether the fast path reads a reply, and then as the slow one does. */
function readsReply(line: string | Uint8Array): boolean {
  const own = typeof line === "string" ? encoder.encode(line) : line;
  const text = decodeLine(own, 0, own.length);
  const found = AROUND.map(([before, after]) => {
    const { bytes, start, end } = inChunk(own, before, after);
    return replyScan.scan(bytes, start, end);
  });
  assertEquals(new Set(found).size, 1, `${text} in a chunk`);
  if (!own.includes(NEWLINE)) {
    const framer = new LineFramer(1e6);
    framer.push(Uint8Array.of(...own, ...AFTER));
    assertEquals(replyScan.scanNext(framer), found[0], `${text} in a stream`);
    if (found[0]) assertEquals([framer.start, framer.end], [0, own.length]);
    replyScan.scan(own, 0, own.length);
  }
  if (!found[0]) return false;
  assert(text !== undefined, "no bytes but UTF-8");
  const reply = decodeReply(text);
  assert(reply !== undefined && reply.ok, text);
  const isExact = typeof replyScan.result === "bigint";
  const result = isExact ? integerResult(reply) : doubleResult(reply);
  assertEquals([replyScan.id, replyScan.result], [reply.id, result], text);
  return true;
}

/** What a request says last, where it does not. */
const NO_END = { timeoutMs: undefined, hops: undefined };

/** How the numbers of a line may be written, and whether the fast path reads them. */
const NUMBERS: readonly (readonly [string, boolean])[] = [
  ["0", true],
  ["-0", true],
  ["-0.0", true],
  ["0.0", true],
  ["10", true],
  ["-2.5", true],
  ["0.1", true],
  ["0.30000000000000004", true],
  ["999999999999999", true],
  ["-999999999999999", true],
  ["0.00000000000001", true],
  ["123456789.012345", true],
  ["9007199254740991", true],
  ["9007199254740993", true],
  ["1234567890123456", true],
  ["12345678901234567", true],
  ["0.12345678901234567", true],
  ["9".repeat(308), true],
  ["9".repeat(309), false],
  ["-" + "9".repeat(400), false],
  ["1." + "0".repeat(400) + "1", true],
  ["1e5", false],
  ["1E5", false],
  ["1e+5", false],
  ["1.5e-7", false],
  ["1e400", false],
  ["01", false],
  ["-01", false],
  ["00", false],
  ["00.5", false],
  ["1.", false],
  [".5", false],
  ["-.5", false],
  ["-", false],
  ["--1", false],
  ["+1", false],
  ["", false],
  ["1.2.3", false],
  ["1 ", false],
  ["1_000", false],
  ["0x10", false],
  ["NaN", false],
  ["Infinity", false],
  ["null", false],
  ['"1"', false],
  ["[1]", false],
  ["١", false],
];

Deno.test("numbers of every form are read as JSON reads them, or left to it", () => {
  for (const [number, isRead] of NUMBERS) {
    for (
      const line of [
        `{"op":"add","a":${number},"b":5}`,
        `{"op":"div","a":5,"b":${number}}`,
        `{"id":7,"op":"mul","a":${number},"b":${number}}`,
      ]
    ) {
      assertEquals(scanned(line) !== undefined, isRead, line.slice(0, 60));
    }
    const reply = `{"id":7,"ok":true,"result":${number},"a":1.0,"b":-2,"op":"sub"}`;
    assertEquals(readsReply(reply), isRead, reply.slice(0, 60));
    const echo = `{"id":7,"ok":true,"result":1.0,"a":${number},"b":${number},"op":"sub"}`;
    assertEquals(readsReply(echo), isRead, echo.slice(0, 60));
  }
});

Deno.test("an id is read if it is a whole number of at most 15 digits, and left to JSON if not", () => {
  const ids: readonly (readonly [string, boolean])[] = [
    ["0", true],
    ["7", true],
    ["999999999999999", true],
    ["1000000000000000", false],
    ["9007199254740992", false],
    ["-1", false],
    ["-0", false],
    ["1.0", false],
    ["1e3", false],
    ["01", false],
    ["00", false],
    ["", false],
    ['"x"', false],
    ['"7"', false],
    ["null", false],
  ];
  for (const [id, isRead] of ids) {
    assertEquals(scanned(`{"id":${id},"op":"add","a":1,"b":2}`) !== undefined, isRead, id);
    const reply = `{"id":${id},"ok":true,"result":3.0,"a":1.0,"b":2.0,"op":"add"}`;
    assertEquals(readsReply(reply), isRead, id);
  }
});

Deno.test("the usual lines take the fast path, with a space after colons and commas too", () => {
  const requests = [
    '{"op":"add","a":10,"b":5}',
    '{"op":"sub","a":10.0,"b":-5.5}',
    '{"op":"mul","a":0,"b":0}',
    '{"op":"div","a":10,"b":0}',
    '{"id":1,"op":"add","a":10,"b":5}',
    '{"id": 1, "op": "add", "a": 10, "b": 5}',
    '{"op": "add","a":10, "b":5}',
    '{"id":1,"op":"add","a":10.0,"b":5.0,"hops":1}',
    '{"op":"div","a":10,"b":5, "hops": 8}',
    '{"op":"div","a":10,"b":5,"hops":0}',
    '{"op":"add","a":10,"b":5,"timeout_ms":0}',
    '{"op": "add", "a": 10, "b": 5, "timeout_ms": 86400000}',
    '{"id":1,"op":"add","a":10,"b":5,"timeout_ms":1500.5,"hops":1}',
    '{"op":"sum_squares","n":9,"timeout_ms":-0}',
    '{"op":"sum_squares","n":9}',
    '{"op": "sum_squares", "n": 0}',
    '{"id":1,"op":"sum_squares","n":999999999999999,"hops":1}',
    '{"op":"sum_squares","n":9007199254740993}',
    `{"op":"sum_squares","n":${"9".repeat(1000)}}`,
    '{"op":"sum_squares","a":1,"b":2}',
    '{"op":"sum_squares","a":0,"b":0}',
    '{"id":1,"op":"sum_squares","a":9007199254740993,"b":9007199254740994,"hops":1}',
  ];
  for (const line of requests) assert(scanned(line) !== undefined, line);
  for (const hops of [0, 1, 8]) {
    const found = scanned(`{"id":1,"op":"div","a":1,"b":2,"hops":${hops}}`);
    assertEquals(found?.hops, hops);
    const sum = scanned(`{"id":1,"op":"sum_squares","n":9,"hops":${hops}}`);
    assertEquals(sum?.hops, hops);
    const timed = scanned(`{"op":"sum_squares","a":1,"b":9,"timeout_ms":${hops},"hops":1}`);
    assertEquals([timed?.timeoutMs, timed?.hops], [hops, 1]);
  }
  const replies = [
    '{"id":1,"ok":true,"result":15.0,"a":10.0,"b":5.0,"op":"add"}',
    '{"id": 1, "ok": true, "result": 15, "a": 10, "b": 5, "op": "div"}',
    '{"id":1,"ok":true,"result":-15.5}',
    '{"id": 1, "ok": true, "result": 15.0}',
    '{"id":1,"ok":true,"result":77}',
    '{"id": 1, "ok": true, "result": 0}',
    `{"id":1,"ok":true,"result":${"9".repeat(4000)}}`,
  ];
  for (const line of replies) assert(readsReply(line), line);
});

Deno.test("what our own encoders write takes the fast path, but for numbers with an exponent", () => {
  const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
  const op = fc.constantFrom("add" as const, "sub", "mul", "div");
  const id = fc.option(fc.nat({ max: 999_999_999 }));
  fc.assert(
    fc.property(op, finite, finite, finite, id, (name, a, b, result, given) => {
      const request = { op: name, a, b };
      const line = encodeCalculation(request, given ?? undefined).trimEnd();
      const hasExponent = [a, b].some((one) => formatDouble(one).includes("e"));
      assertEquals(
        scanned(line),
        hasExponent ? undefined : {
          ...request,
          id: given ?? undefined,
          ...NO_END,
        },
      );
      if (given === null) return;
      const isPlain = !formatDouble(result).includes("e");
      const reply = encodeArithmeticReply(request, result, given).trimEnd();
      assertEquals(readsReply(reply), !hasExponent && isPlain);
      const out = new LineWriter();
      writeArithmeticReply(out, request, result, given, true);
      assertEquals(readsReply(linesText(out.take()).trimEnd()), isPlain);
    }),
    { numRuns: 500 },
  );
});

Deno.test("whatever else a line is, the fast path leaves it to the slow one", () => {
  const requests = [
    "",
    "{",
    "{}",
    '{"op":"add"}',
    '{"op":"add","a":1}',
    '{"op":"add","a":1,"b":2',
    '{"op":"add","a":1,"b":2}}',
    '{"op":"add","a":1,"b":2} ',
    '{"op":"add","a":1,"b":2},',
    ' {"op":"add","a":1,"b":2}',
    '{ "op":"add","a":1,"b":2}',
    '{"op":"add","a":1,"b":2 }',
    '{"op" :"add","a":1,"b":2}',
    '{"op":"add" ,"a":1,"b":2}',
    '{"op":  "add","a":1,"b":2}',
    '{"op":\t"add","a":1,"b":2}',
    '{"op":"add","b":2,"a":1}',
    '{"a":1,"b":2,"op":"add"}',
    '{"op":"add","a":1,"b":2,"id":7}',
    '{"op":"add","a":1,"b":2,"b":3}',
    '{"op":"add","a":9,"a":1,"b":2}',
    '{"op":"add","op":"sub","a":1,"b":2}',
    '{"id":1,"id":2,"op":"add","a":1,"b":2}',
    '{"id":1,"op":"add","a":1,"b":2,"explain":true}',
    '{"id":1,"op":"add","a":1,"b":2,"timeout_ms":-1}',
    '{"id":1,"op":"add","a":1,"b":2,"timeout_ms":86400001}',
    '{"id":1,"op":"add","a":1,"b":2,"timeout_ms":"5"}',
    '{"id":1,"op":"add","a":1,"b":2,"timeout_ms":5e3}',
    '{"id":1,"op":"add","a":1,"b":2,"timeout_ms":}',
    '{"id":1,"op":"add","a":1,"b":2,"timeout_ms":5,"timeout_ms":6}',
    '{"id":1,"op":"add","a":1,"b":2,"hops":1,"timeout_ms":5}',
    '{"op":"sum_squares","n":9,"timeout_ms":-0.5}',
    '{"id":1,"op":"add","a":1,"b":2,"hops":9}',
    '{"id":1,"op":"add","a":1,"b":2,"hops":-1}',
    '{"id":1,"op":"add","a":1,"b":2,"hops":1.0}',
    '{"id":1,"op":"add","a":1,"b":2,"hops":01}',
    '{"id":1,"op":"add","a":1,"b":2,"hops":"1"}',
    '{"id":1,"op":"add","a":1,"b":2,"hops":}',
    '{"id":1,"op":"add","a":1,"b":2,"hops":1,"hops":2}',
    '{"id":1,"op":"add","a":1,"b":2,"hops":1,"explain":true}',
    '{"id":1,"op":"add","a":1,"b":2,"hops":1,"id":2}',
    '{"op":"\\u0061dd","a":1,"b":2}',
    '{"op":"add","\\u0061":1,"b":2}',
    '{"op":"ADD","a":1,"b":2}',
    '{"op":"adx","a":1,"b":2}',
    '{"op":"ad","a":1,"b":2}',
    '{"op":"addd","a":1,"b":2}',
    '{"op":"","a":1,"b":2}',
    '{"op":"\ufeffdd","a":1,"b":2}',
    '\ufeff{"op":"add","a":1,"b":2}',
    '{"op":"sum_squares"}',
    '{"op":"sum_squares","n":-1}',
    '{"op":"sum_squares","n":9.0}',
    '{"op":"sum_squares","n":9e0}',
    '{"op":"sum_squares","n":09}',
    '{"op":"sum_squares","n":}',
    '{"op":"sum_squares","n":"9"}',
    '{"op":"sum_squares","n":9,"n":8}',
    '{"op":"sum_squares","n":9,"a":1}',
    '{"op":"sum_squares","n":9 }',
    `{"op":"sum_squares","n":${"9".repeat(1001)}}`,
    '{"op":"sum_squares","a":1}',
    '{"op":"sum_squares","a":2,"b":1}',
    '{"op":"sum_squares","a":1,"b":2,"n":3}',
    '{"op":"sum_squares","b":1,"a":2}',
    '{"op":"sum_squares","a":1,"b":2,"hops":9}',
    '{"op":"sum_range","a":1,"b":2}',
    '{"op":"sum_squarez","n":9}',
    '{"op":"ping"}',
  ];
  for (const line of requests) assertEquals(scanned(line), undefined, line);
  const replies = [
    "",
    '{"ok":true,"result":3.0,"a":1.0,"b":2.0,"op":"add"}',
    '{"id":1,"ok":true,"result":1e300}',
    '{"id":1,"ok":true,"result":3.0,}',
    '{"id":1,"ok":true,"result":3.}',
    '{"id":1,"ok":true,"result":03}',
    '{"id":1,"ok":true,"result":3 }',
    '{"id":1,"ok":true,"result":3,"parts":[]}',
    `{"id":1,"ok":true,"result":${"9".repeat(4001)}}`,
    '{"id":1,"ok":false,"error":"División por cero","code":"division_by_zero"}',
    '{"id":1,"ok":true,"result":3.0,"a":1.0,"b":2.0,"op":"add","explain":{}}',
    '{"id":1,"ok":true,"result":3.0,"a":1.0,"b":2.0,"op":"add"',
    '{"id":1,"ok":true,"result":3.0,"a":1.0,"b":2.0,"op":"add"}}',
    '{"id":1,"ok":true,"result":3.0,"a":1.0,"b":2.0,"op":"pow"}',
    '{"id":1,"ok":true,"result":3.0,"result":4.0,"a":1.0,"b":2.0,"op":"add"}',
    '{"id":1,"result":3.0,"ok":true,"a":1.0,"b":2.0,"op":"add"}',
    '{"id":1,"ok":true}',
  ];
  for (const line of replies) assertEquals(readsReply(line), false, line);
});

Deno.test("whole numbers of sums are read to the last digit, whatever their length", () => {
  const integer = fc.oneof(fc.bigInt({ min: 0n, max: 10n ** 40n }), fc.nat().map(BigInt));
  const optional = fc.option(fc.nat({ max: 999_999_999 }), { nil: undefined });
  fc.assert(
    fc.property(integer, integer, optional, fc.nat({ max: 8 }), (one, other, id, hops) => {
      const [a, b] = one < other ? [one, other] : [other, one];
      const range = { op: "sum_range", a, b } as const;
      const passed = hops === 0 ? undefined : hops;
      assertEquals(
        scanned(encodeCalculation(range, id, { timeoutMs: undefined, hops }).trimEnd()),
        {
          ...range,
          id,
          timeoutMs: undefined,
          hops: passed,
        },
      );
      const whole = `{${requestBody({ op: "sum_squares", n: b })}`;
      assertEquals(scanned(whole), { op: "sum_squares", n: b, id: undefined, ...NO_END });
      assert(readsReply(encodeRangeReply(b, 7).trimEnd()));
      assertEquals(replyScan.result, b);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("a line that is cut anywhere is left to the slow path", () => {
  const range =
    '{"id":12,"op":"sum_squares","a":12345678901234567,"b":123456789012345678,"hops":1}';
  for (let end = 0; end < range.length; end++) {
    assertEquals(scanned(range.slice(0, end)), undefined, `${end}`);
    for (const after of "0.,} ") scanned(range.slice(0, end) + after);
  }
  const request = '{"id":12,"op":"add","a":-10.5,"b":5.25}';
  const reply = '{"id":12,"ok":true,"result":-5.25,"a":-10.5,"b":5.25,"op":"add"}';
  for (let end = 0; end < reply.length; end++) {
    if (end < request.length) assertEquals(scanned(request.slice(0, end)), undefined, `${end}`);
    assertEquals(readsReply(reply.slice(0, end)), false, `${end}`);
    for (const after of "0.,} ") readsReply(reply.slice(0, end) + after);
    for (const after of "0.,} ") scanned(request.slice(0, end) + after);
  }
});

/** Numbers as people, languages and mischief write them. */
const digits = (max: number) =>
  fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: max }).map((all) => all.join(""));
const number = fc.oneof(
  { weight: 3, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }).map(formatDouble) },
  { weight: 9, arbitrary: fc.integer().map(String) },
  { weight: 2, arbitrary: fc.maxSafeInteger().map(String) },
  fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((value) => value.toFixed(9)),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value.toExponential()),
  {
    weight: 6,
    arbitrary: fc.tuple(
      fc.constantFrom("", "", "-"),
      digits(18),
      fc.oneof(fc.constant(""), digits(18).map((text) => `.${text}`)),
      fc.oneof(
        { weight: 6, arbitrary: fc.constant("") },
        fc.constantFrom("e5", "E5", "e-3", "e+2"),
      ),
    ).map((parts) => parts.join("")),
  },
  fc.constantFrom(...NUMBERS.map(([text]) => text)),
);
const gap = fc.oneof(
  { weight: 20, arbitrary: fc.constant("") },
  { weight: 10, arbitrary: fc.constant(" ") },
  fc.constantFrom("  ", "\t"),
);
const op = fc.oneof(
  { weight: 40, arbitrary: fc.constantFrom("add", "sub", "mul", "div") },
  fc.constantFrom("Add", "adb", "sum_squares", "ping", "\\u0061dd", "", "ñandú"),
);
const id = fc.oneof(
  { weight: 3, arbitrary: fc.constant("") },
  { weight: 9, arbitrary: fc.nat().map(String) },
  digits(17),
  fc.constantFrom('"x"', "-1", "1.0", "null", "1e3"),
);

const hops = fc.oneof(
  { weight: 5, arbitrary: fc.constant("") },
  { weight: 5, arbitrary: fc.nat({ max: 10 }).map(String) },
  fc.constantFrom("-1", "1.0", "08", '"1"', "1e0"),
);
const timeout = fc.oneof(
  { weight: 7, arbitrary: fc.constant("") },
  { weight: 3, arbitrary: fc.nat({ max: 86_400_001 }).map(String) },
  number,
  fc.constantFrom("86400000", "86400000.5", "-0", '"5"', "true"),
);
const seldom = fc.oneof({ weight: 9, arbitrary: fc.constant(null) }, fc.nat());
/** The members of a line, in order, of which now and then one comes twice, or has a name with an escape in it. */
const changed = (members: readonly string[]) =>
  fc.tuple(seldom, seldom).map(
    ([twice, escaped]) => {
      const all = [...members];
      if (escaped !== null) {
        const at = escaped % all.length;
        all[at] = all[at]!.replace(
          /^"(\w)/,
          (_, letter) => `"\\u00${letter.charCodeAt(0).toString(16)}`,
        );
      }
      if (twice !== null) all.splice(twice % (all.length + 1), 0, all[twice % all.length]!);
      return `{${all.join(",")}}`;
    },
  );
const requestLine = fc.tuple(
  id,
  op,
  number,
  number,
  timeout,
  hops,
  fc.array(gap, { minLength: 10, maxLength: 10 }),
).chain(([given, name, a, b, time, passed, gaps]) => {
  const [g0, g1, g2, g3, g4, g5, g6, g7, g8, g9] = gaps;
  return changed([
    ...(given === "" ? [] : [`"id":${g0}${given}`]),
    `${given === "" ? "" : g1}"op":${g2}"${name}"`,
    `${g3}"a":${g4}${a}`,
    `${g5}"b":${g6}${b}`,
    ...(time === "" ? [] : [`${g7}"timeout_ms":${g9}${time}`]),
    ...(passed === "" ? [] : [`${g7}"hops":${g8}${passed}`]),
  ]);
});
const sumLine = fc.tuple(
  id,
  number,
  fc.option(number),
  timeout,
  hops,
  fc.array(gap, { minLength: 4, maxLength: 4 }),
).chain(([given, a, b, time, passed, [g0, g1, g2, g3]]) =>
  changed([
    ...(given === "" ? [] : [`"id":${given}`]),
    `"op":${g0}"sum_squares"`,
    ...(b === null ? [`"n":${g1}${a}`] : [`"a":${g1}${a}`, `${g2}"b":${b}`]),
    ...(time === "" ? [] : [`${g3}"timeout_ms":${time}`]),
    ...(passed === "" ? [] : [`${g3}"hops":${passed}`]),
  ])
);
const rangeReplyLine = fc.tuple(id, number, gap).map(([given, result, g]) =>
  `{"id":${given},"ok":true,"result":${g}${result}}`
);
const replyLine = fc.tuple(
  id,
  number,
  number,
  number,
  op,
  fc.array(gap, { minLength: 9, maxLength: 9 }),
)
  .map(([given, result, a, b, name, gaps]) => {
    const [g0, g1, g2, g3, g4, g5, g6, g7, g8] = gaps;
    return `{"id":${g0}${given},${g1}"ok":${g2}true,${g3}"result":${g4}${result},` +
      `"a":${g5}${a},${g6}"b":${g7}${b},"op":${g8}"${name}"}`;
  });

/** A few bytes of a line changed, taken out, doubled or put in. */
const damage = fc.array(
  fc.record({
    at: fc.nat(),
    removed: fc.nat({ max: 2 }),
    added: fc.oneof(
      fc.uint8Array({ maxLength: 2 }),
      fc.stringMatching(/^[-0-9.,:{}"eE a\\]{0,3}$/).map((text) => encoder.encode(text)),
    ),
  }),
  { minLength: 1, maxLength: 3 },
);

function damaged(
  line: string,
  damages: readonly { at: number; removed: number; added: Uint8Array }[],
) {
  let bytes = encoder.encode(line);
  for (const { at, removed, added } of damages) {
    const place = at % (bytes.length + 1);
    bytes = Uint8Array.of(
      ...bytes.subarray(0, place),
      ...added,
      ...bytes.subarray(place + removed),
    );
  }
  return bytes;
}

Deno.test("any request line is read as the slow path reads it, or left to it", () => {
  let read = 0;
  fc.assert(
    fc.property(fc.oneof(requestLine, sumLine), (line) => {
      if (scanned(line) !== undefined) read++;
    }),
    { numRuns: 3000 },
  );
  assert(read > 300, `the test reaches the fast path: ${read}`);
});

Deno.test("any reply line is read as the slow path reads it, or left to it", () => {
  let read = 0;
  fc.assert(
    fc.property(fc.oneof(replyLine, rangeReplyLine), (line) => {
      if (readsReply(line)) read++;
    }),
    { numRuns: 3000 },
  );
  assert(read > 100, `the test reaches the fast path: ${read}`);
});

Deno.test("a damaged line is read as the slow path reads it, or left to it", () => {
  fc.assert(
    fc.property(fc.oneof(requestLine, sumLine), damage, (line, damages) => {
      scanned(damaged(line, damages));
    }),
    { numRuns: 3000 },
  );
  fc.assert(
    fc.property(fc.oneof(replyLine, rangeReplyLine), damage, (line, damages) => {
      readsReply(damaged(line, damages));
    }),
    { numRuns: 3000 },
  );
});

Deno.test("numbers of up to 15 digits are read to the last bit, with the point anywhere", () => {
  const source = fc.tuple(fc.boolean(), digits(17), fc.nat({ max: 17 }));
  fc.assert(
    fc.property(source, ([isNegative, all, place]) => {
      const whole = all.slice(0, place).replace(/^0+(?=\d)/, "") || "0";
      const fraction = all.slice(place);
      const text = `${isNegative ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}`;
      const found = scanned(`{"op":"add","a":${text},"b":0}`);
      assert(found?.op === "add" && Object.is(found.a, JSON.parse(text)), text);
    }),
    { numRuns: 3000 },
  );
});

Deno.test("lines that are read on the way to their ends are the same, cut anywhere and of any length", () => {
  const limit = 60;
  const line = fc.oneof(requestLine, sumLine, fc.constantFrom("", "\r", "x".repeat(200), "{}"));
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.nat()), (lines, places) => {
      const bytes = encoder.encode(lines.map((text) => `${text}\n`).join(""));
      const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length]
        .sort((one, other) => one - other);
      const [plain, quick] = [new LineFramer(limit), new LineFramer(limit)];
      const [expected, found]: [unknown[], unknown[]] = [[], []];
      ends.forEach((end, index) => {
        const chunk = bytes.slice(ends[index - 1] ?? 0, end);
        for (const framer of [plain, quick]) framer.push(chunk);
        while (plain.next()) expected.push(read(plain));
        while (true) {
          const next = scanNextRequest(quick);
          if (next !== undefined) found.push(next);
          else if (quick.next()) found.push(read(quick));
          else break;
        }
        for (const framer of [plain, quick]) framer.settle();
      });
      assertEquals(found, expected);
      assertEquals(quick.overflowed, plain.overflowed);
    }),
    { numRuns: 500 },
  );
});

function read({ bytes, start, end }: LineFramer): unknown {
  return scanRequest(bytes, start, end) ?? decodeLine(bytes, start, end);
}

Deno.test("a long number that comes in pieces is not read again with each of them", () => {
  const framer = new LineFramer(1e6);
  framer.push(encoder.encode('{"op":"add","a":1'));
  assert(framer.isAtLine);
  assertEquals(scanNextRequest(framer), undefined);
  assertEquals(framer.next(), false);
  framer.settle();
  framer.push(encoder.encode("1"));
  assert(!framer.isAtLine);
  framer.push(encoder.encode(',"b":2}\n'));
  assertEquals(scanNextRequest(framer), undefined);
  assert(framer.next());
  assertEquals(scanRequest(framer.bytes, framer.start, framer.end), {
    op: "add",
    a: 11,
    b: 2,
    id: undefined,
    ...NO_END,
  });
});

Deno.test("what is written as bytes is what is written as text", () => {
  const finite = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    fc.integer().map((value) => value / 100),
  );
  const op = fc.constantFrom("add" as const, "sub", "mul", "div");
  const timeout = fc.option(fc.nat(), { nil: undefined });
  fc.assert(
    fc.property(
      fc.record({ op, a: finite, b: finite }),
      finite,
      fc.option(fc.maxSafeInteger(), { nil: undefined }),
      fc.record({ timeoutMs: timeout, hops: fc.nat({ max: 8 }) }),
      (request, result, id, handover) => {
        const out = new LineWriter();
        writeArithmeticReply(out, request, result, id);
        assertEquals(linesText(out.take()), encodeArithmeticReply(request, result, id));
        const own = Math.abs(id ?? 1);
        writeCalculation(out, request, own, handover);
        assertEquals(linesText(out.take()), encodeCalculation(request, own, handover));
      },
    ),
    { numRuns: 2000 },
  );
});

Deno.test("ranges and their sums are written as they are encoded, at any size", () => {
  const integer = fc.oneof(
    fc.bigInt({ min: 0n, max: 1000n }),
    fc.bigInt({ min: 2n ** 53n - 3n, max: 2n ** 53n + 3n }),
    fc.nat({ max: 999 }).map((zeros) => 10n ** BigInt(zeros)),
  );
  const id = fc.option(fc.maxSafeInteger(), { nil: undefined });
  const timeoutMs = fc.option(fc.nat(), { nil: undefined });
  const handover = fc.record({ timeoutMs, hops: fc.nat({ max: 8 }) });
  fc.assert(
    fc.property(integer, integer, id, handover, (a, b, id, handover) => {
      const out = new LineWriter();
      writeRangeReply(out, b, id);
      assertEquals(linesText(out.take()), encodeRangeReply(b, id));
      const range = { op: "sum_range", a, b } as const;
      const own = Math.abs(id ?? 1);
      writeCalculation(out, range, own, handover);
      assertEquals(linesText(out.take()), encodeCalculation(range, own, handover));
    }),
    { numRuns: 1000 },
  );
});
