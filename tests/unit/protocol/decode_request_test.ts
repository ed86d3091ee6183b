import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { decodeRequest } from "../../../src/protocol/decode_request.ts";
import { type ErrorCode, isErrorCode, wireError } from "../../../src/protocol/errors.ts";

/** The code of the error that a line is, or "ok". */
function codeOf(text: string): string {
  const request = decodeRequest(text);
  return request.op === "malformed" ? request.error.code : "ok";
}

const errors: readonly (readonly [string, ErrorCode])[] = [
  ["", "invalid_json"],
  [" ", "invalid_json"],
  ["hello", "invalid_json"],
  ["{", "invalid_json"],
  ['{"op":"ping"}}', "invalid_json"],
  ['{"op":"ping",}', "invalid_json"],
  ["{'op':'ping'}", "invalid_json"],
  ['{"op":"add","a":NaN,"b":1}', "invalid_json"],
  ['{"op":"add","a":Infinity,"b":1}', "invalid_json"],
  ['{"op":"add","a":01,"b":1}', "invalid_json"],
  ['{"op":"add","a":+1,"b":1}', "invalid_json"],
  ['{"op":"add","a":.5,"b":1}', "invalid_json"],
  ['{"op":"add","a":1.,"b":1}', "invalid_json"],
  ['{"op":"add","a":0x1,"b":1}', "invalid_json"],
  ["GET / HTTP", "invalid_json"],
  ["GET  / HTTP/1.1", "invalid_json"],
  ["GET / HTTP/1.1", "http_request"],
  ["POST /path?query HTTP/1.0", "http_request"],
  ["get * HTTP/2", "http_request"],
  ["OPTIONS http://127.0.0.1:5000/ HTTP/1.1", "http_request"],
  ["null", "not_an_object"],
  ["true", "not_an_object"],
  ["1", "not_an_object"],
  ["1e400", "not_an_object"],
  ['"text"', "not_an_object"],
  ["[]", "not_an_object"],
  ['[{"op":"ping"}]', "not_an_object"],
  ["{}", "missing_op"],
  ['{"OP":"ping"}', "missing_op"],
  ['{"__proto__":{"op":"ping"}}', "missing_op"],
  ['{"op":null}', "bad_op"],
  ['{"op":1}', "bad_op"],
  ['{"op":["ping"]}', "bad_op"],
  ['{"op":{}}', "bad_op"],
  ['{"op":""}', "unknown_op"],
  ['{"op":"Ping"}', "unknown_op"],
  ['{"op":" ping"}', "unknown_op"],
  ['{"op":"constructor"}', "unknown_op"],
  ['{"op":"__proto__"}', "unknown_op"],
  ['{"op":"sum_range","a":1,"b":2}', "unknown_op"],
  ['{"op":"malformed"}', "unknown_op"],
  ['{"op":"ping","id":null}', "bad_id"],
  ['{"op":"ping","id":true}', "bad_id"],
  ['{"op":"ping","id":1.5}', "bad_id"],
  ['{"op":"ping","id":9007199254740992}', "bad_id"],
  ['{"op":"ping","id":1e400}', "bad_id"],
  ['{"op":"ping","id":[]}', "bad_id"],
  ['{"op":"ping","id":{}}', "bad_id"],
  ['{"op":"add"}', "missing_operand"],
  ['{"op":"add","a":1}', "missing_operand"],
  ['{"op":"add","b":1}', "missing_operand"],
  ['{"op":"add","__proto__":{"a":1},"b":1}', "missing_operand"],
  ['{"op":"sum_squares"}', "missing_operand"],
  ['{"op":"sum_squares","a":1}', "missing_operand"],
  ['{"op":"sum_squares","b":1}', "missing_operand"],
  ['{"op":"add","a":"1","b":1}', "bad_operand"],
  ['{"op":"add","a":"NaN","b":1}', "bad_operand"],
  ['{"op":"add","a":null,"b":1}', "bad_operand"],
  ['{"op":"add","a":1,"b":true}', "bad_operand"],
  ['{"op":"add","a":1e400,"b":1}', "bad_operand"],
  ['{"op":"div","a":1,"b":-1e400}', "bad_operand"],
  ['{"op":"mul","a":[1],"b":1}', "bad_operand"],
  ['{"op":"sub","a":{},"b":1}', "bad_operand"],
  ['{"op":"add","a":1,"b":1,"timeout_ms":null}', "bad_timeout"],
  ['{"op":"add","a":1,"b":1,"timeout_ms":"5"}', "bad_timeout"],
  ['{"op":"add","a":1,"b":1,"timeout_ms":-1}', "bad_timeout"],
  ['{"op":"add","a":1,"b":1,"timeout_ms":86400001}', "bad_timeout"],
  ['{"op":"add","a":1,"b":1,"timeout_ms":1e400}', "bad_timeout"],
  ['{"op":"add","a":1,"b":1,"explain":1}', "bad_explain"],
  ['{"op":"add","a":1,"b":1,"explain":null}', "bad_explain"],
  ['{"op":"add","a":1,"b":1,"hops":-1}', "bad_hops"],
  ['{"op":"add","a":1,"b":1,"hops":1.5}', "bad_hops"],
  ['{"op":"add","a":1,"b":1,"hops":"1"}', "bad_hops"],
  ['{"op":"add","a":1,"b":1,"hops":1e300}', "bad_hops"],
  ['{"op":"add","a":1,"b":1,"hops":9}', "too_many_hops"],
  ['{"op":"hello"}', "bad_hello"],
  ['{"op":"hello","protocol":0}', "bad_hello"],
  ['{"op":"hello","protocol":"1"}', "bad_hello"],
  ['{"op":"hello","protocol":1.5}', "bad_hello"],
  ['{"op":"hello","protocol":1,"brief":1}', "bad_brief"],
  ['{"op":"hello","protocol":1,"brief":null}', "bad_brief"],
  ['{"op":"join","name":"n","instance":"i"}', "bad_hello"],
  ['{"op":"join","protocol":0,"name":"n","instance":"i"}', "bad_hello"],
  ['{"op":"join","protocol":"1","name":"n","instance":"i"}', "bad_hello"],
  ['{"op":"join","protocol":1,"instance":"i"}', "bad_name"],
  ['{"op":"join","protocol":1,"name":"n"}', "bad_name"],
  ['{"op":"join","protocol":1,"name":"","instance":"i"}', "bad_name"],
  ['{"op":"join","protocol":1,"name":"n","instance":""}', "bad_name"],
  ['{"op":"join","protocol":1,"name":7,"instance":"i"}', "bad_name"],
  [`{"op":"join","protocol":1,"name":"${"n".repeat(201)}","instance":"i"}`, "bad_name"],
  [`{"op":"join","protocol":1,"name":"n","instance":"${"i".repeat(201)}"}`, "bad_name"],
  ['{"op":"drain"}', "bad_name"],
  ['{"op":"drain","worker":""}', "bad_name"],
  ['{"op":"drain","worker":1}', "bad_name"],
  ['{"op":"drain","worker":["w"]}', "bad_name"],
  [`{"op":"drain","worker":"${"w".repeat(201)}"}`, "bad_name"],
  ['{"op":"undrain","worker":null}', "bad_name"],
  ['{"op":"goodbye"}', "unknown_op"],
  ['{"op":"sum_squares","a":7,"b":6}', "bad_range"],
  ['{"op":"sum_squares","a":9007199254740993,"b":9007199254740992}', "bad_range"],
  ['{"op":"sum_squares","a":-1,"b":6}', "bad_integer"],
  ['{"op":"sum_squares","a":1,"b":"6"}', "bad_integer"],
];

for (const code of new Set(errors.map(([, code]) => code))) {
  Deno.test(`decodeRequest() tells ${code} from every other error`, () => {
    for (const [text, expected] of errors) {
      if (expected === code) assertEquals(codeOf(text), code, text);
    }
  });
}

Deno.test("only an HTTP request line is the end of the connection", () => {
  for (const [text, code] of errors) {
    const request = decodeRequest(text);
    assert(request.op === "malformed");
    assertEquals(request.fatal === true, code === "http_request", text);
  }
});

const integers: readonly (readonly [string, bigint | ErrorCode])[] = [
  ["0", 0n],
  ["9", 9n],
  ["9.0", 9n],
  ["9.000", 9n],
  ["9e0", 9n],
  ["9E+0", 9n],
  ["0.9e1", 9n],
  ["90e-1", 9n],
  ["90.0e-1", 9n],
  ["0.0009e4", 9n],
  ["1e3", 1000n],
  ["1000", 1000n],
  ["-0", 0n],
  ["-0.0", 0n],
  ["0e999999999999", 0n],
  ["0.000", 0n],
  ["-0e5", 0n],
  ["9.5", "bad_integer"],
  ["9e-1", "bad_integer"],
  ["1e-400", "bad_integer"],
  ["-1", "bad_integer"],
  ["-1.0", "bad_integer"],
  ["-1e3", "bad_integer"],
  ["4503599627370497.4", "bad_integer"],
  ["9007199254740992.5", "bad_integer"],
  ['"9"', "bad_integer"],
  ['"NaN"', "bad_integer"],
  ["null", "bad_integer"],
  ["true", "bad_integer"],
  ["[9]", "bad_integer"],
  ['{"source":"9"}', "bad_integer"],
  ["9007199254740991", 2n ** 53n - 1n],
  ["9007199254740991.0", 2n ** 53n - 1n],
  ["9007199254740991e0", 2n ** 53n - 1n],
  ["9007199254740993", 2n ** 53n + 1n],
  ["9007199254740992.0", "inexact_integer"],
  ["9007199254740993.0", "inexact_integer"],
  ["1e15", 10n ** 15n],
  ["9e15", 9n * 10n ** 15n],
  ["1e16", "inexact_integer"],
  ["1e17", "inexact_integer"],
  ["1e400", "inexact_integer"],
  ["1e999999999999999999999", "inexact_integer"],
  ["1" + "0".repeat(999), 10n ** 999n],
  ["9".repeat(1000), 10n ** 1000n - 1n],
  ["1" + "0".repeat(1000), "integer_too_long"],
  ["9".repeat(500_000), "integer_too_long"],
  ["-" + "9".repeat(1001), "integer_too_long"],
];

Deno.test("n is read exactly, or refused", () => {
  for (const [source, expected] of integers) {
    const request = decodeRequest(`{"op":"sum_squares","n":${source}}`);
    const found = request.op === "malformed"
      ? request.error.code
      : request.op === "sum_squares"
      ? request.n
      : request;
    assertEquals(found, expected, source.slice(0, 40));
  }
});

Deno.test("the ends of a range are read as exactly as n", () => {
  const request = decodeRequest('{"op":"sum_squares","a":9007199254740993,"b":9007199254740995}');
  assertEquals(request, { op: "sum_range", a: 2n ** 53n + 1n, b: 2n ** 53n + 3n });
  assertEquals(decodeRequest('{"op":"sum_squares","a":0,"b":0}'), {
    op: "sum_range",
    a: 0n,
    b: 0n,
  });
  assertEquals(decodeRequest('{"op":"sum_squares","n":3,"a":5,"b":1}'), {
    op: "sum_squares",
    n: 3n,
  });
});

Deno.test("a number of 100,000 characters is refused in no time", () => {
  const zeros = "0".repeat(100_000);
  for (
    const source of [
      `1${zeros}1.0`,
      `1${zeros}1e0`,
      `1.${zeros}1`,
      `0.${zeros}1e100001`,
      `1${zeros}.0`,
    ]
  ) {
    const startedMs = performance.now();
    decodeRequest(`{"op":"sum_squares","n":${source}}`);
    // Linear work takes a few milliseconds, quadratic work several seconds.
    assert(performance.now() - startedMs < 1000, source.slice(-10));
  }
});

Deno.test("every plain integer of up to 1,000 digits is read as BigInt reads it", () => {
  fc.assert(fc.property(fc.bigInt({ min: 0n, max: 10n ** 1000n - 1n }), (n) => {
    assertEquals(decodeRequest(`{"n":${n},"op":"sum_squares"}`), { op: "sum_squares", n });
  }));
});

Deno.test("a safe integer is read alike with any fraction of zeros and any exponent", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
      fc.nat({ max: 20 }),
      (value, digits) => {
        const forms = [
          `${value}.${"0".repeat(digits + 1)}`,
          `${value}${"0".repeat(digits)}e-${digits}`,
          `${value}.${"0".repeat(digits + 1)}E+00`,
          `0.${String(value).padStart(20, "0")}e20`,
        ];
        for (const form of forms) {
          const request = decodeRequest(`{"op":"sum_squares","n":${form}}`);
          assertEquals(request, { op: "sum_squares", n: BigInt(value) }, form);
        }
      },
    ),
  );
});

Deno.test("valid requests are read with all their fields, whatever else stands there", () => {
  const cases: readonly (readonly [string, object])[] = [
    ['{"op":"ping"}', { op: "ping" }],
    [' {"op" : "ping" , "id" : "" } ', { op: "ping", id: "" }],
    ['{"op":"status","id":-9007199254740991}', { op: "status", id: -9007199254740991 }],
    ['{"op":"ping","id":1.0}', { op: "ping", id: 1 }],
    ['{"op":"ping","id":1e3}', { op: "ping", id: 1000 }],
    ['{"op":"ping","id":"\\ud800"}', { op: "ping", id: "\ud800" }],
    ['{"op":"add","a":1,"b":-2.5e-3}', { op: "add", a: 1, b: -0.0025 }],
    ['{"op":"add","a":-0.0,"b":1e-400}', { op: "add", a: -0, b: 0 }],
    ['{"op":"div","a":1,"b":0}', { op: "div", a: 1, b: 0 }],
    ['{"op":"\\u0061dd","a":1,"b":2}', { op: "add", a: 1, b: 2 }],
    ['{"a":9,"op":"mul","a":1,"b":2}', { op: "mul", a: 1, b: 2 }],
    ['{"op":"nonsense","op":"ping"}', { op: "ping" }],
    ['{"id":[],"op":"ping","id":"last"}', { op: "ping", id: "last" }],
    ['{"op":"sum_squares","n":1,"n":2}', { op: "sum_squares", n: 2n }],
    ['{"op":"sum_squares","n":"x","n":2}', { op: "sum_squares", n: 2n }],
    ['{"op":"ping","__proto__":{"id":1},"constructor":2}', { op: "ping" }],
    ['{"op":"sum_squares","n":2,"x":{"n":"y","op":5},"z":[{"n":1e999}]}', {
      op: "sum_squares",
      n: 2n,
    }],
    ['{"op":"hello","protocol":7,"role":"x"}', { op: "hello", protocol: 7 }],
    ['{"op":"hello","protocol":1,"brief":true}', { op: "hello", protocol: 1, brief: true }],
    ['{"op":"add","a":1,"b":2,"timeout_ms":0,"explain":false,"hops":0}', {
      op: "add",
      a: 1,
      b: 2,
      timeoutMs: 0,
      explain: false,
      hops: 0,
    }],
    ['{"op":"sum_squares","n":1,"timeout_ms":86400000,"explain":true,"hops":8}', {
      op: "sum_squares",
      n: 1n,
      timeoutMs: 86_400_000,
      explain: true,
      hops: 8,
    }],
    ['{"op":"join","protocol":2,"name":"n","instance":"i","cores":4}', {
      op: "join",
      protocol: 2,
      name: "n",
      instance: "i",
      members: { op: "join", protocol: 2, name: "n", instance: "i", cores: 4 },
    }],
    [`{"op":"drain","worker":"${"w".repeat(200)}"}`, { op: "drain", worker: "w".repeat(200) }],
    ['{"id":1,"op":"undrain","worker":"w1:6001"}', { op: "undrain", worker: "w1:6001", id: 1 }],
    ['{"op":"add","a":1,"b":2,"timeout_ms":0.5}', { op: "add", a: 1, b: 2, timeoutMs: 0.5 }],
  ];
  for (const [text, expected] of cases) assertEquals(decodeRequest(text), expected as never, text);
});

Deno.test("an error keeps the id of its request, if that could be read", () => {
  assertEquals(decodeRequest('{"id":"x","op":"nonsense"}'), {
    op: "malformed",
    error: wireError("unknown_op", '"nonsense"'),
    id: "x",
  });
  assertEquals(decodeRequest('{"id":0,"op":"add","a":1}'), {
    op: "malformed",
    error: wireError("missing_operand", '"b"'),
    id: 0,
  });
  assertEquals("id" in decodeRequest('{"id":null,"op":"nonsense"}'), false);
});

Deno.test("an error names the field, and no more than the beginning of a long op", () => {
  const texts: readonly (readonly [string, string])[] = [
    ['{"op":"add","a":1}', 'falta un operando: "b"'],
    ['{"op":"add","a":null,"b":1}', 'el operando debe ser un número finito: "a"'],
    ['{"op":"sum_squares","a":1,"b":1.5}', 'debe ser un entero mayor o igual que 0: "b"'],
    [`{"op":"${"x".repeat(1000)}"}`, `operación desconocida: "${"x".repeat(64)}"`],
    ['{"op":"\\n\\ud83d"}', 'operación desconocida: "\\n\\ud83d"'],
  ];
  for (const [text, expected] of texts) {
    const request = decodeRequest(text);
    assertEquals(request.op === "malformed" ? request.error.text : request, expected);
  }
});

Deno.test("JSON that is nested 500,000 levels deep is an error or an ignored field, never a crash", () => {
  const depth = 500_000;
  const arrays = "[".repeat(depth) + "]".repeat(depth);
  const objects = '{"a":'.repeat(depth) + "1" + "}".repeat(depth);
  assertEquals(codeOf("[".repeat(depth)), "invalid_json");
  assert(["not_an_object", "invalid_json"].includes(codeOf(arrays)));
  assert(["missing_op", "invalid_json"].includes(codeOf(objects)));
  for (const deep of [arrays, objects]) {
    assert(["bad_operand", "invalid_json"].includes(codeOf(`{"op":"add","a":${deep},"b":1}`)));
    assert(["bad_id", "invalid_json"].includes(codeOf(`{"op":"ping","id":${deep}}`)));
    assert(["bad_integer", "invalid_json"].includes(codeOf(`{"op":"sum_squares","n":${deep}}`)));
    assert(["ok", "invalid_json"].includes(codeOf(`{"op":"sum_squares","n":9,"x":${deep}}`)));
  }
});

/** Every answer is a request or an error of the catalogue. */
function assertDecodes(text: string): void {
  const request = decodeRequest(text);
  if (request.op === "malformed") {
    assert(isErrorCode(request.error.code) && request.error.text !== "");
  } else if (request.op === "sum_squares") assert(request.n >= 0n);
  else if (request.op === "sum_range") assert(0n <= request.a && request.a <= request.b);
  else if ("a" in request) assert(Number.isFinite(request.a) && Number.isFinite(request.b));
}

Deno.test("decodeRequest() never throws, for any text and any JSON", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), assertDecodes));
  fc.assert(fc.property(fc.json(), assertDecodes));
  const names = [
    "op",
    "id",
    "a",
    "b",
    "n",
    "timeout_ms",
    "explain",
    "hops",
    "protocol",
    "name",
    "instance",
    "worker",
    "__proto__",
  ];
  const ops = ["add", "div", "sum_squares", "hello", "status", "ping", "join", "drain"];
  const value = fc.oneof(
    fc.jsonValue(),
    fc.double(),
    fc.integer(),
    fc.constantFrom<unknown>(...ops),
  );
  const object = fc.dictionary(fc.constantFrom(...names), value);
  fc.assert(
    fc.property(object, fc.constantFrom(...ops), (one, op) => {
      assertDecodes(JSON.stringify(one));
      assertDecodes(JSON.stringify({ ...one, op }));
    }),
    { numRuns: 500 },
  );
});

Deno.test("decodeRequest() never throws for a valid request that has been damaged", () => {
  const valid = fc.constantFrom(
    '{"op":"add","a":10,"b":5.5e-3,"id":"x"}',
    '{"op":"sum_squares","n":9007199254740993,"explain":true}',
    '{"op":"sum_squares","a":4,"b":6,"timeout_ms":5,"hops":1}',
    '{"op":"hello","protocol":1,"role":"calc_server"}',
  );
  const damage = fc.tuple(
    fc.nat(),
    fc.nat({ max: 3 }),
    fc.string({ unit: "binary", maxLength: 3 }),
  );
  fc.assert(
    fc.property(valid, fc.array(damage, { minLength: 1, maxLength: 3 }), (text, damages) => {
      let damaged = text;
      for (const [at, removed, added] of damages) {
        const place = at % (damaged.length + 1);
        damaged = damaged.slice(0, place) + added + damaged.slice(place + removed);
      }
      assertDecodes(damaged);
    }),
    { numRuns: 2000 },
  );
});
