import { assertEquals, assertMatch } from "@std/assert";
import { type Listening, startServer, startWorkers } from "../support/cluster.ts";

const INVALID_JSON = "la línea no es JSON válido";
const NO_OBJECT = "la solicitud debe ser un objeto JSON";
const FINITE = "el operando debe ser un número finito";
const NATURAL = 'debe ser un entero mayor o igual que 0: "n"';
const BAD_ID = '"id" debe ser un texto o un entero seguro';

/** What is sent, and the error that comes back. */
const CASES: readonly (readonly [name: string, line: string | Uint8Array, error: string])[] = [
  ["no JSON", "hola", INVALID_JSON],
  ["JSON that breaks off", '{"op":"add"', INVALID_JSON],
  ["NaN, which is no JSON", '{"op":"add","a":NaN,"b":1}', INVALID_JSON],
  ["Infinity, which is no JSON", '{"op":"add","a":Infinity,"b":1}', INVALID_JSON],
  ["single quotes", "{'op':'ping'}", INVALID_JSON],
  ["two values", '{"op":"ping"} {"op":"ping"}', INVALID_JSON],
  ["JSON 500,000 levels deep", "[".repeat(500_000), INVALID_JSON],
  ["JSON 250,000 levels deep and whole", "[".repeat(250_000) + "]".repeat(250_000), ""],
  ["a number", "5", NO_OBJECT],
  ["null", "null", NO_OBJECT],
  ["a list", '[{"op":"ping"}]', NO_OBJECT],
  ["a text", '"ping"', NO_OBJECT],
  ["invalid UTF-8", new Uint8Array([0x22, 0xff, 0x22]), "la línea no es UTF-8 válido"],
  ["UTF-8 that breaks off", new Uint8Array([0x22, 0xe2, 0x82]), "la línea no es UTF-8 válido"],
  ["half a surrogate pair", new Uint8Array([0xed, 0xa0, 0x80]), "la línea no es UTF-8 válido"],
  ["no op", "{}", 'falta "op"'],
  ["an op that is no text", '{"op":1}', '"op" debe ser un texto'],
  ["an op of null", '{"op":null}', '"op" debe ser un texto'],
  ["an unknown op", '{"op":"pow"}', 'operación desconocida: "pow"'],
  ["an op named like a method", '{"op":"toString"}', 'operación desconocida: "toString"'],
  [
    "the internal name of an op",
    '{"op":"sum_range","a":1,"b":2}',
    'operación desconocida: "sum_range"',
  ],
  ["a missing operand", '{"op":"add","a":1}', 'falta un operando: "b"'],
  ["both operands missing", '{"op":"div"}', 'falta un operando: "a"'],
  ["an operand that is a text", '{"op":"add","a":"1","b":2}', `${FINITE}: "a"`],
  ["an operand of null", '{"op":"add","a":1,"b":null}', `${FINITE}: "b"`],
  ["an operand that is a list", '{"op":"add","a":[1],"b":2}', `${FINITE}: "a"`],
  ["an operand of true", '{"op":"add","a":true,"b":2}', `${FINITE}: "a"`],
  ["an infinite operand", '{"op":"add","a":1e999,"b":2}', `${FINITE}: "a"`],
  ["an infinite negative operand", '{"op":"add","a":1,"b":-1e999}', `${FINITE}: "b"`],
  [
    "an overflowing product",
    '{"op":"mul","a":1e200,"b":1e200}',
    "el resultado es demasiado grande",
  ],
  [
    "an overflowing quotient",
    '{"op":"div","a":1e300,"b":1e-300}',
    "el resultado es demasiado grande",
  ],
  ["a division by zero", '{"op":"div","a":1,"b":0}', "División por cero"],
  ["a division by minus zero", '{"op":"div","a":0,"b":-0.0}', "División por cero"],
  ["no n", '{"op":"sum_squares"}', 'falta un operando: "n"'],
  ["a negative n", '{"op":"sum_squares","n":-1}', NATURAL],
  ["a fractional n", '{"op":"sum_squares","n":1.5}', NATURAL],
  ["a tiny n", '{"op":"sum_squares","n":1e-9}', NATURAL],
  ["an n that is a text", '{"op":"sum_squares","n":"9"}', NATURAL],
  ["an n of null", '{"op":"sum_squares","n":null}', NATURAL],
  [
    "an n of 1,001 digits",
    `{"op":"sum_squares","n":${"1".repeat(1001)}}`,
    'el entero tiene más de 1000 dígitos: "n"',
  ],
  [
    "an n with a large exponent",
    '{"op":"sum_squares","n":1e30}',
    'un entero tan grande debe escribirse solo con dígitos: "n"',
  ],
  [
    "an n with a huge exponent",
    '{"op":"sum_squares","n":1e999999999}',
    'un entero tan grande debe escribirse solo con dígitos: "n"',
  ],
  ["a range backwards", '{"op":"sum_squares","a":6,"b":4}', '"a" no debe ser mayor que "b"'],
  ["half a range", '{"op":"sum_squares","a":6}', 'falta un operando: "b"'],
  ["an id that is an object", '{"id":{},"op":"ping"}', BAD_ID],
  ["an id of null", '{"id":null,"op":"ping"}', BAD_ID],
  ["a fractional id", '{"id":1.5,"op":"ping"}', BAD_ID],
  ["an id beyond the safe integers", '{"id":9007199254740993,"op":"ping"}', BAD_ID],
  [
    "a timeout that is a text",
    '{"op":"ping","timeout_ms":"1"}',
    '"timeout_ms" debe ser un número entre 0 y 86400000',
  ],
  [
    "a negative timeout",
    '{"op":"add","a":1,"b":2,"timeout_ms":-1}',
    '"timeout_ms" debe ser un número entre 0 y 86400000',
  ],
  ["an explain that is a number", '{"op":"ping","explain":1}', '"explain" debe ser true o false'],
  [
    "hops that are a text",
    '{"op":"ping","hops":"1"}',
    '"hops" debe ser un entero mayor o igual que 0',
  ],
  ["too many hops", '{"op":"ping","hops":9}', "la solicitud pasó por más de 8 coordinadores"],
];

Deno.test("bad input gets a Spanish error, and the connection goes on", async (t) => {
  await using workers = await startWorkers(2);
  await using server = await startServer({ workers });
  await server.untilStates("up", "up");

  for (const [role, listening] of [["server", server], ["worker", workers[0]!]] as const) {
    // All on one connection: each case shows that the one before did no harm.
    using connection = await listening.connect();
    for (const [name, line, error] of CASES) {
      await t.step(`${role}: ${name}`, async () => {
        await connection.send(line);
        await connection.send("\n");
        const reply = JSON.parse(await connection.line());
        // Whether the engine can parse such a depth is its own affair; that it answers is ours.
        assertEquals(reply, { ok: false, error: error || reply.error });
        assertEquals(await connection.ask('{"op":"ping"}'), '{"ok":true}');
      });
    }
    await t.step(`${role}: with an id there is a code`, () => hasCode(listening));
    await t.step(`${role}: unknown fields are ignored`, () => ignoresUnknown(listening));
    await t.step(`${role}: a line over the limit closes`, () => closesAfterLongLine(listening));
    await t.step(`${role}: an endless line closes`, () => closesAfterEndlessLine(listening));
    await t.step(`${role}: an HTTP request closes`, () => closesAfterHttp(listening));
    await t.step(`${role}: is still the same process`, async () => {
      assertEquals(await listening.ask('{"op":"ping"}'), '{"ok":true}');
    });
  }
});

async function hasCode(listening: Listening): Promise<void> {
  using connection = await listening.connect();
  assertEquals(
    await connection.ask('{"op":"div","a":1,"b":0,"id":"q"}'),
    '{"id":"q","ok":false,"error":"División por cero","code":"division_by_zero"}',
  );
  assertEquals(
    await connection.ask('{"op":"nope","id":-5}'),
    '{"id":-5,"ok":false,"error":"operación desconocida: \\"nope\\"","code":"unknown_op"}',
  );
}

async function ignoresUnknown(listening: Listening): Promise<void> {
  const line = '{"__proto__":{"a":9},"note":[1,{"x":null}],"op":"add","a":10,"b":5,"parts":1}';
  const reply = '{"ok":true,"result":15.0,"a":10.0,"b":5.0,"op":"add"}';
  assertEquals(await listening.ask(line), reply);
}

const MAX_LINE_BYTES = 1024 * 1024;
const TOO_LONG = '{"ok":false,"error":"la línea supera el máximo de bytes permitido"}';

async function closesAfterLongLine(listening: Listening): Promise<void> {
  const opening = '{"op":"add","a":1,"b":2,"note":"';
  const fill = "x".repeat(MAX_LINE_BYTES - opening.length - 2);
  using connection = await listening.connect();
  // Exactly the limit is taken, with LF and CRLF; one byte more is not, and nothing after it counts.
  assertMatch(await connection.ask(`${opening}${fill}"}`), /^\{"ok":true,"result":3\.0/);
  assertMatch(await connection.ask(`${opening}${fill}"}\r`), /^\{"ok":true,"result":3\.0/);
  await connection.send(`${opening}${fill}x"}\n{"op":"ping"}\n`);
  assertEquals(await connection.rest(), [TOO_LONG]);
}

async function closesAfterEndlessLine(listening: Listening): Promise<void> {
  using connection = await listening.connect();
  await connection.send('{"op":"ping"}\n');
  const sending = connection.send(new Uint8Array(10 * MAX_LINE_BYTES).fill(0x78));
  // The end comes after the error, and is no reset, which could overtake it: nor does the sending fail.
  assertEquals(await connection.rest(), ['{"ok":true}', TOO_LONG]);
  await sending;
}

async function closesAfterHttp(listening: Listening): Promise<void> {
  const error = "esto no es un servidor HTTP: habla JSON, un objeto por línea";
  for (const first of ["GET / HTTP/1.1", "POST /x HTTP/1.0", "OPTIONS * HTTP/2"]) {
    using connection = await listening.connect();
    await connection.send(`${first}\r\nHost: localhost\r\n\r\n{"op":"ping"}\n`);
    assertEquals(await connection.rest(), [`{"ok":false,"error":"${error}"}`]);
  }
}
