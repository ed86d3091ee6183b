import { assert, assertEquals } from "@std/assert";
import { answer, CLOSE, FakeWorker, hold } from "./fake_worker.ts";
import { ADD, NO_WORKER, Scenario, SUM_15 } from "./scenario.ts";

Deno.test("work that waits for a client that has gone is given to nobody", () => {
  const scenario = Scenario.started({ workers: 1 });
  const worker = scenario.worker(0);
  worker.onWork = hold;
  const busy = scenario.asking(...Array<string>(1024).fill(ADD));
  const gone = scenario.asking(ADD, ADD, ADD);
  scenario.leave(gone);
  scenario.release(worker, answer);
  assertEquals([busy.lines.length, worker.work.length], [1024, 1024]);
  scenario.assertQuiet();
});

Deno.test("a request that nobody ever finishes is given up when every worker has had its time", () => {
  const scenario = Scenario.started({ workers: 3 });
  for (const worker of scenario.workers) worker.onWork = hold;
  const client = scenario.asking(ADD);
  // The first is asked at 0, the second at 100 ms, the third at 200 ms.
  scenario.advance(2199);
  assertEquals(client.lines, []);
  scenario.advance(1);
  assertEquals(client.lines, [NO_WORKER]);
  assertEquals(scenario.workers.map(({ work }) => work.length), [1, 1, 1]);
  scenario.assertQuiet();
});

Deno.test("a request whose worker is replaced again and again is given up after 64 attempts", () => {
  const scenario = Scenario.started({ workers: 0 });
  const worker = new FakeWorker("lab");
  worker.onWork = hold;
  scenario.join(worker);
  const client = scenario.asking(ADD);
  for (let count = 1; count < 64; count++) {
    assertEquals([worker.work.length, client.lines], [count, []]);
    scenario.join(worker);
  }
  scenario.join(worker);
  assertEquals([worker.work.length, client.lines], [64, [NO_WORKER]]);
  scenario.assertQuiet();
});

Deno.test("a request waits 1 s at most for a worker that has connected and does not greet", () => {
  const scenario = Scenario.started({ workers: 1 }, ({ workers }) => {
    workers[0]!.onHello = hold;
  });
  scenario.advance(300);
  const client = scenario.asking(ADD);
  scenario.advance(699);
  assertEquals(client.lines, []);
  scenario.advance(1);
  // At that very time the silent worker is known to be plain, and gets it.
  assertEquals(client.lines, [SUM_15]);
});

Deno.test("a request does not wait for a greeting that began late", () => {
  const scenario = Scenario.started({ workers: 1 }, ({ workers }) => {
    workers[0]!.connects = "silent";
  });
  const client = scenario.asking(ADD);
  scenario.advance(900);
  scenario.worker(0).onHello = hold;
  scenario.open(scenario.worker(0), -1);
  scenario.advance(99);
  assertEquals(client.lines, []);
  scenario.advance(1);
  assertEquals(client.lines, [NO_WORKER]);
  scenario.assertQuiet();
});

Deno.test("a worker that has answered its ping keeps its connection", () => {
  const scenario = Scenario.started({ workers: 1 });
  const worker = scenario.worker(0);
  worker.onWork = hold;
  scenario.asking(ADD);
  const [connection] = worker.connections;
  scenario.advance(10_000);
  assert(connection!.isOpen);
  assertEquals(scenario.states(), ["up"]);
});

Deno.test("after a minute of good replies the ejections of a worker begin anew", () => {
  for (const upMs of [50_000, 61_000]) {
    const scenario = Scenario.started({ workers: 1 }, ({ workers }) => {
      workers[0]!.bePlain().onWork = hold;
    });
    const worker = scenario.worker(0);
    for (let count = 0; count < 4; count++) {
      assertEquals(scenario.states(), [count === 0 ? "up" : "probation"]);
      scenario.asking(ADD);
      scenario.advance(2000 + 1000 * 2 ** count);
    }
    worker.onWork = answer;
    for (let count = 0; count < 3; count++) assertEquals(scenario.ask(ADD), SUM_15);
    assertEquals(scenario.states(), ["up"]);
    scenario.advance(upMs);
    assertEquals(scenario.ask(ADD), SUM_15);
    worker.onWork = hold;
    scenario.asking(ADD);
    scenario.advance(2000);
    assertEquals(scenario.states(), ["suspect"]);
    scenario.advance(1000);
    assertEquals(scenario.states(), [upMs > 60_000 ? "probation" : "suspect"]);
  }
});

Deno.test("a connection that is lost now and then, with good replies between, is dialled at once", () => {
  const scenario = Scenario.started({ workers: 1 });
  const worker = scenario.worker(0);
  for (let count = 0; count < 5; count++) {
    assertEquals(scenario.ask(ADD), SUM_15);
    scenario.cut(worker);
    assertEquals([scenario.states(), worker.dialledAtMs.length], [["up"], count + 2]);
  }
});

Deno.test("a plain worker that closes in the middle of a request gets it again", () => {
  const scenario = Scenario.started({ workers: 1 }, ({ workers }) => workers[0]!.bePlain());
  const worker = scenario.worker(0);
  assertEquals(scenario.ask(ADD), SUM_15);
  worker.onWork = () => {
    worker.onWork = answer;
    return CLOSE;
  };
  assertEquals(scenario.ask(ADD), SUM_15);
  scenario.assertQuiet();
});

Deno.test("a plain worker that dies while it is idle is seen to be down", () => {
  const scenario = Scenario.started({ workers: 1 }, ({ workers }) => workers[0]!.bePlain());
  scenario.kill(scenario.worker(0));
  assertEquals(scenario.states(), ["down"]);
  scenario.worker(0).connects = "accepts";
  scenario.advance(1000);
  assertEquals(scenario.ask(ADD), SUM_15);
});

Deno.test("when a plain worker times out, its idle connections are closed too", () => {
  const scenario = Scenario.started({ workers: 1 }, ({ workers }) => {
    workers[0]!.bePlain().onWork = hold;
  });
  const worker = scenario.worker(0);
  scenario.asking(ADD, ADD, ADD);
  assertEquals(worker.connections.size, 3);
  const [first, ...others] = worker.connections;
  scenario.says(others[0]!, answer(others[0]!.held.shift()!));
  scenario.says(others[1]!, answer(others[1]!.held.shift()!));
  scenario.says(first!, answer(first!.held.shift()!));
  scenario.advance(5000);
  scenario.asking(ADD);
  scenario.advance(2000);
  assertEquals(worker.connections.size, 0);
});

Deno.test("a worker of ours that is slow to start again and again stays full", () => {
  const scenario = Scenario.started({ workers: 1 });
  const worker = scenario.worker(0);
  for (let count = 0; count < 4; count++) {
    worker.onHello = () => CLOSE;
    scenario.cut(worker);
    scenario.advance(10_000);
    worker.onHello = answer;
    scenario.advance(1000);
    const [status] = scenario.status().workers;
    assertEquals([status!.protocol, status!.state], ["full", "up"]);
  }
});

Deno.test("a server that was asleep itself reads what has come meanwhile before it blames anybody", () => {
  for (const hasAnswered of [true, false]) {
    const scenario = Scenario.started({ workers: 2 });
    const worker = scenario.worker(0);
    worker.onWork = hold;
    scenario.worker(1).onWork = hold;
    const client = scenario.asking(ADD);
    scenario.nowMs += 60_000;
    scenario.step({ kind: "tick" });
    assertEquals([scenario.states(), client.lines], [["up", "up"], []]);
    if (hasAnswered) scenario.release(worker, answer);
    scenario.advance(100);
    assertEquals(client.lines, hasAnswered ? [SUM_15] : []);
    const { failed, completed } = scenario.status().workers[0]!;
    assertEquals([failed, completed], hasAnswered ? [0, 1] : [1, 0]);
    assertEquals([worker.dialledAtMs, scenario.worker(1).dialledAtMs], [[0], [0]]);
  }
});
