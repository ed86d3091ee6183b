import { assert, assertEquals } from "@std/assert";
import { TICK_MS } from "../../../src/limits.ts";
import { answer, hold } from "./fake_worker.ts";
import { ADD, PARTS_9, Scenario, SUM_15, SUM_9 } from "./scenario.ts";

/** Workers that have answered so many requests in no time that the delay is at its shortest. */
function swift(count: number): Scenario {
  const scenario = Scenario.started({ workers: count });
  for (let done = 0; done < 100; done++) scenario.ask(ADD);
  scenario.step({ kind: "tick" });
  for (const worker of scenario.workers) worker.work.length = 0;
  return scenario;
}

Deno.test("a second worker is asked after 50 ms where replies are quick, after 100 ms where nobody knows", () => {
  const cases = [[swift(2), 50], [Scenario.started({ workers: 2 }), 100]] as const;
  for (const [scenario, delayMs] of cases) {
    scenario.worker(0).onWork = hold;
    const client = scenario.asking(ADD);
    scenario.advance(delayMs - 1);
    assertEquals([client.lines, scenario.worker(1).work.length], [[], 0]);
    scenario.advance(1);
    assertEquals([client.lines, scenario.worker(1).work.length], [[SUM_15], 1], `${delayMs} ms`);
  }
});

Deno.test("the first answer wins, whoever gives it, and the other is nobody's", () => {
  for (const winner of [0, 1]) {
    const scenario = Scenario.started({ workers: 2 });
    for (const worker of scenario.workers) worker.onWork = hold;
    const client = scenario.asking(ADD);
    scenario.advance(150);
    assertEquals(scenario.workers.map(({ work }) => work.length), [1, 1]);
    scenario.release(scenario.worker(winner), answer);
    assertEquals(client.lines, [SUM_15]);
    scenario.release(scenario.worker(1 - winner), answer);
    assertEquals(client.lines, [SUM_15]);
    assertEquals(scenario.status().workers.map(({ failed }) => failed), [0, 0]);
    scenario.assertQuiet();
  }
});

Deno.test("the ranges of a sum are hedged too, and parts are as ever", () => {
  const scenario = Scenario.started({ workers: 3 });
  scenario.worker(1).onWork = hold;
  const client = scenario.asking(SUM_9);
  scenario.advance(100);
  assertEquals(client.lines, [PARTS_9]);
});

Deno.test("a further worker is asked for each that has been as slow as the first, four in all", () => {
  const scenario = Scenario.started({ workers: 6 });
  for (const worker of scenario.workers) worker.onWork = hold;
  scenario.asking(ADD);
  const asked = () => scenario.workers.map(({ work }) => work.length);
  scenario.advance(199);
  assertEquals(asked(), [1, 1, 0, 0, 0, 0]);
  scenario.advance(1);
  assertEquals(asked(), [1, 1, 1, 0, 0, 0]);
  scenario.advance(99);
  assertEquals(asked(), [1, 1, 1, 0, 0, 0]);
  scenario.advance(1);
  assertEquals(asked(), [1, 1, 1, 1, 0, 0]);
  scenario.advance(1699);
  assertEquals(asked(), [1, 1, 1, 1, 0, 0]);
});

Deno.test("two that stall at once cost two delays: the third answers, and both count as slower", () => {
  const scenario = Scenario.started({ workers: 3 });
  const [first, second] = scenario.workers;
  first!.onWork = second!.onWork = hold;
  for (const states of [["up", "up"], ["up", "up"], ["suspect", "suspect"]]) {
    const client = scenario.asking(ADD);
    scenario.advance(199);
    assertEquals(client.lines, []);
    scenario.advance(1);
    assertEquals(client.lines, [SUM_15]);
    assertEquals(scenario.states(), [...states, "up"]);
  }
  for (const worker of [first!, second!]) scenario.release(worker, answer);
  assertEquals(scenario.status().workers.map(({ failed }) => failed), [0, 0, 0]);
});

Deno.test("whichever of three answers, it is the answer, and only those asked before it were slow", () => {
  for (const winner of [0, 1, 2]) {
    const scenario = Scenario.started({ workers: 3 });
    for (const worker of scenario.workers) worker.onWork = hold;
    for (let count = 0; count < 3; count++) {
      const client = scenario.asking(ADD);
      scenario.advance(200);
      scenario.release(scenario.worker(winner), answer);
      assertEquals(client.lines, [SUM_15]);
      for (const worker of scenario.workers) worker.onWork = hold;
    }
    const suspects = scenario.states().map((state) => state === "suspect");
    assertEquals(suspects, [0, 1, 2].map((place) => place < winner), `${winner}`);
    for (const worker of scenario.workers) scenario.release(worker, answer);
    scenario.assertQuiet();
  }
});

Deno.test("a hedge in the middle that fails leaves the request to the two others", () => {
  const scenario = Scenario.started({ workers: 4 });
  for (const worker of scenario.workers) worker.onWork = hold;
  const client = scenario.asking(ADD);
  scenario.advance(200);
  scenario.kill(scenario.worker(1));
  const asked = () => scenario.workers.map(({ work }) => work.length);
  scenario.advance(99);
  assertEquals(asked(), [1, 1, 1, 0], "the newest has its time");
  scenario.advance(1);
  assertEquals(asked(), [1, 1, 1, 1]);
  scenario.kill(scenario.worker(3));
  scenario.kill(scenario.worker(2));
  scenario.advance(TICK_MS);
  scenario.release(scenario.worker(0), answer);
  assertEquals(client.lines, [SUM_15]);
});

Deno.test("where everybody has been asked, nobody is looked for again and again", () => {
  const scenario = Scenario.started({ workers: 2, workerTimeoutMs: 60_000 });
  for (const worker of scenario.workers) worker.onWork = hold;
  scenario.asking(ADD);
  scenario.advance(250);
  assertEquals(scenario.workers.map(({ work }) => work.length), [1, 1]);
  const pauseMs = scenario.machine.wakeAtMs - scenario.nowMs;
  assert(pauseMs > 2 * TICK_MS, `${pauseMs} ms`);
});

Deno.test("a hedge that fails leaves the request to the first worker", () => {
  const scenario = Scenario.started({ workers: 2 });
  const [first, second] = [scenario.worker(0), scenario.worker(1)];
  first.onWork = second.onWork = hold;
  const client = scenario.asking(ADD);
  scenario.advance(150);
  scenario.kill(second);
  assertEquals(client.lines, []);
  scenario.release(first, answer);
  assertEquals(client.lines, [SUM_15]);
  assertEquals(first.work.length, 1, "it was not asked twice");
  scenario.advance(1);
  scenario.assertQuiet();
});

Deno.test("a slow worker that is alone again, because its hedge has failed, is hedged by a third at the next look", () => {
  const scenario = Scenario.started({ workers: 3 });
  scenario.worker(0).onWork = scenario.worker(1).onWork = hold;
  const client = scenario.asking(ADD);
  scenario.advance(150);
  scenario.kill(scenario.worker(1));
  scenario.advance(TICK_MS);
  assertEquals([client.lines, scenario.workers.map(({ work }) => work.length)], [
    [SUM_15],
    [1, 1, 1],
  ]);
});

Deno.test("a hedge that is alone, because the first worker is lost, is hedged by a third when it is slow", () => {
  const scenario = Scenario.started({ workers: 3 });
  scenario.worker(0).onWork = scenario.worker(1).onWork = hold;
  const client = scenario.asking(ADD);
  scenario.advance(150);
  scenario.kill(scenario.worker(0));
  scenario.advance(49);
  assertEquals([client.lines, scenario.worker(2).work.length], [[], 0], "it was asked at 100 ms");
  scenario.advance(1);
  assertEquals([client.lines, scenario.worker(2).work.length], [[SUM_15], 1]);
});

Deno.test("a first worker that is lost leaves the request to the hedge", () => {
  const scenario = Scenario.started({ workers: 3 });
  const [first, second, third] = scenario.workers;
  first!.onWork = second!.onWork = hold;
  const client = scenario.asking(ADD);
  scenario.advance(150);
  scenario.kill(first!);
  assertEquals([client.lines, third!.work.length], [[], 0], "its twin may still do it");
  scenario.release(second!, answer);
  assertEquals(client.lines, [SUM_15]);
  scenario.advance(1);
  scenario.assertQuiet();
});

Deno.test("three hedges in a row that win eject the slow worker, for a second", () => {
  const scenario = Scenario.started({ workers: 2 });
  const slow = scenario.worker(0);
  slow.onWork = hold;
  for (const state of ["up", "up", "suspect"]) {
    // Every second one goes to the slow worker.
    scenario.asking(ADD, ADD);
    scenario.advance(100);
    assertEquals(scenario.states(), [state, "up"]);
  }
  const [status] = scenario.status().workers;
  assertEquals([status!.reason, status!.failed], ["slower than others", 0]);
  for (let count = 0; count < 4; count++) assertEquals(scenario.ask(ADD), SUM_15);
  assertEquals(slow.work.length, 3);
  slow.onWork = answer;
  scenario.release(slow, answer);
  scenario.advance(1000);
  assertEquals(scenario.states(), ["probation", "up"]);
});

Deno.test("a late answer of a slow worker does not end its row of failures", () => {
  const scenario = Scenario.started({ workers: 2 });
  const slow = scenario.worker(0);
  slow.onWork = hold;
  for (let count = 0; count < 3; count++) {
    scenario.asking(ADD, ADD);
    scenario.advance(100);
    scenario.release(slow, answer);
  }
  assertEquals(scenario.states(), ["suspect", "up"]);
});

Deno.test("a good answer in time ends the row of failures of a slow worker", () => {
  const scenario = Scenario.started({ workers: 2 });
  const slow = scenario.worker(0);
  for (let count = 0; count < 6; count++) {
    slow.onWork = count === 2 ? answer : hold;
    scenario.asking(ADD, ADD);
    scenario.advance(100);
    if (count < 5) assertEquals(scenario.states(), ["up", "up"], `${count}`);
  }
  assertEquals(scenario.states(), ["suspect", "up"]);
});

Deno.test("the last usable worker is not ejected because it is slow: there is nobody to be faster", () => {
  const scenario = Scenario.started({ workers: 2 });
  scenario.kill(scenario.worker(1));
  scenario.worker(0).onWork = hold;
  const client = scenario.asking(...Array<string>(20).fill(ADD));
  scenario.advance(1900);
  assertEquals(scenario.states()[0], "up");
  scenario.release(scenario.worker(0), answer);
  assertEquals(client.lines, Array<string>(20).fill(SUM_15));
});

Deno.test("a hedge waits for a worker that is free, and is made as soon as there is one", () => {
  const scenario = Scenario.started({ workers: 2 });
  const [slow, late] = [scenario.worker(0), scenario.worker(1)];
  slow.onWork = hold;
  scenario.kill(late);
  const client = scenario.asking(ADD);
  scenario.advance(500);
  assertEquals(client.lines, []);
  late.connects = "accepts";
  scenario.advance(620);
  assertEquals(client.lines, [SUM_15]);
  scenario.release(slow, answer);
  scenario.assertQuiet();
});

Deno.test("more than 64 at once are not asked twice; the others wait, and none fails for that", () => {
  const scenario = Scenario.started({ workers: 2, workerTimeoutMs: 60_000 });
  for (const worker of scenario.workers) worker.onWork = hold;
  const client = scenario.asking(...Array<string>(300).fill(ADD));
  scenario.advance(100);
  const asked = () => scenario.workers.reduce((sum, { work }) => sum + work.length, 0);
  // 300 requests have added a tenth of their number.
  assertEquals(asked() - 300, 64);
  scenario.advance(2050);
  assertEquals(asked() - 300, 84, "ten a second");
  assertEquals(client.lines, []);
  for (const worker of scenario.workers) scenario.release(worker, answer);
  assertEquals(client.lines, Array<string>(300).fill(SUM_15));
  scenario.assertQuiet();
});

Deno.test("many that one worker holds in a cluster that is slow are not ejecting everybody", () => {
  const scenario = Scenario.started({ workers: 3, workerTimeoutMs: 60_000 });
  for (const worker of scenario.workers) worker.onWork = hold;
  scenario.asking(...Array<string>(300).fill(ADD));
  scenario.advance(10_000);
  assertEquals(scenario.states(), ["up", "up", "up"]);
});

Deno.test("nobody is asked twice for a client that has gone, or for a request whose time is up", () => {
  const scenario = Scenario.started({ workers: 2 });
  scenario.worker(0).onWork = hold;
  const gone = scenario.asking(ADD);
  scenario.leave(gone);
  scenario.advance(1000);
  assertEquals(scenario.worker(1).work.length, 0);
  scenario.ask(ADD);
  scenario.asking('{"op":"add","a":1,"b":2,"timeout_ms":60}');
  scenario.advance(500);
  assertEquals(scenario.worker(1).work.length, 1);
});

Deno.test("a worker that failed at a request is not asked again to hedge it", () => {
  const scenario = Scenario.started({ workers: 2 });
  const [refusing, slow] = [scenario.worker(0), scenario.worker(1)];
  refusing.onWork = (line) => `{"id":${JSON.parse(line).id},"ok":false,"error":"no"}\n`;
  slow.onWork = hold;
  const client = scenario.asking(ADD);
  scenario.advance(1500);
  assertEquals([refusing.work.length, slow.work.length, client.lines], [1, 1, []]);
  scenario.release(slow, answer);
  assertEquals(client.lines, [SUM_15]);
});

/** After how long a second worker is asked now; the first is left with what it holds. */
function delayOf(scenario: Scenario): number {
  scenario.step({ kind: "tick" });
  for (const worker of scenario.workers) {
    worker.onWork = hold;
    worker.work.length = 0;
  }
  scenario.asking(ADD);
  for (let ms = 1; ms <= 200; ms++) {
    scenario.advance(1);
    if (scenario.workers.every(({ work }) => work.length > 0)) return ms;
  }
  return Infinity;
}

Deno.test("replies of hedged requests say nothing of how long replies take", () => {
  const scenario = swift(2);
  for (const worker of scenario.workers) worker.onWork = hold;
  for (let count = 0; count < 20; count++) {
    const client = scenario.asking(ADD);
    scenario.advance(70);
    // The rotation goes on behind the second, so that the same one is asked first again.
    for (const worker of scenario.workers) scenario.release(worker, answer);
    assertEquals(client.lines, [SUM_15]);
  }
  assertEquals(scenario.states(), ["up", "up"], "the first was faster after all");
  assertEquals(delayOf(scenario), 50);
});

Deno.test("replies of workers on probation say nothing of how long replies take", () => {
  const scenario = swift(2);
  const [unsteady, other] = [scenario.worker(0), scenario.worker(1)];
  unsteady.onWork = () => "rubbish\n";
  scenario.ask(ADD);
  scenario.ask(ADD);
  scenario.advance(1000);
  assertEquals(scenario.states(), ["probation", "up"]);
  unsteady.onWork = hold;
  for (let count = 0; count < 3; count++) {
    const client = scenario.asking(ADD, ADD);
    assertEquals(unsteady.work.length, count + 2);
    scenario.advance(40);
    scenario.release(unsteady, answer);
    assertEquals(client.lines, [SUM_15, SUM_15]);
  }
  assertEquals([scenario.states(), other.work.length > 3], [["up", "up"], true]);
  assertEquals(delayOf(scenario), 50);
});

Deno.test("replies of workers that are up, asked once, say how long replies take", () => {
  const scenario = swift(2);
  for (const worker of scenario.workers) worker.onWork = hold;
  for (let count = 0; count < 3; count++) {
    scenario.asking(ADD);
    scenario.advance(40);
    for (const worker of scenario.workers) scenario.release(worker, answer);
  }
  assertEquals(delayOf(scenario), 100);
});

Deno.test("a hedged request keeps its place at a plain worker until its reply, and then the next gets it", () => {
  const scenario = Scenario.started({ workers: 2 }, ({ workers }) => {
    for (const worker of workers) worker.bePlain();
  });
  const slow = scenario.worker(0);
  slow.onWork = hold;
  const client = scenario.asking(ADD);
  scenario.advance(100);
  assertEquals(client.lines, [SUM_15]);
  const [connection] = slow.connections;
  const later = scenario.asking(ADD, ADD);
  assertEquals([slow.mostHeld, slow.connections.size], [1, 2], "not over the same connection");
  scenario.says(connection!, answer(connection!.held.shift()!));
  assert(connection!.isOpen);
  scenario.asking(ADD, ADD);
  assertEquals([slow.mostHeld, slow.connections.size], [1, 2], "over the one that is free again");
  scenario.release(slow, answer);
  assertEquals(later.lines, [SUM_15, SUM_15]);
  scenario.assertQuiet();
});

Deno.test("a request that waits for a dial to a plain worker is hedged like any other", () => {
  const scenario = Scenario.started({ workers: 2 }, ({ workers }) => {
    workers[0]!.bePlain().onWork = (line) => ({ text: answer(line) });
  });
  assertEquals([scenario.ask(ADD), scenario.ask(ADD)], [SUM_15, SUM_15]);
  // It has closed its connection after the reply, and its machine is unplugged now.
  scenario.worker(0).connects = "silent";
  const client = scenario.asking(ADD);
  scenario.advance(100);
  assertEquals(client.lines, [SUM_15]);
});
