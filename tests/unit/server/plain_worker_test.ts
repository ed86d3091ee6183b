import { assert, assertEquals } from "@std/assert";
import { answer, answerAndClose, CLOSE, errorLine, HALF_CLOSE, hold } from "./fake_worker.ts";
import type { Responder } from "./fake_worker.ts";
import { ADD, NO_WORKER, PARTS_9, Scenario, SUM_15, SUM_9 } from "./scenario.ts";

const greetings: readonly (readonly [string, Responder])[] = [
  ["answers the hello with an error", () => errorLine("operación desconocida")],
  ["answers the hello with a text", () => "what?\n"],
  ["answers the hello with ok alone", () => '{"ok":true}\n'],
  ["speaks another version", () => '{"ok":true,"op":"hello","protocol":2}\n'],
  ["closes at the hello", () => CLOSE],
  ["ends its sending half at the hello", () => HALF_CLOSE],
  ["keeps silent at the hello", hold],
];

for (const [how, onHello] of greetings) {
  Deno.test(`a worker that ${how} is plain, and is used`, () => {
    const scenario = Scenario.started({ workers: 3 }, ({ workers }) => {
      for (const worker of workers) worker.bePlain(onHello);
    });
    scenario.advance(1000);
    const { workers } = scenario.status();
    assertEquals(workers.map(({ protocol }) => protocol), ["plain", "plain", "plain"]);
    assertEquals(scenario.states(), ["up", "up", "up"]);
    assertEquals(scenario.ask(ADD), SUM_15);
    assertEquals(scenario.ask(SUM_9), PARTS_9);
    const keys = scenario.worker(0).work.flatMap((line) => Object.keys(JSON.parse(line)));
    assertEquals(new Set(keys), new Set(["op", "a", "b"]), "bare, with nothing of ours");
    scenario.assertQuiet();
  });
}

function plain(count: number, onWork: Responder = answer, workerTimeoutMs = 2000): Scenario {
  return Scenario.started({ workers: count, workerTimeoutMs }, ({ workers }) => {
    for (const worker of workers) worker.bePlain().onWork = onWork;
  });
}

Deno.test("a plain worker has one request in flight on each of at most four connections", () => {
  const scenario = plain(1, hold);
  const worker = scenario.worker(0);
  const client = scenario.asking(...Array<string>(10).fill(ADD));
  assertEquals([worker.work.length, worker.mostHeld, worker.mostConnections], [4, 1, 4]);
  assertEquals(scenario.status().requests.waiting, 6);
  scenario.release(worker, answer);
  assertEquals(client.lines.length, 4);
  scenario.release(worker, answer);
  scenario.release(worker, answer);
  assertEquals(client.lines.length, 10);
  assertEquals([worker.mostHeld, worker.mostConnections], [1, 4]);
  scenario.assertQuiet();
});

Deno.test("a plain worker that closes after each reply has not failed", () => {
  for (const workers of [1, 3]) {
    const scenario = plain(workers, answerAndClose);
    for (let count = 0; count < 12; count++) {
      assertEquals(scenario.ask(ADD), SUM_15);
      assert(scenario.states().every((state) => state === "up"), `${scenario.states()}`);
      scenario.advance(count * 100);
    }
    const statuses = scenario.status().workers;
    assertEquals(statuses.map(({ failed }) => failed), statuses.map(() => 0));
    scenario.assertQuiet();
  }
});

Deno.test("a plain worker that closes after each reply is dialled again when there is work", () => {
  const scenario = plain(1, answerAndClose);
  for (let count = 1; count <= 5; count++) {
    scenario.ask(ADD);
    scenario.advance(500);
    assertEquals(scenario.worker(0).dialledAtMs.length, count);
  }
});

Deno.test("many requests at once are done by plain workers that close after each reply", () => {
  for (const workers of [1, 2, 3]) {
    const scenario = plain(workers, answerAndClose);
    const client = scenario.asking(...Array<string>(20).fill(ADD), SUM_9);
    scenario.advance(5000);
    assertEquals(client.lines.slice(0, 20), Array<string>(20).fill(SUM_15), `${workers} workers`);
    assert(client.lines[20]!.startsWith('{"ok":true,"result":285,'));
    const statuses = scenario.status().workers;
    assertEquals(statuses.map(({ state }) => state), statuses.map(() => "up"));
    scenario.assertQuiet();
  }
});

Deno.test("a burst is nobody's failure where plain workers close after each reply", () => {
  for (const workers of [1, 3]) {
    const scenario = plain(workers, answerAndClose);
    for (const count of [1, 2, 300, 2, 1000]) {
      const clients = [scenario.asking(...Array<string>(count).fill(ADD)), scenario.asking(SUM_9)];
      assertEquals(clients[0]!.lines, Array<string>(count).fill(SUM_15), `${count} at once`);
      assert(clients[1]!.lines[0]!.startsWith('{"ok":true,"result":285,'));
      scenario.advance(300);
    }
    const done = scenario.workers.reduce((sum, { work }) => sum + work.length, 0);
    const statuses = scenario.status().workers;
    assertEquals(
      statuses.map(({ failed, state }) => [failed, state]),
      statuses.map(() => [0, "up"]),
    );
    assertEquals(scenario.logs.filter((line) => line.startsWith("warn")), []);
    // The work of a few was asked again, once, when it was learnt that they close.
    assert(done <= 1305 + 5 * workers + 4 * workers, `${done} lines of work`);
    scenario.assertQuiet();
  }
});

Deno.test("explain says of what a closing connection took with it that it was asked again", () => {
  const scenario = plain(1);
  scenario.ask(ADD);
  scenario.worker(0).onWork = () => {
    scenario.worker(0).onWork = answer;
    return CLOSE;
  };
  const reply = scenario.ask('{"op":"add","a":1,"b":2,"explain":true}');
  const [{ attempts }] = JSON.parse(reply).explain.work;
  assertEquals(attempts.map(({ outcome }: { outcome: string }) => outcome), [
    "closed by the worker",
    "ok",
  ]);
  assertEquals(scenario.status().workers[0]!.failed, 0);
});

Deno.test("a plain worker is never pinged, and greeted again at most once a minute", () => {
  const scenario = plain(1);
  const worker = scenario.worker(0);
  scenario.advance(59_999);
  assertEquals(worker.greetedAtMs, [0]);
  scenario.advance(1);
  assertEquals(worker.greetedAtMs, [0, 60_000]);
  scenario.advance(10 * 60_000);
  assertEquals(worker.greetedAtMs.length, 12);
  assertEquals(scenario.ask(ADD), SUM_15);
  scenario.assertQuiet();
});

Deno.test("a plain worker that has been replaced by a full one is one after the next greeting", () => {
  const scenario = plain(1, hold);
  const worker = scenario.worker(0);
  const client = scenario.asking(ADD, ADD);
  scenario.release(worker, answer);
  scenario.advance(59_000);
  const late = scenario.asking(ADD);
  worker.onHello = worker.onPing = worker.onWork = answer;
  scenario.advance(1000);
  assertEquals(
    [client.lines.length, late.lines],
    [2, [SUM_15]],
    "what it had in hand is asked again",
  );
  const [status] = scenario.status().workers;
  assertEquals([status!.protocol, status!.state], ["full", "up"]);
  assertEquals(worker.connections.size, 1, "one connection is enough now");
  scenario.assertQuiet();
});

Deno.test("a request that times out on a plain worker closes that connection and goes elsewhere", () => {
  const scenario = plain(2, answer, 80);
  const [dead, good] = [scenario.worker(0), scenario.worker(1)];
  dead.onWork = hold;
  const client = scenario.asking(ADD);
  const [connection] = dead.connections;
  scenario.advance(79);
  scenario.step({ kind: "tick" });
  assertEquals([client.lines.length, connection!.isOpen], [0, true]);
  scenario.advance(1);
  scenario.step({ kind: "tick" });
  assertEquals(client.lines, [SUM_15]);
  assertEquals(connection!.isOpen, false);
  assertEquals(scenario.states(), ["suspect", "up"]);
  assertEquals(good.work.length, 1);
});

Deno.test("after a timeout a plain worker gets one trial, after 1 s first and then less often", () => {
  const scenario = plain(2);
  const dead = scenario.worker(0);
  dead.onWork = hold;
  scenario.asking(ADD);
  scenario.advance(2000);
  const before = dead.work.length;
  scenario.advance(790);
  for (let count = 0; count < 4; count++) scenario.asking(ADD);
  assertEquals(dead.work.length, before, "nothing before the trial is due");
  scenario.advance(210);
  assertEquals(scenario.states(), ["probation", "up"]);
  for (let count = 0; count < 4; count++) scenario.asking(ADD);
  assertEquals(dead.work.length, before + 1, "one, not more");
  const trialsMs: number[] = [];
  for (let second = 0; second < 600; second++) {
    const seen = dead.work.length;
    scenario.asking(ADD, ADD);
    if (dead.work.length > seen) trialsMs.push(scenario.nowMs);
    scenario.advance(1000);
  }
  const pausesMs = trialsMs.slice(1).map((atMs, index) => atMs - trialsMs[index]!);
  assert(pausesMs.at(-1)! > 45_000 && pausesMs.at(-1)! <= 63_000, `${pausesMs}`);
  assert(pausesMs[0]! <= 6000, `${pausesMs}`);
  dead.onWork = answer;
  scenario.advance(61_000);
  assertEquals(scenario.states(), ["probation", "up"]);
  for (let count = 0; count < 4; count++) assertEquals(scenario.ask(ADD), SUM_15);
  assertEquals(scenario.states(), ["probation", "up"], "two good replies are not enough");
  for (let count = 0; count < 2; count++) assertEquals(scenario.ask(ADD), SUM_15);
  assertEquals(scenario.states(), ["up", "up"]);
  scenario.assertQuiet();
});

Deno.test("a late reply of a plain worker cannot be taken for the next request's", () => {
  const scenario = plain(1, hold, 500);
  const worker = scenario.worker(0);
  const client = scenario.asking('{"op":"add","a":1,"b":1}');
  const [connection] = worker.connections;
  scenario.advance(500);
  assertEquals([client.lines, connection!.isOpen], [[NO_WORKER], false]);
});

Deno.test("a plain worker that says something unasked loses its connection", () => {
  const scenario = plain(1);
  const [connection] = scenario.worker(0).connections;
  scenario.says(connection!, '{"ok":true}\n');
  assert(!connection!.isOpen);
  scenario.advance(1000);
  assertEquals(scenario.ask(ADD), SUM_15);
  scenario.assertQuiet();
});

Deno.test("a plain worker that echoes the id that it was not given is understood by the order of its lines", () => {
  const scenario = plain(1, () => '{"id":null,"ok":true,"result":15}\n');
  assertEquals(scenario.ask(ADD), SUM_15);
});

Deno.test("a plain worker that answers with an id that nobody gave talks rubbish", () => {
  const scenario = plain(1, () => '{"id":99,"ok":true,"result":16}\n');
  assertEquals(scenario.ask(ADD), NO_WORKER);
});

Deno.test("a worker of ours that is killed while it greets stays full", () => {
  const scenario = Scenario.started({ workers: 1 });
  const worker = scenario.worker(0);
  worker.onHello = () => CLOSE;
  scenario.cut(worker);
  scenario.advance(3000);
  assertEquals(scenario.status().workers[0]!.protocol, "full");
  worker.onHello = answer;
  scenario.advance(1000);
  assertEquals(scenario.ask(ADD), SUM_15);
  assert(scenario.worker(0).work[0]!.includes('"id":'));
});

Deno.test("an address that was full and never greets again becomes plain in the end", () => {
  const scenario = Scenario.started({ workers: 1 });
  const worker = scenario.worker(0).bePlain(() => CLOSE);
  scenario.cut(worker);
  scenario.advance(30_000);
  assertEquals(scenario.status().workers[0]!.protocol, "plain");
  assertEquals(scenario.ask(ADD), SUM_15);
});

Deno.test("a plain worker on probation that turns out to be full is on it still, for three good replies", () => {
  // The minute's greeting is under way when a request times out, and is answered after the ejection has ended.
  const scenario = plain(1, hold);
  const worker = scenario.worker(0);
  scenario.advance(58_001);
  worker.onHello = hold;
  scenario.asking(ADD);
  scenario.advance(1999);
  assertEquals(worker.greetedAtMs, [0, 60_000]);
  const greeting = [...worker.connections].at(-1)!;
  scenario.advance(981);
  assertEquals([scenario.states(), greeting.isOpen], [["probation"], true]);
  worker.onWork = answer;
  scenario.says(greeting, answer('{"op":"hello"}'));
  assertEquals(scenario.status().workers[0]!.protocol, "full");
  for (const state of ["probation", "probation", "up"]) {
    assertEquals(scenario.ask(ADD), SUM_15);
    assertEquals(scenario.states(), [state]);
  }
  worker.onWork = hold;
  scenario.asking(...Array<string>(9).fill(ADD));
  assertEquals(worker.mostHeld, 9, "a full share");
});

Deno.test("a program that serves one connection after the other costs nothing, and is trusted in the end", () => {
  // Only the oldest connection is looked at; the others are accepted by the system and wait there.
  const scenario = plain(2, hold);
  const [sequential, other] = [scenario.worker(0), scenario.worker(1)];
  other.onWork = answer;
  const client = scenario.asking(...Array<string>(8).fill(ADD));
  assertEquals([sequential.connections.size, client.lines.length], [4, 0]);
  for (let step = 0; step < 30; step++) {
    scenario.advance(100);
    const [first] = sequential.connections;
    if (first !== undefined && first.held.length > 0) {
      scenario.says(first, answer(first.held.shift()!));
    }
  }
  assertEquals(client.lines, Array<string>(8).fill(SUM_15));
  assertEquals(sequential.connections.size, 1, "it gets one connection from now on");
  sequential.onWork = answer;
  for (let count = 0; count < 10; count++) {
    scenario.advance(500);
    assertEquals(scenario.ask(ADD), SUM_15);
  }
  assertEquals(scenario.states(), ["up", "up"]);
  const more = scenario.asking(...Array<string>(40).fill(ADD));
  assertEquals(more.lines, Array<string>(40).fill(SUM_15));
  const [status] = scenario.status().workers;
  assertEquals([status!.state, status!.failed, sequential.connections.size], ["up", 0, 1]);
  scenario.assertQuiet();
});
