/**
 * The records of requests that are over serve those that come next. Each test has a request that leaves something
 * behind, and a later one that would stumble over it.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { answer, hold, refuse } from "./fake_worker.ts";
import { ADD, Scenario, SUM_15 } from "./scenario.ts";

const LATE =
  '{"id":"b","ok":false,"error":"se agotó el tiempo de la solicitud","code":"deadline_exceeded"';

Deno.test("what failed on a worker once keeps no later request from it", () => {
  const scenario = Scenario.started({ workers: 2 });
  scenario.worker(0).onWork = refuse;
  assertEquals(scenario.ask(ADD), SUM_15);
  scenario.worker(0).onWork = answer;
  for (const worker of scenario.workers) worker.work.length = 0;
  for (let count = 0; count < 10; count++) assertEquals(scenario.ask(ADD), SUM_15);
  assertEquals(scenario.workers.map(({ work }) => work.length), [5, 5]);
});

Deno.test("a deadline that was kept does not stand before those of others", () => {
  const scenario = Scenario.started({ workers: 2 });
  for (const worker of scenario.workers) worker.onWork = hold;
  const kept = scenario.asking('{"id":"a","op":"add","a":1,"b":2,"timeout_ms":400}');
  const broken = scenario.asking('{"id":"b","op":"add","a":1,"b":2,"timeout_ms":500}');
  scenario.release(scenario.worker(0), answer);
  assertEquals(kept.lines.length, 1);
  const endless = scenario.asking(ADD);
  scenario.advance(600);
  assertEquals(broken.lines.map((line) => line.slice(0, LATE.length)), [LATE]);
  assertEquals(endless.lines, []);
});

Deno.test("a worker that was slow once is blamed once, whatever the one that was quicker does next", () => {
  const scenario = Scenario.started({ workers: 2 });
  const [slow, quick] = scenario.workers;
  slow!.onWork = hold;
  const client = scenario.asking(ADD);
  scenario.advance(100);
  assertEquals(client.lines, [SUM_15]);
  scenario.ask(`{"op":"drain","worker":"${slow!.name}"}`);
  for (let count = 0; count < 10; count++) assertEquals(scenario.ask(ADD), SUM_15);
  assertEquals([slow!.work.length, quick!.work.length], [1, 11]);
  scenario.ask(`{"op":"undrain","worker":"${slow!.name}"}`);
  assertEquals(scenario.states(), ["up", "up"]);
});

Deno.test("a sum that no worker is needed for leaves nothing to be used again", () => {
  const scenario = Scenario.started({ workers: 0 });
  const sum = '{"op":"sum_squares","n":0}';
  assertEquals(scenario.ask(sum), '{"ok":true,"result":0,"parts":[]}');
  assertEquals(scenario.ask(ADD), '{"ok":false,"error":"ningún worker disponible"}');
});

/** Heap in use when everything that nobody holds on to is gone. */
function heldBytes(): number {
  const { gc } = globalThis as { gc?: () => void };
  assert(gc !== undefined, "the collector can be asked: --v8-flags=--expose-gc");
  // The storage of byte arrays goes when the next collection sees that they have gone.
  for (let count = 0; count < 3; count++) gc();
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

Deno.test("records that wait to be used again hold on to nobody's id, connection or bytes", () => {
  const megabyte = 1024 * 1024;
  const scenario = Scenario.started({ workers: 2, maxLineBytes: 2 * megabyte });
  for (const worker of scenario.workers) worker.onWork = hold;
  const before = heldBytes();
  for (let left = 16; left > 0; left--) {
    const clients = Array.from({ length: 8 }, (_, index) => {
      const id = `${left} ${index} `.padEnd(megabyte / 2, "x");
      const client = scenario.asking(`{"id":"${id}","op":"add","a":1,"b":2}`);
      client.lines.length = 0;
      // The beginning of a line that never ends.
      scenario.send(client, " ".repeat(megabyte / 2));
      return client;
    });
    // Those that are used last are used again first: these come to lie over the others, fewer each time.
    const other = scenario.asking(...Array.from({ length: 10 * left }, () => ADD));
    for (const worker of scenario.workers) scenario.release(worker, answer);
    for (const client of [...clients, other]) {
      client.lines.length = 0;
      scenario.leave(client);
    }
    for (const worker of scenario.workers) worker.work.length = 0;
  }
  const heldMegabytes = (heldBytes() - before) / megabyte;
  assert(heldMegabytes < 16, `${heldMegabytes.toFixed(0)} MiB of 128 are held`);
});
