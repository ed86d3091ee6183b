import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { answer, hold } from "./fake_worker.ts";
import { NO_WORKER, Scenario } from "./scenario.ts";

const LATE = '{"ok":false,"error":"se agotó el tiempo de la solicitud"}';

Deno.test("a request's own deadline ends it, with the worker still busy", () => {
  const scenario = Scenario.started({ workers: 1 });
  scenario.worker(0).onWork = hold;
  const client = scenario.asking('{"op":"add","a":1,"b":2,"timeout_ms":300}');
  scenario.advance(299);
  assertEquals(client.lines, []);
  scenario.advance(1);
  assertEquals(client.lines, [LATE]);
  scenario.release(scenario.worker(0), answer);
  assertEquals(client.lines, [LATE], "its late reply is ignored");
  assertEquals(scenario.states(), ["up"]);
  scenario.assertQuiet();
});

Deno.test("deadlines end in their own order, not in that of the requests", () => {
  const scenario = Scenario.started({ workers: 1 });
  scenario.worker(0).onWork = hold;
  const client = scenario.asking(
    ...[500, 100, 300].map((ms) => `{"id":${ms},"op":"add","a":1,"b":2,"timeout_ms":${ms}}`),
  );
  scenario.advance(1000);
  assertEquals(client.lines.map((line) => JSON.parse(line).id), [100, 300, 500]);
});

Deno.test("a deadline in the past is one: timeout_ms 0", () => {
  const scenario = Scenario.started({ workers: 1 });
  scenario.worker(0).onWork = hold;
  const client = scenario.asking('{"op":"sum_squares","n":9,"timeout_ms":0}');
  scenario.advance(0);
  assertEquals(client.lines, [LATE]);
});

Deno.test("the time left travels to the worker, reduced", () => {
  const scenario = Scenario.started({ workers: 2 });
  scenario.worker(0).onWork = hold;
  scenario.asking('{"op":"add","a":1,"b":2,"timeout_ms":1500.5}');
  scenario.advance(60);
  scenario.kill(scenario.worker(0));
  const times = scenario.workers.map(({ work }) => JSON.parse(work[0]!).timeout_ms);
  assertEquals(times, [1501, 1441]);
});

Deno.test("no worker is told of more time than there is, whatever the clock shows", () => {
  // A sum of doubles is rounded: the difference of 1023.9 + 150 and 1023.9 is a little more than 150.
  for (const startMs of [1.7, 500.3, 900.1, 1023.9, 2000.7, 1e6 + 0.3]) {
    const scenario = Scenario.started({ workers: 1 });
    scenario.worker(0).onWork = hold;
    scenario.advance(startMs);
    scenario.asking('{"op":"add","a":1,"b":2,"timeout_ms":150}');
    const [work] = scenario.worker(0).work;
    assertEquals(JSON.parse(work!).timeout_ms, 150, `asked at ${startMs} ms`);
  }
});

Deno.test("the time left travels, reduced, to a second worker that is asked as well", () => {
  const scenario = Scenario.started({ workers: 2 });
  scenario.worker(0).onWork = hold;
  scenario.asking('{"op":"add","a":1,"b":2,"timeout_ms":1500.5}');
  scenario.advance(100);
  const times = scenario.workers.map(({ work }) => JSON.parse(work[0]!).timeout_ms);
  assertEquals(times, [1501, 1401]);
});

Deno.test("a worker's deadline_exceeded is final for a request with a deadline", () => {
  const scenario = Scenario.started({ workers: 2 });
  scenario.worker(0).onWork = (line) =>
    `{"id":${JSON.parse(line).id},"ok":false,"error":"x","code":"deadline_exceeded"}\n`;
  assertEquals(scenario.ask('{"op":"add","a":1,"b":2,"timeout_ms":50}'), LATE);
  assertEquals(scenario.worker(1).work.length, 0);
});

Deno.test("a deadline also ends a request that waits for a connect", () => {
  const scenario = Scenario.started(
    { workers: 1 },
    ({ workers }) => workers[0]!.connects = "silent",
  );
  const client = scenario.asking('{"op":"add","a":1,"b":2,"timeout_ms":100}');
  scenario.advance(100);
  assertEquals(client.lines, [LATE]);
});

Deno.test("a request with an id that ran out of time carries the code", () => {
  const scenario = Scenario.started({ workers: 1 });
  scenario.worker(0).onWork = hold;
  const client = scenario.asking('{"id":"x","op":"add","a":1,"b":2,"timeout_ms":5}');
  scenario.advance(5);
  assertStringIncludes(client.lines[0]!, '"code":"deadline_exceeded"');
});

Deno.test("a long deadline does not outlive a worker's failure", () => {
  const scenario = Scenario.started({ workers: 1 });
  scenario.worker(0).onWork = scenario.worker(0).onPing = hold;
  const client = scenario.asking('{"op":"add","a":1,"b":2,"timeout_ms":86400000}');
  scenario.advance(2000);
  assertEquals(client.lines, [NO_WORKER]);
  assert(scenario.machine.wakeAtMs < scenario.nowMs + 1001);
});
