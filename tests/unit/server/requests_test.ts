import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { hold } from "./fake_worker.ts";
import { ADD, NO_WORKER, NOTHING, PARTS_9, Scenario, SUM_0, SUM_15, SUM_9 } from "./scenario.ts";

Deno.test("a server answers each documented request with the documented bytes", () => {
  const scenario = Scenario.started({ workers: 3 });
  const cases: readonly (readonly [string, string])[] = [
    [ADD, SUM_15],
    ['{"op":"sub","a":20,"b":7}', '{"ok":true,"result":13.0,"a":20.0,"b":7.0,"op":"sub"}'],
    ['{"op":"mul","a":6,"b":9}', '{"ok":true,"result":54.0,"a":6.0,"b":9.0,"op":"mul"}'],
    ['{"op":"div","a":10,"b":2}', '{"ok":true,"result":5.0,"a":10.0,"b":2.0,"op":"div"}'],
    ['{"op":"div","a":10,"b":0}', '{"ok":false,"error":"División por cero"}'],
    [SUM_9, PARTS_9],
    [SUM_0, NOTHING],
    [
      '{"op":"sum_squares","n":2}',
      '{"ok":true,"result":5,"parts":[{"a":1,"b":1,"result":1},{"a":2,"b":2,"result":4}]}',
    ],
    ['{"op":"sum_squares","a":4,"b":6}', '{"ok":true,"result":77}'],
    ['{"op":"ping"}', '{"ok":true}'],
    ['{"op":"ping","id":"x"}', '{"id":"x","ok":true}'],
    [
      '{"op":"div","a":1,"b":0,"id":7}',
      '{"id":7,"ok":false,"error":"División por cero","code":"division_by_zero"}',
    ],
    ['{"id":0,"op":"sum_squares","a":1,"b":2}', '{"id":0,"ok":true,"result":5}'],
  ];
  for (const [line, reply] of cases) {
    assertEquals(scenario.ask(line), reply, line);
  }
  scenario.assertQuiet();
});

Deno.test("the ranges of a sum go to the workers in their order", () => {
  const scenario = Scenario.started({ workers: 3 });
  scenario.ask('{"op":"sum_squares","n":10}');
  const ranges = scenario.workers.map(({ work }) => work.map((line) => JSON.parse(line)));
  assertEquals(ranges.map((lines) => lines.map(({ a, b }) => [a, b])), [
    [[1, 4]],
    [[5, 7]],
    [[8, 10]],
  ]);
});

Deno.test("n requests over k workers reach each n/k times, whichever connections they come on", () => {
  for (const workers of [1, 2, 3, 7]) {
    const scenario = Scenario.started({ workers });
    const clients = [scenario.client(), scenario.client(), scenario.client()];
    for (let index = 0; index < 20; index++) scenario.send(clients[index % 3]!, ADD + "\n");
    const counts = scenario.status().workers.map(({ completed }) => completed);
    assertEquals(counts.reduce((one, other) => one + other), 20);
    assert(Math.max(...counts) - Math.min(...counts) <= 1, `${counts}`);
    assertEquals(counts, scenario.workers.map(({ work }) => work.length));
    scenario.assertQuiet();
  }
});

Deno.test("bare replies keep their order while a reply with an id overtakes them", () => {
  const scenario = Scenario.started({ workers: 2 });
  scenario.worker(0).onWork = hold;
  const client = scenario.asking(
    '{"op":"add","a":1,"b":1}',
    '{"op":"add","a":2,"b":2}',
    '{"op":"ping","id":"p"}',
    '{"op":"nonsense"}',
  );
  assertEquals(client.lines, ['{"id":"p","ok":true}']);
  scenario.release(
    scenario.worker(0),
    (line) => `{"id":${JSON.parse(line).id},"ok":true,"result":2}\n`,
  );
  assertEquals(client.lines.slice(1), [
    '{"ok":true,"result":2.0,"a":1.0,"b":1.0,"op":"add"}',
    '{"ok":true,"result":4.0,"a":2.0,"b":2.0,"op":"add"}',
    '{"ok":false,"error":"operación desconocida: \\"nonsense\\""}',
  ]);
  scenario.assertQuiet();
});

Deno.test("everything that goes to one worker in a step goes in one write", () => {
  const scenario = Scenario.started({ workers: 1 });
  let chunks = 0;
  const step = scenario.machine.step.bind(scenario.machine);
  scenario.machine.step = (event, nowMs) => {
    const effects = step(event, nowMs);
    chunks +=
      effects.filter((effect) => effect.kind === "write_lines" && effect.connection < 0).length;
    return effects;
  };
  scenario.asking(ADD, ADD, ADD, SUM_9);
  assertEquals(scenario.worker(0).work.length, 4);
  assertEquals(chunks, 1);
});

Deno.test("an id that is used again is answered each time", () => {
  const scenario = Scenario.started({ workers: 1 });
  const line = '{"id":"same","op":"add","a":1,"b":2}';
  assertEquals(scenario.asking(line, line).lines.length, 2);
});

Deno.test("a request carries its hops to the worker, one more each time", () => {
  const scenario = Scenario.started({ workers: 1 });
  scenario.ask(ADD);
  scenario.ask('{"op":"add","a":1,"b":1,"hops":7}');
  const hops = scenario.worker(0).work.map((line) => JSON.parse(line).hops);
  assertEquals(hops, [1, 8]);
  for (const passed of [8, 9, 2 ** 53 - 1]) {
    const reply = scenario.ask(`{"id":1,"op":"sum_squares","n":9,"hops":${passed}}`);
    assertStringIncludes(reply, "más de 8 coordinadores");
    assertStringIncludes(reply, '"code":"too_many_hops"');
  }
  assertEquals(scenario.worker(0).work.length, 2);
});

Deno.test("who greets as brief is not told again what it has asked, if the reply has an id", () => {
  const scenario = Scenario.started({ workers: 1 });
  const [, ...replies] = scenario.asking(
    '{"op":"hello","protocol":1,"brief":true}',
    '{"id":7,"op":"add","a":1,"b":2}',
    '{"op":"add","a":1,"b":2}',
  ).lines;
  assertEquals(replies, [
    '{"id":7,"ok":true,"result":3.0}',
    '{"ok":true,"result":3.0,"a":1.0,"b":2.0,"op":"add"}',
  ]);
});

Deno.test("explain names a worker that was too slow, and the one that was faster", () => {
  const scenario = Scenario.started({ workers: 2 });
  scenario.worker(0).onWork = hold;
  const client = scenario.asking('{"op":"add","a":10,"b":5,"explain":true}');
  scenario.advance(100);
  assertEquals(JSON.parse(client.lines[0]!).explain, {
    ms: 100,
    work: [{ attempts: [{ worker: "w2:6001", at_ms: 100, ms: 0, outcome: "ok" }] }],
  });
});

Deno.test("explain says which worker did what in how many attempts", () => {
  const scenario = Scenario.started({ workers: 2 });
  scenario.advance(5000);
  scenario.worker(0).onWork = hold;
  const client = scenario.asking('{"op":"sum_squares","n":2,"explain":true}');
  scenario.advance(60);
  scenario.kill(scenario.worker(0));
  const { explain, ...reply } = JSON.parse(client.lines[0]!);
  assertEquals(Object.keys(reply), ["ok", "result", "parts"]);
  assertEquals(explain.ms, 60);
  assertEquals(explain.work, [
    {
      a: 1,
      b: 1,
      attempts: [
        { worker: "w1:6001", at_ms: 0, ms: 60, outcome: "connection reset" },
        { worker: "w2:6001", at_ms: 60, ms: 0, outcome: "ok" },
      ],
    },
    { a: 2, b: 2, attempts: [{ worker: "w2:6001", at_ms: 0, ms: 0, outcome: "ok" }] },
  ]);
});

Deno.test("status counts what was asked, answered and failed", () => {
  const scenario = Scenario.started({ workers: 1 });
  scenario.ask(ADD);
  scenario.ask('{"op":"div","a":1,"b":0}');
  scenario.ask('{"op":"ping"}');
  scenario.ask("nonsense");
  const { requests, workers, connections } = scenario.status();
  assertEquals(requests, { received: 2, answered: 1, failed: 1, in_flight: 0, waiting: 0 });
  assertEquals([workers[0]!.completed, workers[0]!.failed], [2, 0]);
  assertEquals(connections, 5);
});

Deno.test("a hello is answered with ours, and one of another version with both versions", () => {
  const scenario = Scenario.started({ workers: 0 });
  assertMatch(
    scenario.ask('{"op":"hello","protocol":1}'),
    /^\{"ok":true,"op":"hello","protocol":1,"role":"calc_server","version":"[^"]+","cores":8,"platform":"linux-x86_64"\}$/,
  );
  assertStringIncludes(scenario.ask('{"op":"hello","protocol":2}'), "2 ≠ 1");
});

Deno.test("a server without workers answers everything with the error, but the sum of nothing", () => {
  const scenario = Scenario.started({ workers: 0 });
  for (const line of [ADD, SUM_9, '{"op":"sum_squares","a":1,"b":2}']) {
    assertEquals(scenario.ask(line), NO_WORKER);
  }
  assertEquals(scenario.ask(SUM_0), NOTHING);
  assertEquals(scenario.machine.wakeAtMs, Infinity);
});

Deno.test("the sum of nothing is 0, whatever the workers are doing", () => {
  const scenario = Scenario.started({ workers: 2 });
  for (const worker of scenario.workers) worker.onWork = hold;
  assertEquals(scenario.ask(SUM_0), NOTHING);
  for (const worker of scenario.workers) scenario.kill(worker);
  assertEquals(scenario.ask(SUM_0), NOTHING);
  assertEquals(scenario.workers.map(({ work }) => work.length), [0, 0]);
});

Deno.test("a client that goes while its request is calculated harms nobody", () => {
  const scenario = Scenario.started({ workers: 1 });
  scenario.worker(0).onWork = hold;
  const client = scenario.asking(ADD, ADD);
  scenario.leave(client);
  assertEquals(scenario.status().requests.in_flight, 2);
  scenario.worker(0).onWork = () => undefined;
  scenario.release(
    scenario.worker(0),
    (line) => `{"id":${JSON.parse(line).id},"ok":true,"result":1}\n`,
  );
  assertEquals(client.lines, []);
  scenario.assertQuiet();
});

Deno.test("a half-closed client gets every reply, then the end", () => {
  const scenario = Scenario.started({ workers: 1 });
  scenario.worker(0).onWork = hold;
  const client = scenario.asking(ADD);
  scenario.send(client, ADD);
  scenario.endSending(client);
  assertEquals([client.lines.length, client.isFinished], [0, false]);
  assertEquals(scenario.worker(0).work.length, 2, "the last line counts without a newline");
  scenario.release(
    scenario.worker(0),
    (line) => `{"id":${JSON.parse(line).id},"ok":true,"result":15}\n`,
  );
  assertEquals(client.lines, [SUM_15, SUM_15]);
  assert(client.isFinished);
  scenario.assertQuiet();
});
