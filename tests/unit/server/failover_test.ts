import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { answer, CLOSE, errorLine, HALF_CLOSE, hold, refuse } from "./fake_worker.ts";
import type { Responder } from "./fake_worker.ts";
import { ADD, NO_WORKER, PARTS_9, Scenario, SUM_15, SUM_9 } from "./scenario.ts";

/** A worker timeout that is over before a second worker would be asked. */
const BEFORE_HEDGE_MS = 80;

/** That time passes, and somebody else has the machine look at it. */
function timeOut(scenario: Scenario): void {
  scenario.advance(BEFORE_HEDGE_MS);
  scenario.step({ kind: "tick" });
}

Deno.test("a worker timeout is noticed when it is over, though a second worker would be asked later", () => {
  for (const workers of [1, 2]) {
    const scenario = Scenario.started({ workers, workerTimeoutMs: BEFORE_HEDGE_MS });
    scenario.worker(0).onWork = hold;
    const client = scenario.asking(ADD);
    scenario.advance(BEFORE_HEDGE_MS - 1);
    assertEquals(client.lines, []);
    scenario.advance(1);
    assertEquals(client.lines, [workers === 1 ? NO_WORKER : SUM_15], `${workers} workers`);
  }
});

Deno.test("a down worker's range keeps its place and is done by another", () => {
  for (const down of [[0], [1], [2], [0, 1], [0, 2], [1, 2]]) {
    const scenario = Scenario.started({ workers: 3 });
    for (const index of down) scenario.kill(scenario.worker(index));
    assertEquals(scenario.ask(SUM_9), PARTS_9, `down: ${down}`);
    scenario.assertQuiet();
  }
});

Deno.test("a worker that fails in the middle of a request costs nobody a reply", () => {
  const failures: readonly (readonly [string, Responder])[] = [
    ["closes", () => CLOSE],
    ["ends its sending half", () => HALF_CLOSE],
    ["refuses", refuse],
    ["answers rubbish", () => "<html>\n"],
    ["answers an array", () => "[]\n"],
    ["answers bytes that are not UTF-8 text of JSON", () => "\ufffd\n"],
    ["answers without our id", () => '{"ok":true,"result":1}\n'],
    ["answers with a text as id", () => '{"id":"1","ok":true,"result":1}\n'],
    ["answers what was never asked", () => '{"id":123456,"ok":true,"result":1}\n'],
    ["answers with id 0", () => '{"id":0,"ok":true,"result":1}\n'],
    ["answers with a negative id", () => '{"id":-1,"ok":true,"result":1}\n'],
    ["answers without a result", (line) => `{"id":${JSON.parse(line).id},"ok":true}\n`],
    ["answers null", (line) => `{"id":${JSON.parse(line).id},"ok":true,"result":null}\n`],
    ["answers a text", (line) => `{"id":${JSON.parse(line).id},"ok":true,"result":"15"}\n`],
    ["answers 1e400", (line) => `{"id":${JSON.parse(line).id},"ok":true,"result":1e400}\n`],
    ["claims a division by zero", (line) => {
      return `{"id":${JSON.parse(line).id},"ok":false,"error":"División por cero"}\n`;
    }],
    ["claims a deadline that nobody set", (line) => {
      return `{"id":${JSON.parse(line).id},"ok":false,"error":"x","code":"deadline_exceeded"}\n`;
    }],
  ];
  for (const [how, onWork] of failures) {
    const scenario = Scenario.started({ workers: 2 });
    scenario.worker(0).onWork = onWork;
    assertEquals(scenario.ask(ADD), SUM_15, how);
    const reply = scenario.ask('{"op":"sum_squares","n":2}');
    assertStringIncludes(reply, '"parts":[{"a":1,"b":1,"result":1},{"a":2,"b":2,"result":4}]', how);
    const [first] = scenario.status().workers;
    assert(first!.failed >= 1, how);
    scenario.assertQuiet();
  }
});

Deno.test("a worker that answers rubbish has its connection closed", () => {
  const scenario = Scenario.started({ workers: 1 });
  const [connection] = scenario.worker(0).connections;
  scenario.says(connection!, "rubbish\n");
  assert(!connection!.isOpen);
  scenario.assertQuiet();
});

Deno.test("a sum with a negative, a fractional or a rounded result is not believed", () => {
  for (const result of ["-1", "1.5", "1e300", '"14"', "9007199254740993.5"]) {
    const scenario = Scenario.started({ workers: 2 });
    scenario.worker(0).onWork = (line) =>
      `{"id":${JSON.parse(line).id},"ok":true,"result":${result}}\n`;
    const reply = scenario.ask('{"op":"sum_squares","n":2}');
    assertStringIncludes(reply, '"result":5,', result);
  }
});

Deno.test("work that every worker refuses fails at once", () => {
  const scenario = Scenario.started({ workers: 3 });
  for (const worker of scenario.workers) worker.onWork = refuse;
  assertEquals(scenario.ask(ADD), NO_WORKER);
  assertEquals(scenario.workers.map(({ work }) => work.length), [1, 1, 1]);
  assertEquals(scenario.states(), ["up", "up", "up"]);
  scenario.assertQuiet();
});

Deno.test("much work that every worker refuses in one turn fails at once, all of it", () => {
  for (const count of [64, 65, 300]) {
    const scenario = Scenario.started({ workers: 1 });
    scenario.worker(0).onWork = refuse;
    const client = scenario.asking(...Array<string>(count).fill(ADD));
    assertEquals(client.lines.length, count, `replies to ${count} requests`);
    scenario.assertQuiet();
  }
});

Deno.test("when every connection is refused, everything that was in flight fails at once", () => {
  for (const count of [1, 64, 65, 1024]) {
    const scenario = Scenario.started({ workers: 2 });
    for (const worker of scenario.workers) worker.onWork = hold;
    const client = scenario.asking(...Array<string>(count).fill(ADD));
    for (const worker of scenario.workers) scenario.kill(worker);
    assertEquals(client.lines.length, count, `replies to ${count} requests`);
    scenario.assertQuiet();
  }
});

Deno.test("an arithmetic error of a worker is final", () => {
  const scenario = Scenario.started({ workers: 2 });
  assertEquals(
    scenario.ask('{"op":"div","a":1,"b":-0}'),
    '{"ok":false,"error":"División por cero"}',
  );
  assertEquals(scenario.workers.map(({ work }) => work.length), [1, 0]);
});

Deno.test("a worker that is silent for the worker timeout loses its work to another", () => {
  const scenario = Scenario.started({ workers: 2, workerTimeoutMs: BEFORE_HEDGE_MS });
  const [silent, other] = [scenario.worker(0), scenario.worker(1)];
  silent.onWork = silent.onPing = hold;
  const client = scenario.asking(SUM_9);
  timeOut(scenario);
  assertEquals(client.lines.length, 1);
  assertEquals(scenario.states(), ["suspect", "up"]);
  assertEquals(scenario.status().workers[0]!.reason, "no answer within 80 ms");
  // It gets nothing more until it answers the ping.
  const before = silent.work.length;
  for (let count = 0; count < 4; count++) scenario.ask(ADD);
  assertEquals([silent.work.length, other.work.length], [before, 6]);
  scenario.assertQuiet();
});

Deno.test("a suspect worker that answers its ping is up again, and its late replies are ignored", () => {
  const scenario = Scenario.started({ workers: 2, workerTimeoutMs: BEFORE_HEDGE_MS });
  const slow = scenario.worker(0);
  slow.onWork = hold;
  let ping: string | undefined;
  slow.onPing = (line) => {
    ping = line;
    return undefined;
  };
  const client = scenario.asking(ADD);
  timeOut(scenario);
  assertEquals(client.lines, [SUM_15]);
  assert(ping !== undefined, "asked at once whether it lives");
  const [connection] = slow.connections;
  scenario.release(slow, answer);
  assertEquals(client.lines, [SUM_15], "a late reply is no second reply");
  assertEquals(scenario.states(), ["suspect", "up"]);
  scenario.advance(500);
  scenario.says(connection!, answer(ping));
  assertEquals(scenario.states(), ["up", "up"]);
  assert(connection!.isOpen, "on the same connection");
  slow.onWork = answer;
  assertEquals([scenario.ask(ADD), scenario.ask(ADD)], [SUM_15, SUM_15]);
  assertEquals(slow.work.length, 2);
  scenario.assertQuiet();
});

Deno.test("a suspect worker that answers no ping is dialled again after three, and up when it greets", () => {
  const scenario = Scenario.started({ workers: 2 });
  const dead = scenario.worker(0);
  dead.onWork = dead.onPing = dead.onHello = hold;
  scenario.asking(ADD);
  // Asked at 1, 2 and 3 s; at 4 s three are unanswered.
  scenario.advance(3999);
  assertEquals([dead.dialledAtMs.length, scenario.states()], [1, ["suspect", "up"]]);
  scenario.advance(1);
  assertEquals(dead.dialledAtMs, [0, 4000]);
  assertEquals(scenario.states(), ["connecting", "up"]);
  scenario.advance(1500);
  assertEquals(scenario.states(), ["down", "up"], "it takes connections, and says nothing");
  assertEquals(scenario.status().workers[0]!.reason, "no answer");
  dead.onHello = dead.onWork = dead.onPing = answer;
  scenario.advance(2000);
  assertEquals(scenario.states(), ["up", "up"]);
  scenario.assertQuiet();
});

Deno.test("a machine that sleeps for minutes and wakes again is used again", () => {
  for (const sleepMs of [10_000, 40_000, 120_000, 600_000]) {
    const scenario = Scenario.started({ workers: 2 });
    const asleep = scenario.worker(0);
    asleep.onWork = asleep.onPing = asleep.onHello = hold;
    scenario.asking(ADD);
    scenario.advance(sleepMs);
    asleep.onWork = asleep.onPing = asleep.onHello = answer;
    const before = asleep.work.length;
    scenario.advance(70_000);
    for (let count = 0; count < 4; count++) assertEquals(scenario.ask(ADD), SUM_15);
    assert(asleep.work.length > before, `used again after ${sleepMs} ms of sleep`);
    scenario.assertQuiet();
  }
});

Deno.test("one lost connection is dialled again at once, and the work waits for it", () => {
  const scenario = Scenario.started({ workers: 1 });
  const only = scenario.worker(0);
  only.onWork = () => {
    only.onWork = answer;
    return CLOSE;
  };
  assertEquals(scenario.ask(ADD), SUM_15);
  assertEquals(only.dialledAtMs, [0, 0]);
  scenario.assertQuiet();
});

Deno.test("a worker that comes back is used again within 1 s, however long it was down", () => {
  for (const downMs of [1, 30, 999, 5000, 3_600_000]) {
    const scenario = Scenario.started({ workers: 2 });
    const worker = scenario.worker(1);
    scenario.kill(worker);
    scenario.advance(downMs);
    assertEquals(scenario.states(), ["up", "down"]);
    worker.connects = "accepts";
    scenario.advance(1000);
    assertEquals(scenario.states(), ["up", "up"], `after ${downMs} ms`);
    scenario.ask(SUM_9);
    assertEquals(worker.work.length, 1);
    scenario.assertQuiet();
  }
});

Deno.test("a worker that is down is not dialled more than some times a second", () => {
  const scenario = Scenario.started(
    { workers: 1 },
    ({ workers }) => workers[0]!.connects = "refuses",
  );
  scenario.advance(60_000);
  const { length } = scenario.worker(0).dialledAtMs;
  assert(length >= 100 && length <= 140, `${length} dials in a minute`);
});

Deno.test("a worker that crashes at every request is given up, and the request is not tried for ever", () => {
  const scenario = Scenario.started({ workers: 1 });
  scenario.worker(0).onWork = () => CLOSE;
  const client = scenario.asking(ADD);
  scenario.advance(5000);
  assertEquals(client.lines, [NO_WORKER]);
  assert(scenario.worker(0).work.length <= 64);
  scenario.assertQuiet();
});

Deno.test("all down: the error at once, and parts as ever when one is back", () => {
  const scenario = Scenario.started({ workers: 3 });
  for (const worker of scenario.workers) scenario.kill(worker);
  scenario.advance(100);
  assertEquals(scenario.ask(ADD), NO_WORKER);
  assertEquals(scenario.ask(SUM_9), NO_WORKER);
  scenario.worker(2).connects = "accepts";
  scenario.advance(1000);
  assertEquals(scenario.ask(SUM_9), PARTS_9);
  scenario.assertQuiet();
});

Deno.test("a worker that answers in pieces, CRLF and empty lines is understood", () => {
  const scenario = Scenario.started({ workers: 1 });
  const worker = scenario.worker(0);
  worker.onWork = hold;
  const client = scenario.asking(ADD);
  const [connection] = worker.connections;
  const reply = answer(connection!.held[0]!).replace("\n", "\r\n");
  for (const character of "\n\r\n" + reply) scenario.says(connection!, character);
  assertEquals(client.lines, [SUM_15]);
});

Deno.test("a full window is respected: 1024 in flight, the rest waits", () => {
  const scenario = Scenario.started({ workers: 1 });
  const worker = scenario.worker(0);
  worker.onWork = hold;
  const client = scenario.asking(...Array<string>(1030).fill(ADD));
  assertEquals(worker.work.length, 1024);
  assertEquals(scenario.status().requests.waiting, 6);
  const [connection] = worker.connections;
  scenario.says(connection!, answer(connection!.held.shift()!));
  assertEquals(worker.work.length, 1025, "one reply makes room for one");
  worker.onWork = answer;
  scenario.release(worker, answer);
  assertEquals(client.lines.length, 1030);
  assert(client.lines.every((line) => line === SUM_15));
  scenario.assertQuiet();
});

Deno.test("a worker's error text is repeated in explain, cut short", () => {
  const scenario = Scenario.started({ workers: 1 });
  scenario.worker(0).bePlain();
  scenario.worker(0).onHello = answer;
  scenario.worker(0).onWork = (line) =>
    errorLine("x".repeat(10_000)).replace("{", `{"id":${JSON.parse(line).id},`);
  const reply = scenario.ask('{"op":"add","a":1,"b":1,"explain":true}');
  assertStringIncludes(reply, "x".repeat(200));
  assert(reply.length < 1000);
});
