import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { answer, CLOSE, FakeWorker, hold } from "./fake_worker.ts";
import { ADD, NO_WORKER, PARTS_9, Scenario, SUM_15, SUM_9 } from "./scenario.ts";

const GOODBYE = '{"op":"goodbye"}\n';

function names(scenario: Scenario): string[] {
  return scenario.status().workers.map(({ name }) => name);
}

/** A server whose workers have joined it, one for each name. */
function joined(...all: string[]): { scenario: Scenario; workers: FakeWorker[] } {
  const scenario = Scenario.started({ workers: 0 });
  const workers = all.map((name) => new FakeWorker(name));
  for (const worker of workers) scenario.join(worker);
  return { scenario, workers };
}

Deno.test("a worker that joins is told its name and who it has joined, and is used at once", () => {
  const { scenario, workers: [worker] } = joined("lab1");
  assertEquals(worker!.said.length, 1);
  assertMatch(
    worker!.said[0]!,
    /^\{"ok":true,"op":"join","protocol":1,"name":"lab1","role":"calc_server","version":"[^"]+","cores":8,"platform":"linux-x86_64","brief":true\}$/,
  );
  assertEquals(scenario.ask(ADD), SUM_15);
  assertEquals(
    scenario.ask('{"op":"sum_squares","n":3}'),
    '{"ok":true,"result":14,' +
      '"parts":[{"a":1,"b":3,"result":14}]}',
  );
  assertEquals(Object.keys(JSON.parse(worker!.work[0]!)), ["id", "op", "a", "b", "hops"]);
  assertEquals(scenario.status().connections, 3, "its connection is no requester's any more");
  scenario.assertQuiet();
});

Deno.test("status says of a joined worker what it said of itself", () => {
  const { scenario } = joined("lab1");
  scenario.advance(40);
  assertEquals(scenario.status().workers[0] as object, {
    name: "lab1",
    state: "up",
    for_ms: 40,
    joined: true,
    protocol: "full",
    version: "9.9.9",
    cores: 4,
    platform: "plan9",
    in_flight: 0,
    completed: 0,
    failed: 0,
  });
});

Deno.test("joined workers come after the configured ones, in the order of joining", () => {
  const scenario = Scenario.started({ workers: 2 });
  scenario.join(new FakeWorker("b"));
  scenario.join(new FakeWorker("a"));
  assertEquals(names(scenario), ["w1:6001", "w2:6001", "b", "a"]);
  assertEquals(scenario.status().workers.map((one) => one.joined), [false, false, true, true]);
  const { parts } = JSON.parse(scenario.ask('{"op":"sum_squares","n":8}'));
  assertEquals(parts.map(({ a, b }: { a: number; b: number }) => `${a}-${b}`), [
    "1-2",
    "3-4",
    "5-6",
    "7-8",
  ]);
  for (let count = 0; count < 8; count++) scenario.ask(ADD);
  assertEquals(scenario.status().workers.map(({ completed }) => completed), [3, 3, 3, 3]);
});

Deno.test("a request keeps the split that it was given when another worker joins", () => {
  const { scenario, workers: [only] } = joined("lab1");
  only!.onWork = hold;
  const client = scenario.asking(SUM_9);
  scenario.join(new FakeWorker("lab2"));
  scenario.release(only!, answer);
  assertEquals(client.lines, ['{"ok":true,"result":285,"parts":[{"a":1,"b":9,"result":285}]}']);
});

Deno.test("a join with an id is answered with it, and one of another version is refused with both", () => {
  const scenario = Scenario.started({ workers: 0 });
  const client = scenario.asking('{"id":7,"op":"join","protocol":2,"name":"n","instance":"i"}');
  assertStringIncludes(client.lines[0]!, '{"id":7,"ok":false');
  assertStringIncludes(client.lines[0]!, "2 ≠ 1");
  assertEquals([names(scenario), client.isFinished], [[], false]);
  scenario.send(client, '{"op":"ping"}\n');
  assertEquals(client.lines[1], '{"ok":true}', "its connection is a requester's still");
});

Deno.test("replies that were ready before a join are written before its reply", () => {
  const scenario = Scenario.started({ workers: 0 });
  const worker = new FakeWorker("lab1");
  const connection = scenario.join(worker, { protocol: 2 });
  scenario.says(
    connection,
    '{"op":"ping","id":1}\n{"op":"ping"}\n{"id":2,"op":"join","protocol":1,"name":"n","instance":"i"}\n',
  );
  assertEquals(worker.said.slice(1).map((line) => JSON.parse(line).id), [1, undefined, 2]);
  assertEquals(scenario.ask(ADD), SUM_15);
});

Deno.test("the same instance that dials again replaces its old connection, and keeps its place", () => {
  const { scenario, workers: [one] } = joined("lab1", "lab2");
  one!.onWork = hold;
  const client = scenario.asking(ADD);
  const [old] = one!.connections;
  one!.onWork = answer;
  scenario.join(one!);
  assertEquals(old!.isOpen, false);
  assertEquals(client.lines, [SUM_15], "what was in hand is asked again at once");
  assertEquals(names(scenario), ["lab1", "lab2"]);
  const statuses = scenario.status().workers;
  assertEquals(statuses.map(({ failed }) => failed), [0, 0], "and is nobody's failure");
  assertEquals(statuses.map(({ state }) => state), ["up", "up"]);
  scenario.assertQuiet();
});

Deno.test("another machine of the same name is told apart by a number", () => {
  const { scenario, workers: [first] } = joined("lab");
  const others = [2, 3, 4].map((number) => {
    const worker = new FakeWorker("lab");
    scenario.join(worker, { instance: `${number}` });
    return worker;
  });
  assertEquals(names(scenario), ["lab", "lab#2", "lab#3", "lab#4"]);
  assertEquals(others.map(({ said }) => JSON.parse(said[0]!).name), ["lab#2", "lab#3", "lab#4"]);
  assert(first!.connections.size === 1);
  // The same instance again has the name that it had.
  scenario.join(others[1]!, { instance: "3" });
  assertEquals(JSON.parse(others[1]!.said[1]!).name, "lab#3");
});

Deno.test("a name that a configured worker has is not given away", () => {
  const scenario = Scenario.started({ workers: 1 });
  scenario.join(new FakeWorker("w1:6001"));
  assertEquals(names(scenario), ["w1:6001", "w1:6001#2"]);
  scenario.kill(scenario.worker(0));
  scenario.advance(100);
  scenario.join(new FakeWorker("w1:6001"), { instance: "other" });
  assertEquals(names(scenario), ["w1:6001", "w1:6001#2", "w1:6001#3"]);
});

Deno.test("a new process of the same name takes the place of one that was lost", () => {
  const { scenario, workers: [one] } = joined("lab1", "lab2");
  scenario.kill(one!);
  assertEquals(scenario.states(), ["down", "up"]);
  scenario.advance(30_000);
  const again = new FakeWorker("lab1");
  scenario.join(again, { instance: "after a restart" });
  assertEquals([names(scenario), scenario.states()], [["lab1", "lab2"], ["up", "up"]]);
  scenario.ask('{"op":"sum_squares","n":2}');
  assertEquals(JSON.parse(again.work[0]!).a, 1);
  // The process that it was before is another machine now.
  one!.connects = "accepts";
  scenario.join(one!);
  assertEquals(names(scenario), ["lab1", "lab2", "lab1#2"]);
  scenario.advance(120_000);
  assertEquals(names(scenario), ["lab1", "lab2", "lab1#2"]);
});

Deno.test("a lost worker's range keeps its place for a minute, and is done by others", () => {
  const { scenario, workers } = joined("lab1", "lab2", "lab3");
  scenario.kill(workers[1]!);
  assertEquals(scenario.ask(SUM_9), PARTS_9);
  scenario.advance(59_999);
  assertEquals(scenario.ask(SUM_9), PARTS_9);
  assertEquals(names(scenario).length, 3);
  scenario.advance(1);
  assertEquals(names(scenario), ["lab1", "lab3"]);
  const { parts } = JSON.parse(scenario.ask(SUM_9));
  assertEquals(parts.length, 2);
  scenario.assertQuiet();
});

Deno.test("a worker that is lost again keeps its place for a minute from then on", () => {
  const { scenario, workers: [one] } = joined("lab1");
  scenario.kill(one!);
  scenario.advance(50_000);
  scenario.join(one!);
  scenario.advance(50_000);
  scenario.kill(one!);
  scenario.advance(59_000);
  assertEquals(names(scenario), ["lab1"]);
  scenario.advance(1000);
  assertEquals(names(scenario), []);
});

Deno.test("when all that have joined are lost, the last place is given up in time, too", () => {
  const { scenario, workers } = joined("lab1", "lab2");
  scenario.advance(10_000);
  for (const worker of workers) scenario.kill(worker);
  assertEquals(scenario.ask(ADD), NO_WORKER);
  scenario.advance(60_000);
  assertEquals(names(scenario), []);
  assertEquals(scenario.ask(SUM_9), NO_WORKER);
});

Deno.test("a lost connection of a worker that has joined costs no request", () => {
  const { scenario, workers: [one, two] } = joined("lab1", "lab2");
  one!.onWork = () => CLOSE;
  assertEquals(scenario.ask(ADD), SUM_15);
  assertEquals(two!.work.length, 1);
  assertEquals(scenario.states(), ["down", "up"]);
  assertEquals(one!.dialledAtMs, [], "nobody dials a worker that has joined");
});

Deno.test("a worker that says goodbye with nothing in hand is gone at once", () => {
  const { scenario, workers: [one] } = joined("lab1", "lab2");
  const [connection] = one!.connections;
  scenario.advance(5500);
  scenario.says(connection!, GOODBYE);
  assertEquals(connection!.isOpen, false);
  scenario.advance(0);
  assertEquals(names(scenario), ["lab2"]);
  assertEquals(JSON.parse(scenario.ask(SUM_9)).parts.length, 1);
});

Deno.test("a worker that says goodbye finishes what it has, gets nothing new, and then is gone", () => {
  const { scenario, workers: [one, two] } = joined("lab1", "lab2");
  one!.onWork = hold;
  const client = scenario.asking(ADD);
  const [connection] = one!.connections;
  scenario.says(connection!, GOODBYE);
  const [status] = scenario.status().workers;
  assertEquals([status!.state, status!.reason, connection!.isOpen], [
    "draining",
    "said goodbye",
    true,
  ]);
  for (let count = 0; count < 4; count++) assertEquals(scenario.ask(ADD), SUM_15);
  assertEquals([one!.work.length, two!.work.length], [1, 4]);
  scenario.advance(50);
  scenario.release(one!, answer);
  assertEquals([client.lines, connection!.isOpen], [[SUM_15], false]);
  assertEquals(two!.work.length, 4, "nothing was asked again because of it");
  scenario.advance(0);
  assertEquals(names(scenario), ["lab2"]);
  scenario.assertQuiet();
});

Deno.test("a worker that says goodbye and is lost before it has finished is gone at once, too", () => {
  const { scenario, workers: [one, two] } = joined("lab1", "lab2");
  one!.onWork = hold;
  const client = scenario.asking(ADD);
  scenario.says([...one!.connections][0]!, GOODBYE);
  scenario.kill(one!);
  assertEquals([client.lines, two!.work.length], [[SUM_15], 1]);
  scenario.advance(0);
  assertEquals(names(scenario), ["lab2"]);
});

Deno.test("a worker that said goodbye and joins again is one like any other", () => {
  for (const waitMs of [0, 5, 30_000]) {
    const { scenario, workers: [one] } = joined("lab1");
    scenario.says([...one!.connections][0]!, GOODBYE);
    scenario.advance(waitMs);
    scenario.join(one!, { instance: waitMs === 5 ? "new" : "instance of lab1" });
    assertEquals([scenario.states(), scenario.ask(ADD)], [["up"], SUM_15]);
    // Its place is kept after a loss, as ever.
    scenario.cut(one!);
    scenario.advance(50_000);
    assertEquals(names(scenario), ["lab1"], `${waitMs}`);
  }
});

Deno.test("a configured worker that says goodbye finishes, and is dialled again until it is back", () => {
  const scenario = Scenario.started({ workers: 2 });
  const worker = scenario.worker(0);
  worker.onWork = hold;
  const client = scenario.asking(ADD);
  const [connection] = worker.connections;
  worker.connects = "refuses";
  scenario.says(connection!, GOODBYE);
  assertEquals(scenario.states(), ["draining", "up"]);
  scenario.advance(40);
  scenario.release(worker, answer);
  assertEquals([client.lines, connection!.isOpen], [[SUM_15], false]);
  assertEquals(scenario.status().workers[0]!.reason, "said goodbye");
  assertEquals(scenario.states(), ["down", "up"]);
  assertEquals(scenario.worker(1).work.length, 0);
  scenario.advance(30_000);
  assertEquals(names(scenario).length, 2);
  worker.connects = "accepts";
  scenario.advance(1000);
  assertEquals(scenario.states(), ["up", "up"]);
});

Deno.test("a goodbye of a plain worker is an answer that nobody asked for", () => {
  const scenario = Scenario.started({ workers: 1 }, ({ workers }) => workers[0]!.bePlain());
  const [connection] = scenario.worker(0).connections;
  scenario.says(connection!, GOODBYE);
  assertEquals([connection!.isOpen, scenario.states()], [false, ["suspect"]]);
});

Deno.test("a joined worker is asked every second whether it lives, and given up after three silences", () => {
  const { scenario, workers: [one] } = joined("lab1", "lab2");
  let pings = 0;
  one!.onPing = (line) => {
    pings++;
    return answer(line);
  };
  scenario.advance(10_000);
  assertEquals(pings, 10);
  one!.onPing = hold;
  // Asked at 11 and 12 s, in vain.
  scenario.advance(2999);
  assertEquals(scenario.states(), ["up", "up"]);
  scenario.advance(1);
  assertEquals(scenario.status().workers[0]!.reason, "missed 2 heartbeats");
  assertEquals(scenario.states(), ["suspect", "up"]);
  const [connection] = one!.connections;
  scenario.advance(999);
  assert(connection!.isOpen);
  scenario.advance(1);
  assertEquals([scenario.states(), connection!.isOpen], [["down", "up"], false]);
  assertEquals(scenario.status().workers[0]!.reason, "missed 3 heartbeats");
  scenario.advance(60_000);
  assertEquals(names(scenario), ["lab2"]);
});

Deno.test("a joined worker that answers rubbish loses its connection, and is trusted again by and by", () => {
  const { scenario, workers: [one] } = joined("lab1", "lab2");
  one!.onWork = () => "rubbish\n";
  assertEquals(scenario.ask(ADD), SUM_15);
  assertEquals(scenario.states(), ["down", "up"]);
  one!.onWork = answer;
  scenario.join(one!);
  assertEquals(scenario.states(), ["suspect", "up"], "a new connection is no new start");
  scenario.advance(1000);
  assertEquals(scenario.states(), ["probation", "up"]);
  for (let count = 0; count < 6; count++) scenario.ask(ADD);
  assertEquals(scenario.states(), ["up", "up"]);
});

Deno.test("a server that stops closes the connections of its joined workers", () => {
  const { scenario, workers } = joined("lab1", "lab2");
  scenario.step({ kind: "stop" });
  assertEquals(workers.map(({ connections }) => connections.size), [0, 0]);
  assertEquals(scenario.stoppedAtMs, 0);
});

Deno.test("a stopping server says goodbye to those who have said hello, and finishes what they ask", () => {
  const scenario = Scenario.started({ workers: 1 });
  const other = scenario.asking('{"op":"ping"}');
  const coordinator = scenario.asking('{"op":"hello","protocol":1,"role":"calc_server"}');
  scenario.worker(0).onWork = hold;
  scenario.send(coordinator, '{"id":1,"op":"add","a":10,"b":5}\n');
  scenario.step({ kind: "stop" });
  assertEquals(coordinator.lines.slice(1), ['{"op":"goodbye"}']);
  assertEquals([other.lines.length, other.isFinished], [1, true]);
  assertEquals([coordinator.isFinished, scenario.stoppedAtMs], [false, undefined]);
  scenario.worker(0).onWork = answer;
  scenario.send(coordinator, '{"id":2,"op":"add","a":10,"b":5}\n');
  assertStringIncludes(coordinator.lines[2]!, '"id":2,"ok":true', "asked before the goodbye came");
  scenario.release(scenario.worker(0), answer);
  assertStringIncludes(coordinator.lines[3]!, '"id":1,"ok":true');
  scenario.leave(coordinator);
  assertEquals(scenario.stoppedAtMs, 0);
});

Deno.test("a stopping server waits no longer than 10 s for who does not heed its goodbye", () => {
  const scenario = Scenario.started({ workers: 1 });
  scenario.asking('{"op":"hello","protocol":1}');
  scenario.step({ kind: "stop" });
  scenario.advance(9999);
  assertEquals(scenario.stoppedAtMs, undefined);
  scenario.advance(1);
  assertEquals(scenario.stoppedAtMs, 10_000);
});
