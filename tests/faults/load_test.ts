import { assert, assertEquals } from "@std/assert";
import { startServer, startWorkers } from "../support/cluster.ts";
import type { LineClient } from "../support/line_client.ts";
import { until } from "../support/waiting.ts";

const CONNECTIONS = 4;
const WINDOW = 200;
/** Requests that are answered before one worker is killed, and after that. */
const BEFORE = 10_000;
const AFTER = 20_000;

/** A connection that always has a window of requests in flight, and checks each reply. */
class Load {
  answered = 0;
  longestPauseMs = 0;
  readonly #connection: LineClient;
  readonly #window: number;
  #isStopping = false;

  constructor(connection: LineClient, window: number) {
    this.#connection = connection;
    this.#window = window;
  }

  /** Tells it to send no more. */
  stop(): void {
    this.#isStopping = true;
  }

  /** Goes on until it is stopped and everything sent has been answered. */
  async run(): Promise<void> {
    let sent = this.#window;
    await this.#connection.send(requests(0, sent));
    let lastMs = performance.now();
    while (this.answered < sent) {
      const half = Math.min(this.#window / 2, sent - this.answered);
      for (let k = 0; k < half; k++) {
        const line = await this.#connection.line();
        const nowMs = performance.now();
        this.longestPauseMs = Math.max(this.longestPauseMs, nowMs - lastMs);
        lastMs = nowMs;
        const expected = reply(this.answered++);
        if (line !== expected) assertEquals(line, expected);
      }
      if (this.#isStopping) continue;
      await this.#connection.send(requests(sent, half));
      sent += half;
    }
  }
}

Deno.test("killing one of three workers under load loses no request and no reply is wrong", async () => {
  await using workers = await startWorkers(3);
  await using server = await startServer({ workers });
  await server.untilStates("up", "up", "up");
  const connections = await Promise.all(
    Array.from({ length: CONNECTIONS }, () => server.connect()),
  );
  const loads = connections.map((connection) => new Load(connection, WINDOW));
  const answered = () => loads.reduce((sum, load) => sum + load.answered, 0);
  const running = Promise.all(loads.map((load) => load.run()));
  // A wrong reply must not be waited out.
  const reached = (count: number) =>
    Promise.race([running, until(`${count} replies`, () => answered() >= count)]);

  await reached(BEFORE);
  const calmMs = Math.max(...loads.map(({ longestPauseMs }) => longestPauseMs));
  await workers[1]!.kill();
  await reached(BEFORE + AFTER);
  for (const load of loads) load.stop();
  await running;
  for (const connection of connections) connection.close();

  const { workers: [one, two, three], requests: counters } = await server.status();
  assertEquals(two!.state, "down");
  // On a busy machine either of the others may have been slow enough to be suspected for a moment.
  assert(one!.state !== "down" && three!.state !== "down", `${one!.state}, ${three!.state}`);
  assertEquals([counters.failed, counters.in_flight, counters.waiting], [0, 0, 0]);
  assertEquals(counters.answered, answered());
  const pauseMs = Math.max(...loads.map(({ longestPauseMs }) => longestPauseMs));
  // deno-lint-ignore no-console -- a figure for whoever reads the test's output; nothing depends on it
  console.log(
    `${answered()} replies, ${
      two!.failed
    } of them asked again; the longest pause that a client saw: ` +
      `${calmMs.toFixed(1)} ms before the kill, ${pauseMs.toFixed(1)} ms in all`,
  );
});

function requests(first: number, count: number): string {
  let text = "";
  for (let k = first; k < first + count; k++) {
    text += k % 10 === 9 ? '{"op":"sum_squares","n":9}\n' : `{"op":"add","a":${k},"b":1}\n`;
  }
  return text;
}

function reply(k: number): string {
  return k % 10 === 9
    ? '{"ok":true,"result":285,"parts":[{"a":1,"b":3,"result":14},{"a":4,"b":6,"result":77},' +
      '{"a":7,"b":9,"result":194}]}'
    : `{"ok":true,"result":${k + 1}.0,"a":${k}.0,"b":1.0,"op":"add"}`;
}
