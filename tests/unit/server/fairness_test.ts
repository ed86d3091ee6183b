import { assert, assertEquals } from "@std/assert";
import { MAX_REQUESTS } from "../../../src/limits.ts";
import { answer, hold } from "./fake_worker.ts";
import { ADD, Scenario, SUM_15 } from "./scenario.ts";

/** One worker that holds 1024 pieces of work, and a client that has asked for more. */
function flooded(count: number): Scenario {
  const scenario = Scenario.started({ workers: 1, workerTimeoutMs: 60_000 });
  scenario.worker(0).onWork = hold;
  scenario.asking(...Array<string>(1024 + count).fill(ADD));
  return scenario;
}

/** The worker answers as many as are given, oldest first. */
function answerSome(scenario: Scenario, count: number): void {
  const [connection] = scenario.worker(0).connections;
  for (let done = 0; done < count; done++) {
    scenario.says(connection!, answer(connection!.held.shift()!));
  }
}

Deno.test("who asks for little does not wait for all that another has asked for before", () => {
  const scenario = flooded(5000);
  const small = scenario.asking('{"op":"sub","a":1,"b":1}', '{"op":"sub","a":2,"b":1}');
  const third = scenario.asking('{"op":"mul","a":1,"b":1}');
  answerSome(scenario, 5);
  const ops = scenario.worker(0).work.slice(1024).map((line) => JSON.parse(line).op);
  assertEquals(ops, ["add", "sub", "mul", "add", "sub"], "they take turns");
  answerSome(scenario, 1024);
  assertEquals([small.lines.length, third.lines.length], [2, 1]);
});

Deno.test("what failed on a worker goes before what has never been tried", () => {
  const scenario = Scenario.started({ workers: 2, workerTimeoutMs: 60_000 });
  for (const worker of scenario.workers) worker.onWork = hold;
  const client = scenario.asking(...Array<string>(2048).fill(ADD));
  scenario.asking('{"op":"sub","a":1,"b":1}');
  scenario.kill(scenario.worker(0));
  const [connection] = scenario.worker(1).connections;
  for (let done = 0; done < 1024; done++) {
    scenario.says(connection!, answer(connection!.held.shift()!));
  }
  assert(scenario.worker(1).work.every((line) => JSON.parse(line).op === "add"));
  scenario.worker(1).onWork = answer;
  scenario.release(scenario.worker(1), answer);
  assertEquals(client.lines, Array<string>(2048).fill(SUM_15));
  scenario.assertQuiet();
});

Deno.test("a server that holds all that it can reads from those only who have asked for less", () => {
  const scenario = Scenario.started({ workers: 0 });
  const silent = Scenario.started(
    { workers: 1, workerTimeoutMs: 60_000 },
    ({ workers }) => workers[0]!.onWork = hold,
  );
  assertEquals(scenario.status().requests.waiting, 0);
  const small = silent.client();
  const many = Array.from({ length: 7 }, () => silent.client());
  const chunk = (ADD + "\n").repeat(1000);
  for (const client of many) {
    for (let sent = 0; sent < 14_000 && !client.isPaused; sent += 1000) silent.send(client, chunk);
  }
  for (let sent = 0; sent < 4 && !many[0]!.isPaused; sent++) silent.send(many[0]!, chunk);
  assert(many[0]!.isPaused);
  const { requests } = silent.status();
  assert(requests.in_flight! >= MAX_REQUESTS && requests.in_flight! < MAX_REQUESTS + 3000);
  silent.send(small, ADD + "\n");
  assertEquals([small.isPaused, silent.status().requests.in_flight], [
    false,
    requests.in_flight! + 1,
  ]);
  silent.worker(0).onWork = answer;
  silent.release(silent.worker(0), answer);
  assertEquals(small.lines, [SUM_15]);
  assertEquals(many.map(({ isPaused }) => isPaused), many.map(() => false));
  const replies = many.reduce((sum, { lines }) => sum + lines.length, 0);
  assertEquals(replies, requests.received! - 0, "every one is answered");
  silent.assertQuiet();
});
