import { assertEquals } from "@std/assert";
import { membersOf, rightMembers } from "./calculations.ts";
import type { Server } from "./cluster.ts";
import type { LineClient } from "./line_client.ts";
import { pause } from "./waiting.ts";

const NONE = '{"ok":false,"error":"ningún worker disponible"}';
const EXPLAINED = /,"explain":(\{.*\})\}$/;

/** How a load is put on a server. */
export interface LoadOptions {
  /** Requests in flight. @default {64} */
  readonly window?: number;
  /** Over how many workers sums may be split: more than one number where workers come and go. @default {[3]} */
  readonly splits?: readonly number[];
  /** Whether every request asks who did what. Then each must have been done at the first attempt. @default {false} */
  readonly explain?: boolean;
  /** Rest after half a window of replies, in milliseconds. @default {0} */
  readonly restMs?: number;
}

/** One connection with always a window of requests in flight, every operation among them, and every reply checked. */
export class Load {
  /** Replies that came; all of them were right, or refusals that were allowed. */
  answered = 0;
  /** Those among them that said that no worker is available. */
  refused = 0;
  /** Whether a reply may say that no worker is available: only while none lives. */
  mayBeRefused = false;
  readonly #connection: LineClient;
  readonly #window: number;
  readonly #splits: readonly number[];
  readonly #explain: boolean;
  readonly #restMs: number;
  #longestPauseMs = 0;
  #isStopping = false;
  #reached = Promise.withResolvers<void>();
  #wanted = Infinity;

  /** A load that has sent nothing yet. */
  constructor(connection: LineClient, options: LoadOptions = {}) {
    this.#connection = connection;
    this.#window = options.window ?? 64;
    this.#splits = options.splits ?? [3];
    this.#explain = options.explain ?? false;
    this.#restMs = options.restMs ?? 0;
  }

  /** Tells it to send no more. */
  stop(): void {
    this.#isStopping = true;
  }

  /** Waits for so many replies more. @throws {Error} What {@linkcode run} has failed with. */
  async more(count: number): Promise<void> {
    const goal = this.answered + count;
    while (this.answered < goal) {
      this.#wanted = Math.min(this.#wanted, goal);
      await this.#reached.promise;
    }
  }

  /** The longest time without a reply since the last call of this. */
  takePauseMs(): number {
    const longestMs = this.#longestPauseMs;
    this.#longestPauseMs = 0;
    return longestMs;
  }

  /** Goes on until it is stopped and everything that was sent has been answered. */
  async run(): Promise<void> {
    try {
      await this.#run();
    } catch (error) {
      // Whoever waits for more waits in vain.
      this.#reached.promise.catch(() => {});
      this.#reached.reject(error);
      throw error;
    }
  }

  async #run(): Promise<void> {
    let sent = await this.#send(0, this.#window);
    let lastMs = performance.now();
    while (this.answered < sent) {
      const half = Math.min(this.#window / 2, sent - this.answered);
      for (let k = 0; k < half; k++) {
        const line = await this.#connection.line();
        const nowMs = performance.now();
        this.#longestPauseMs = Math.max(this.#longestPauseMs, nowMs - lastMs);
        lastMs = nowMs;
        this.#check(this.answered, line);
        if (++this.answered >= this.#wanted) this.#wake();
      }
      if (this.#isStopping) continue;
      if (this.#restMs > 0) {
        await pause(this.#restMs);
        lastMs = performance.now();
      }
      sent = await this.#send(sent, half);
    }
  }

  async #send(first: number, count: number): Promise<number> {
    let text = "";
    const end = this.#explain ? ',"explain":true}\n' : "}\n";
    for (let k = first; k < first + count; k++) text += `{${membersOf(k)}${end}`;
    await this.#connection.send(text);
    return first + count;
  }

  #check(k: number, line: string): void {
    let reply = line;
    if (this.#explain) {
      const [tail = "", explain = "{}"] = EXPLAINED.exec(line) ?? [];
      reply = line.slice(0, line.length - tail.length) + "}";
      for (const { attempts } of JSON.parse(explain).work) {
        if (attempts.length !== 1 || attempts[0].outcome !== "ok") {
          throw new Error(`Asked more than once: ${line}`);
        }
      }
    }
    if (this.#splits.some((workers) => reply === `{${rightMembers(k, workers)}}`)) return;
    if (!this.mayBeRefused || reply !== NONE) {
      assertEquals(reply, `{${rightMembers(k, this.#splits[0]!)}}`, `reply to {${membersOf(k)}}`);
    }
    this.refused++;
  }

  #wake(): void {
    this.#wanted = Infinity;
    this.#reached.resolve();
    this.#reached = Promise.withResolvers();
  }
}

/**
 * Puts a load on a server while something happens. Both must end well, and the server must have counted what
 * the load has.
 */
export async function underLoad(
  server: Server,
  happens: (load: Load) => Promise<void>,
  options: LoadOptions = {},
): Promise<void> {
  using connection = await server.connect();
  const load = new Load(connection, options);
  const [ran, happened] = await Promise.allSettled([
    load.run(),
    happens(load).finally(() => load.stop()),
  ]);
  if (ran.status === "rejected") throw ran.reason;
  if (happened.status === "rejected") throw happened.reason;
  const { requests } = await server.status();
  const { answered, refused } = load;
  assertEquals(
    [requests.answered, requests.failed, requests.in_flight, requests.waiting],
    [answered - refused, refused, 0, 0],
  );
}

/** Prints a figure for whoever reads the test's output; nothing depends on it. */
export function printFigure(text: string): void {
  // deno-lint-ignore no-console -- this is what it is for
  console.log(text);
}
