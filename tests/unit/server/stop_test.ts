import { assert, assertEquals } from "@std/assert";
import { answer, hold } from "./fake_worker.ts";
import { ADD, Scenario, SUM_15 } from "./scenario.ts";

Deno.test("an idle server stops at once, and closes its workers' connections", () => {
  const scenario = Scenario.started({ workers: 2 });
  scenario.step({ kind: "stop" });
  assertEquals([scenario.stoppedAtMs, scenario.isListening], [0, false]);
  assertEquals(scenario.workers.map(({ connections }) => connections.size), [0, 0]);
  assertEquals(scenario.machine.wakeAtMs, Infinity);
});

Deno.test("a stopping server finishes what is in flight, then stops", () => {
  const scenario = Scenario.started({ workers: 1 });
  scenario.worker(0).onWork = hold;
  const busy = scenario.asking(ADD, ADD);
  const idle = scenario.client();
  scenario.step({ kind: "stop" });
  assertEquals([scenario.isListening, idle.isFinished, busy.isFinished], [false, true, false]);
  scenario.advance(1000);
  assertEquals(scenario.stoppedAtMs, undefined);
  scenario.release(scenario.worker(0), answer);
  assertEquals(busy.lines, [SUM_15, SUM_15]);
  assertEquals([busy.isFinished, scenario.stoppedAtMs], [true, 1000]);
  assertEquals(scenario.machine.wakeAtMs, Infinity);
});

Deno.test("a stopping server takes no more requests, and ends who still comes", () => {
  const scenario = Scenario.started({ workers: 1 });
  scenario.worker(0).onWork = hold;
  const busy = scenario.asking(ADD);
  scenario.step({ kind: "stop" });
  scenario.step({
    kind: "received",
    connection: busy.id,
    bytes: new TextEncoder().encode(ADD + "\n"),
  });
  assertEquals(scenario.worker(0).work.length, 1);
  const late = scenario.client();
  assert(late.isFinished);
  scenario.step({ kind: "stop" });
  assert(!busy.isFinished);
  scenario.release(scenario.worker(0), answer);
  assertEquals(busy.lines, [SUM_15]);
});

Deno.test("a stopping server waits 10 s at most", () => {
  const scenario = Scenario.started({ workers: 1, workerTimeoutMs: 60_000 });
  scenario.worker(0).onWork = hold;
  scenario.advance(500);
  const busy = scenario.asking(ADD);
  scenario.step({ kind: "stop" });
  scenario.advance(5000);
  scenario.step({ kind: "stop" });
  scenario.advance(4999);
  assertEquals([scenario.stoppedAtMs, busy.lines.length], [undefined, 0]);
  scenario.advance(1);
  assertEquals(scenario.stoppedAtMs, 10_500);
  scenario.advance(100_000);
});

Deno.test("a stopping server still turns to another worker when one fails", () => {
  const scenario = Scenario.started({ workers: 2 });
  scenario.worker(0).onWork = hold;
  const busy = scenario.asking(ADD);
  scenario.step({ kind: "stop" });
  scenario.kill(scenario.worker(0));
  assertEquals([busy.lines, scenario.stoppedAtMs], [[SUM_15], 0]);
});

Deno.test("a stopping server does not wait for a client that has gone", () => {
  const scenario = Scenario.started({ workers: 1 });
  scenario.worker(0).onWork = hold;
  const busy = scenario.asking(ADD);
  scenario.step({ kind: "stop" });
  scenario.leave(busy);
  assertEquals(scenario.stoppedAtMs, 0);
});

Deno.test("a stop that is the very first event ends a server in good order", () => {
  const scenario = new Scenario({ workers: 2 });
  scenario.step({ kind: "stop" });
  assertEquals(scenario.stoppedAtMs, 0);
});
