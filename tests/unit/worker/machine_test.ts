import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Effect, MachineEvent } from "../../../src/protocol/machine.ts";
import { WorkerMachine } from "../../../src/worker/machine.ts";
import { textEffects } from "../../support/effects.ts";

const encoder = new TextEncoder();

/** A worker and its connections, on a clock that the test moves. */
class Bench {
  readonly machine = new WorkerMachine({
    maxLineBytes: 100_000,
    join: [],
    name: "lab",
    instance: "i-1",
    facts: { role: "worker", cores: 4, platform: "plan9" },
    seed: 1,
  });
  nowMs = 0;

  step(event: MachineEvent): Effect[] {
    const effects = textEffects(this.machine.step(event, this.nowMs));
    if (event.kind === "received") event.bytes.fill(0x0a);
    return effects;
  }

  accept(connection = 1): void {
    this.step({ kind: "accepted", connection, remote: "" });
  }

  send(text: string, connection = 1): Effect[] {
    return this.step({ kind: "received", connection, bytes: encoder.encode(text) });
  }

  /** The reply to one line, or the replies to several. */
  ask(line: string): string {
    return written(this.send(line + "\n")).trimEnd();
  }
}

function started(): Bench {
  const bench = new Bench();
  assertEquals(bench.step({ kind: "tick" }), []);
  bench.accept();
  return bench;
}

function written(effects: readonly Effect[]): string {
  return effects.map((effect) => effect.kind === "write" ? effect.text : "").join("");
}

Deno.test("a worker answers each request with the documented bytes", () => {
  const bench = started();
  const cases: readonly (readonly [string, string])[] = [
    ['{"op":"add","a":10,"b":5}', '{"ok":true,"result":15.0,"a":10.0,"b":5.0,"op":"add"}'],
    ['{"op":"sub","a":-0.0,"b":0}', '{"ok":true,"result":-0.0,"a":-0.0,"b":0.0,"op":"sub"}'],
    [
      '{"op":"mul","a":6,"b":9,"id":3}',
      '{"id":3,"ok":true,"result":54.0,"a":6.0,"b":9.0,"op":"mul"}',
    ],
    ['{"op":"div","a":10,"b":0}', '{"ok":false,"error":"División por cero"}'],
    ['{"op":"sum_squares","a":4,"b":6}', '{"ok":true,"result":77}'],
    ['{"op":"sum_squares","a":0,"b":0,"id":"x"}', '{"id":"x","ok":true,"result":0}'],
    ['{"op":"sum_squares","n":3}', '{"ok":true,"result":14,"parts":[{"a":1,"b":3,"result":14}]}'],
    ['{"op":"sum_squares","n":0}', '{"ok":true,"result":0,"parts":[]}'],
    ['{"op":"ping"}', '{"ok":true}'],
    ['{"op":"ping","id":"p"}', '{"id":"p","ok":true}'],
    ["nonsense", '{"ok":false,"error":"la línea no es JSON válido"}'],
    [
      '{"id":1,"op":"mul","a":1e200,"b":1e200}',
      '{"id":1,"ok":false,"error":"el resultado es demasiado grande","code":"overflow"}',
    ],
  ];
  for (const [line, reply] of cases) assertEquals(bench.ask(line), reply, line);
});

Deno.test("a worker answers many lines in one write, in their order", () => {
  const bench = started();
  const effects = bench.send('{"op":"ping"}\n{"op":"nonsense"}\r\n\n{"op":"ping","id":1}\n');
  assertEquals(effects.map(({ kind }) => kind), ["write"]);
  assertEquals(written(effects).split("\n").length, 4);
});

Deno.test("a worker has no time for a request whose time is up", () => {
  const bench = started();
  for (
    const calculation of [
      '"op":"add","a":1,"b":2',
      '"op":"sum_squares","a":1,"b":2',
      '"op":"sum_squares","n":2',
    ]
  ) {
    assertStringIncludes(
      bench.ask(`{${calculation},"timeout_ms":0}`),
      "se agotó el tiempo",
      calculation,
    );
    assertStringIncludes(bench.ask(`{${calculation},"timeout_ms":0.1}`), '"ok":true', calculation);
  }
});

Deno.test("who greets a worker as brief is not told again what it has asked, if the reply has an id", () => {
  const bench = started();
  const add = '"op":"add","a":1,"b":2}';
  const full = '"ok":true,"result":3.0,"a":1.0,"b":2.0,"op":"add"}';
  assertEquals(bench.ask(`{"id":7,${add}`), `{"id":7,${full}`);
  bench.ask('{"op":"hello","protocol":1,"brief":true}');
  assertEquals(bench.ask(`{"id":8,${add}`), '{"id":8,"ok":true,"result":3.0}');
  assertEquals(bench.ask(`{${add}`), `{${full}`);
  bench.ask('{"op":"hello","protocol":1}');
  assertEquals(bench.ask(`{"id":9,${add}`), `{"id":9,${full}`);
  assertMatch(bench.ask('{"op":"hello","protocol":2,"brief":true}'), /2 ≠ 1/);
  assertEquals(bench.ask(`{"id":10,${add}`), `{"id":10,${full}`);
});

Deno.test("a worker greets as one, and says what it has done", () => {
  const bench = started();
  assertMatch(
    bench.ask('{"op":"hello","protocol":1,"role":"calc_server"}'),
    /^\{"ok":true,"op":"hello","protocol":1,"role":"worker","version":"[^"]+","cores":4,"platform":"plan9"\}$/,
  );
  bench.ask('{"op":"add","a":1,"b":2}');
  bench.ask('{"op":"sum_squares","n":2}');
  bench.ask('{"op":"div","a":1,"b":0}');
  bench.accept(2);
  bench.nowMs = 1234.4;
  const { version, ...status } = JSON.parse(bench.ask('{"op":"status","id":1}'));
  assertEquals(typeof version, "string");
  assertEquals(status, {
    id: 1,
    ok: true,
    role: "worker",
    uptime_ms: 1234,
    connections: 2,
    requests: { completed: 2, failed: 1 },
  });
});

Deno.test("a worker ends a half-closed connection after its last reply", () => {
  const bench = started();
  assertEquals(bench.send('{"op":"ping"}'), []);
  const effects = bench.step({ kind: "ended", connection: 1 });
  assertEquals(effects, [
    { kind: "write", connection: 1, text: '{"ok":true}\n' },
    { kind: "finish", connection: 1 },
  ]);
});

Deno.test("a worker is no coordinator: nobody joins it, and it drains nobody", () => {
  const bench = started();
  const lines = [
    '{"id":1,"op":"join","protocol":1,"name":"n","instance":"i"}',
    '{"id":1,"op":"drain","worker":"w"}',
    '{"id":1,"op":"undrain","worker":"w"}',
  ];
  for (const line of lines) {
    assertStringIncludes(bench.ask(line), '"code":"not_a_coordinator"', line);
  }
  assertEquals(bench.ask('{"op":"ping"}'), '{"ok":true}', "and the connection goes on");
});

Deno.test("a stopping worker says goodbye to those who have said hello, and answers them to the end", () => {
  const bench = started();
  bench.accept(2);
  bench.send('{"op":"hello","protocol":1}\n', 2);
  const effects = bench.step({ kind: "stop" });
  assertEquals(effects, [
    { kind: "stop_listening" },
    { kind: "finish", connection: 1 },
    { kind: "write", connection: 2, text: '{"op":"goodbye"}\n' },
  ]);
  assertEquals(bench.machine.wakeAtMs, 10_000);
  assertStringIncludes(written(bench.send('{"id":1,"op":"add","a":1,"b":2}\n', 2)), '"result":3.0');
  const last = bench.step({ kind: "closed", connection: 2, reason: "" });
  assertEquals(last, [{ kind: "stopped" }]);
  assertEquals(bench.machine.wakeAtMs, Infinity);
});

Deno.test("a stopping worker waits 10 s at most for who has said hello", () => {
  const bench = started();
  bench.send('{"op":"hello","protocol":1}\n');
  bench.nowMs = 500;
  bench.step({ kind: "stop" });
  bench.nowMs = 700;
  assertEquals(bench.step({ kind: "stop" }), [], "the second is the same");
  bench.nowMs = 10_499;
  assertEquals(bench.step({ kind: "tick" }), []);
  bench.nowMs = 10_500;
  assertEquals(bench.step({ kind: "tick" }), [{ kind: "stopped" }]);
});

Deno.test("a worker without connections stops at once", () => {
  const bench = new Bench();
  assertEquals(bench.step({ kind: "stop" }).map(({ kind }) => kind), ["stop_listening", "stopped"]);
  assertEquals(bench.step({ kind: "stop" }), []);
  assertEquals(bench.machine.wakeAtMs, Infinity);
});

Deno.test("a stopping worker ends its connections, and whoever still comes", () => {
  const bench = started();
  bench.accept(2);
  const kinds = bench.step({ kind: "stop" }).map(({ kind }) => kind);
  assertEquals(kinds.filter((kind) => kind === "finish").length, 2);
  assertEquals([kinds[0], kinds.at(-1)], ["stop_listening", "stopped"]);
  assertEquals(kinds.filter((kind) => kind === "stopped").length, 1);
  assertEquals(bench.machine.wakeAtMs, Infinity);
});

Deno.test("a worker refuses a line that is too long, or HTTP, and ends", () => {
  for (const text of ["x".repeat(100_001) + "\n", "GET / HTTP/1.1\r\n"]) {
    const bench = started();
    const effects = bench.send(text + '{"op":"ping"}\n');
    assertEquals(effects.map(({ kind }) => kind), ["write", "finish"]);
    assert(written(effects).startsWith('{"ok":false,'));
  }
});

Deno.test("a worker that runs no code gives no channel", () => {
  const bench = started();
  const refused =
    '"ok":false,"error":"este worker no ejecuta código ajeno: arránquelo con --allow-code"';
  assertEquals(bench.ask('{"op":"channel","protocol":1}'), `{${refused}}`);
  const line = '{"id":1,"op":"channel","protocol":1,"instance":"i","slots":2}';
  assertEquals(bench.ask(line), `{"id":1,${refused},"code":"no_code"}`);
});
