import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { answer, FakeWorker, hold } from "./fake_worker.ts";
import { ADD, NO_WORKER, PARTS_9, Scenario, SUM_15, SUM_9 } from "./scenario.ts";

const DRAIN = '{"op":"drain","worker":"w1:6001"}';
const UNDRAIN = '{"op":"undrain","worker":"w1:6001"}';

Deno.test("a drained worker gets nothing new until it is undrained", () => {
  const scenario = Scenario.started({ workers: 2 });
  assertEquals(
    scenario.ask(DRAIN),
    '{"ok":true,"op":"drain","worker":"w1:6001","state":"draining"}',
  );
  for (let count = 0; count < 4; count++) assertEquals(scenario.ask(ADD), SUM_15);
  assertEquals(scenario.workers.map(({ work }) => work.length), [0, 4]);
  scenario.advance(120_000);
  const [status] = scenario.status().workers;
  assertEquals([status!.state, status!.reason, status!.for_ms], [
    "draining",
    "drained by request",
    120_000,
  ]);
  assertEquals(
    scenario.ask(UNDRAIN),
    '{"ok":true,"op":"undrain","worker":"w1:6001","state":"up"}',
  );
  for (let count = 0; count < 4; count++) assertEquals(scenario.ask(ADD), SUM_15);
  assertEquals(scenario.workers.map(({ work }) => work.length), [2, 6]);
  scenario.assertQuiet();
});

Deno.test("a drained worker's range keeps its place and is done by another", () => {
  for (const name of ["w1:6001", "w2:6001", "w3:6001"]) {
    const scenario = Scenario.started({ workers: 3 });
    scenario.ask(`{"op":"drain","worker":"${name}"}`);
    assertEquals(scenario.ask(SUM_9), PARTS_9);
  }
});

Deno.test("what a worker has in hand when it is drained it finishes, and nobody is asked again", () => {
  const scenario = Scenario.started({ workers: 2 });
  scenario.worker(0).onWork = hold;
  const client = scenario.asking(ADD);
  scenario.ask(DRAIN);
  scenario.advance(50);
  scenario.release(scenario.worker(0), answer);
  assertEquals([client.lines, scenario.worker(1).work.length], [[SUM_15], 0]);
  assertEquals(scenario.states(), ["draining", "up"]);
});

Deno.test("draining twice is draining once, and undraining who is not drained changes nothing", () => {
  const scenario = Scenario.started({ workers: 1 });
  scenario.ask(DRAIN);
  scenario.ask(DRAIN);
  assertStringIncludes(scenario.ask(UNDRAIN), '"state":"up"');
  assertStringIncludes(scenario.ask(UNDRAIN), '"state":"up"');
  assertEquals(scenario.ask(ADD), SUM_15);
});

Deno.test("with every worker drained there is none, and what is undrained is asked again", () => {
  const scenario = Scenario.started({ workers: 1 });
  scenario.ask(DRAIN);
  assertEquals([scenario.ask(ADD), scenario.ask(SUM_9)], [NO_WORKER, NO_WORKER]);
  scenario.ask(UNDRAIN);
  assertEquals(scenario.ask(ADD), SUM_15);
});

Deno.test("work that waits for a worker that is full goes nowhere when that is drained", () => {
  const scenario = Scenario.started({ workers: 1 });
  scenario.worker(0).onWork = hold;
  const client = scenario.asking(...Array<string>(1025).fill(ADD));
  assertEquals(client.lines, []);
  scenario.ask(DRAIN);
  assertEquals(client.lines.length, 0, "in the order of the requests");
  scenario.release(scenario.worker(0), answer);
  assertEquals([client.lines.length, client.lines.at(-1)], [1025, NO_WORKER]);
});

Deno.test("work that waits is given to a worker that is undrained", () => {
  const scenario = Scenario.started({ workers: 2 });
  scenario.worker(1).onWork = hold;
  scenario.ask(DRAIN);
  scenario.asking(...Array<string>(1030).fill(ADD));
  assertEquals(scenario.worker(0).work.length, 0);
  scenario.ask(UNDRAIN);
  assertEquals(scenario.worker(0).work.length, 6);
});

Deno.test("a drained worker stays drained over a loss, and can be drained while it is down", () => {
  for (const order of [["drain", "kill"], ["kill", "drain"]]) {
    const scenario = Scenario.started({ workers: 2 });
    for (const step of order) {
      if (step === "drain") scenario.ask(DRAIN);
      else scenario.kill(scenario.worker(0));
    }
    assertEquals(scenario.states(), ["down", "up"]);
    scenario.worker(0).connects = "accepts";
    scenario.advance(1000);
    assertEquals(scenario.states(), ["draining", "up"], `${order}`);
    scenario.ask(UNDRAIN);
    assertEquals(scenario.states(), ["up", "up"]);
  }
});

Deno.test("an unknown worker cannot be drained, and is named", () => {
  const scenario = Scenario.started({ workers: 1 });
  assertEquals(
    scenario.ask('{"id":1,"op":"drain","worker":"w9:\\"6001"}'),
    '{"id":1,"ok":false,"error":"no hay ningún worker con ese nombre: \\"w9:\\\\\\"6001\\"",' +
      '"code":"unknown_worker"}',
  );
});

Deno.test("a worker that has joined is drained by the name that it was given", () => {
  const scenario = Scenario.started({ workers: 0 });
  const [one, other] = [new FakeWorker("lab"), new FakeWorker("lab")];
  scenario.join(one);
  scenario.join(other, { instance: "another" });
  assertStringIncludes(scenario.ask('{"op":"drain","worker":"lab#2"}'), '"state":"draining"');
  scenario.ask(ADD);
  scenario.ask(ADD);
  assertEquals([one.work.length, other.work.length], [2, 0]);
});

Deno.test("who may not change the cluster is told so, whatever he wants changed", () => {
  const scenario = Scenario.started({ workers: 1, allowsChanges: false });
  const cases = [DRAIN, UNDRAIN, '{"op":"drain","worker":"nobody"}'];
  for (const line of cases) {
    assertEquals(
      scenario.ask(line.replace("{", '{"id":1,')),
      '{"id":1,"ok":false,"error":"el servidor no lo permite desde la red sin --insecure",' +
        '"code":"not_allowed"}',
    );
  }
  assertEquals(scenario.states(), ["up"]);
  const client = scenario.asking('{"op":"join","protocol":1,"name":"n","instance":"i"}', ADD);
  assertStringIncludes(client.lines[0]!, "no lo permite");
  assertEquals(client.lines[1], SUM_15, "and the connection goes on");
  assertEquals(scenario.states(), ["up"]);
  assert(!client.isFinished);
});
