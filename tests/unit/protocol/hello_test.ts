import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { decodeReply } from "../../../src/protocol/decode_reply.ts";
import { decodeRequest } from "../../../src/protocol/decode_request.ts";
import {
  GOODBYE_LINE,
  HELLO_LINE,
  helloReply,
  isGoodbye,
  isHelloReply,
  versionMismatch,
  workerFacts,
} from "../../../src/protocol/hello.ts";

const machine = { cores: 8, platform: "linux-x86_64" } as const;

Deno.test("our hello is a hello to ourselves, and so is the reply", () => {
  const request = decodeRequest(HELLO_LINE.trimEnd());
  assert(request.op === "hello");
  for (const role of ["worker", "calc_server"] as const) {
    const reply = decodeReply(helloReply(request, { role, ...machine }).trimEnd());
    assert(reply !== undefined && isHelloReply(reply));
    const { version, ...rest } = reply.members;
    assertEquals(rest, { ok: true, op: "hello", protocol: 1, role, ...machine });
    assertEquals(workerFacts(reply.members), {
      version: String(version),
      ...machine,
      ...(role === "calc_server" ? { isCoordinator: true } : {}),
    });
  }
});

Deno.test("a hello of another version is refused with both versions and the id", () => {
  const request = { op: "hello", protocol: 2, id: "x" } as const;
  const text = helloReply(request, { role: "worker", ...machine });
  assertStringIncludes(text, '"id":"x","ok":false');
  assertStringIncludes(text, "2 ≠ 1");
  assertStringIncludes(text, '"code":"protocol_mismatch"');
});

Deno.test("a version is ours or is told with ours", () => {
  assertEquals(versionMismatch(1), undefined);
  for (const protocol of [0, 2, 2 ** 53 - 1]) {
    const error = versionMismatch(protocol);
    assertEquals(error?.code, "protocol_mismatch");
    assertStringIncludes(error!.text, `${protocol} ≠ 1`);
  }
});

Deno.test("what a worker says of itself is kept as far as it is of the right type, and cut short", () => {
  const long = "x".repeat(1000);
  const cases: readonly (readonly [string, object])[] = [
    ["{}", {}],
    ['{"version":"1","cores":4,"platform":"p","more":1}', {
      version: "1",
      cores: 4,
      platform: "p",
    }],
    ['{"version":1,"cores":"4","platform":null}', {}],
    ['{"cores":4.5}', {}],
    ['{"cores":1e400}', {}],
    ['{"version":["1"],"cores":0,"platform":{}}', { cores: 0 }],
    [`{"version":"${long}","platform":"${long}"}`, {
      version: "x".repeat(200),
      platform: "x".repeat(200),
    }],
  ];
  for (const [text, facts] of cases) assertEquals(workerFacts(JSON.parse(text)), facts, text);
});

Deno.test("our goodbye is one, and no other line is", () => {
  assertEquals(isGoodbye(GOODBYE_LINE.trimEnd()), true);
  assertEquals(isGoodbye(' { "op" : "goodbye", "why": "tired" } '), true);
  for (
    const text of ["", "goodbye", '"goodbye"', "{}", '["goodbye"]', '{"op":"Goodbye"}', "null"]
  ) {
    assertEquals(isGoodbye(text), false, text);
  }
  assertEquals(decodeReply(GOODBYE_LINE.trimEnd()), undefined, "it is nobody's reply");
});

Deno.test("no other reply is taken for a hello", () => {
  const texts = [
    '{"ok":true}',
    '{"ok":true,"op":"hello"}',
    '{"ok":true,"op":"hello","protocol":2}',
    '{"ok":true,"op":"hello","protocol":"1"}',
    '{"ok":true,"op":"helo","protocol":1}',
    '{"ok":false,"error":"","op":"hello","protocol":1}',
  ];
  for (const text of texts) assertEquals(isHelloReply(decodeReply(text)!), false, text);
});
