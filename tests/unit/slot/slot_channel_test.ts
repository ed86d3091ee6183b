/**
 * Purpose: what a slot's own thread says, and when it lets the function run.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { messageLine } from "../../../src/jobs/channel_framer.ts";
import { Ring } from "../../../src/slot/ring.ts";
import {
  ATTENTION,
  FROM_SANDBOX,
  INDEX,
  RUNNING,
  SPAN,
  STATE_WORDS,
  TO_SANDBOX,
} from "../../../src/slot/shared.ts";
import { SlotChannel } from "../../../src/slot/slot_channel.ts";

const encoder = new TextEncoder();
const NOTHING = new Uint8Array();

/** A slot's main thread, with a test in the places of the worker and of the function's thread. */
class Half {
  readonly toSandbox = new Ring();
  readonly fromSandbox = new Ring();
  readonly said: string[] = [];
  /** The positions that it was said to be at. */
  readonly positions: number[] = [];
  /** Memory of the process, of which 1000 is too much. */
  memory = 0;
  /** What the last verdict says of whether the item itself has taken it. */
  alone: boolean | undefined;
  readonly state = new Int32Array(new SharedArrayBuffer(STATE_WORDS * 4));
  readonly channel: SlotChannel;

  constructor(members: object = {}) {
    this.channel = new SlotChannel({
      port: {
        send: (text) => {
          const { op, alone, position } = JSON.parse(text);
          this.said.push(op);
          if (op === "at") this.positions.push(position);
          if (op === "verdict") this.alone = alone;
        },
        sendBytes: () => {},
        memoryBytes: () => this.memory,
        end: () => this.said.push("ended"),
      },
      toSandbox: this.toSandbox,
      fromSandbox: this.fromSandbox,
      state: this.state,
      maxMemoryBytes: 1000,
    });
    const open = { input: "range", call: "map", reduce: null, seed: 0, ...members };
    this.say({ op: "open", job: 1, name: "a.js", sha256: "", code_bytes: 1, ...open });
    this.channel.received(encoder.encode(messageLine({ op: "code", job: 1, bytes: 1 }) + ";"));
  }

  say(message: object): void {
    this.channel.received(encoder.encode(messageLine(message)));
  }

  give(chunk: number, count = 1): void {
    const numbers = { chunk, position: chunk, count, first: "1", credit: 600 };
    this.say({ op: "chunk", job: 1, ...numbers });
  }

  /** The function has thrown at the items before the one at an index. */
  throws(end: number): void {
    const trouble = encoder.encode(JSON.stringify({ cause: "error", error: "e".repeat(44) }));
    for (let index = 0; index < end; index++) {
      this.fromSandbox.write(FROM_SANDBOX.failed, index, 0, trouble, trouble.length);
    }
    this.channel.rung();
  }

  /** The function has done so many items, which were all. */
  done(count: number): void {
    const ms = encoder.encode("5");
    this.fromSandbox.write(FROM_SANDBOX.done, count, 0, ms, ms.length);
    this.channel.rung();
  }

  /** Module and `setup` are done. */
  ready(): void {
    this.fromSandbox.write(FROM_SANDBOX.ready, 0, 0, NOTHING, 0);
    this.channel.rung();
  }

  /** The function is called for `span` items from the one at an index on; for none at -1. */
  runs(index: number, span = 1): void {
    Atomics.store(this.state, SPAN, span);
    Atomics.store(this.state, INDEX, index);
    Atomics.store(this.state, RUNNING, 1);
  }

  /** What the function's thread has been given since the last time. */
  get given(): number[] {
    const kinds: number[] = [];
    while (this.toSandbox.read()) kinds.push(this.toSandbox.kind);
    return kinds;
  }
}

Deno.test("the function is not called before the worker is sure to hear that it runs", () => {
  const half = new Half();
  half.give(1);
  half.channel.drained();
  assertEquals([half.said, half.given], [["need"], [TO_SANDBOX.open, TO_SANDBOX.code]]);
  half.ready();
  assertEquals([half.said, half.given], [["need", "started"], []]);
  half.channel.drained();
  assertEquals(half.given, [TO_SANDBOX.chunk]);
  half.done(1);
  // From the second on nothing waits.
  half.give(2);
  assertEquals(half.given, [TO_SANDBOX.chunk]);
});

Deno.test("nor if its first chunk comes after it is ready", () => {
  const half = new Half();
  half.ready();
  half.channel.drained();
  half.give(1);
  assertEquals([half.said, half.given], [
    ["need", "started"],
    [TO_SANDBOX.open, TO_SANDBOX.code],
  ]);
  half.channel.drained();
  assertEquals(half.given, [TO_SANDBOX.chunk]);
});

function timed(): Half {
  const half = new Half({ item_timeout_ms: 100 });
  half.ready();
  half.give(1, 10);
  half.channel.drained();
  half.said.length = 0;
  return half;
}

Deno.test("where items have a time-out, a module or setup without end fails the job in time", () => {
  for (
    const [item_timeout_ms, mostMs] of [[100, 60_000], [90_000, 90_000], [undefined, Infinity]]
  ) {
    const half = new Half(item_timeout_ms === undefined ? {} : { item_timeout_ms });
    half.give(1);
    half.said.length = 0;
    half.channel.watch(5);
    half.channel.watch(5 + Math.min(mostMs!, 1e9));
    assertEquals(half.said, []);
    half.channel.watch(6 + mostMs!);
    assertEquals(half.said, mostMs === Infinity ? [] : ["job_failed"]);
  }
});

Deno.test("an item that takes longer than it may is named", () => {
  const half = timed();
  half.runs(0);
  half.channel.watch(1000);
  half.channel.watch(1100);
  half.channel.watch(1100);
  assertEquals(half.said, ["at"]);
  half.channel.watch(1101);
  assertEquals(half.said, ["at", "verdict"]);
});

Deno.test("an item of lines is told of once, and only if it takes its time; of a reduce each that is seen", () => {
  for (const [reduce, expected] of [[null, [2]], ["sum", [0, 1, 2]]] as const) {
    const half = new Half({ reduce });
    half.ready();
    half.give(1, 10);
    half.channel.drained();
    half.said.length = half.positions.length = 0;
    for (const [turn, index] of [0, 1, 2, 2, 2].entries()) {
      half.runs(index);
      half.channel.watch(1000 + turn * 20);
    }
    assertEquals(half.said, expected.map(() => "at"));
    assertEquals(half.positions, expected.map((index) => 1 + index));
  }
});

Deno.test("the function is asked for its lines at once, and then every 60 ms", () => {
  const half = timed();
  const asked: number[] = [];
  for (let ms = 1000; ms <= 1140; ms += 20) {
    half.runs(0);
    half.channel.watch(ms);
    if (Atomics.exchange(half.state, ATTENTION, 0) === 1) asked.push(ms);
  }
  assertEquals(asked, [1000, 1060, 1120]);
});

Deno.test("a call for many items may take as long as all of them, one for half of them half as long", () => {
  const half = timed();
  half.runs(0, 10);
  half.channel.watch(1000);
  half.channel.watch(1990);
  assertEquals(half.said, ["at"]);
  // It threw, and is tried in halves: these begin now.
  half.runs(0, 5);
  half.channel.watch(2000);
  half.channel.watch(2490);
  assertEquals(half.said, ["at"]);
  half.channel.watch(2510);
  assertEquals(half.said, ["at", "ended"]);
});

Deno.test("no item is blamed for the time in which there was no room for its value", () => {
  const half = timed();
  half.runs(0);
  half.channel.watch(1000);
  half.runs(-1);
  half.channel.watch(1020);
  half.channel.watch(5000);
  half.runs(0);
  half.channel.watch(5020);
  half.channel.watch(5110);
  assertEquals(half.said, ["at"]);
  half.channel.watch(5130);
  assertEquals(half.said, ["at", "verdict"]);
});

Deno.test("an item is told apart from what piled up before it by how much it takes itself", () => {
  // At rest there are 200 of 1000: an item that takes 700 is too much for any slot.
  for (const [before, after, isAlone] of [[301, 1001, true], [302, 1001, false]] as const) {
    const half = new Half();
    half.memory = 200;
    half.ready();
    half.give(1, 10);
    half.channel.drained();
    half.runs(3);
    half.memory = before;
    half.channel.watch(1000);
    half.memory = after;
    half.channel.watch(1020);
    assertEquals([half.said.at(-1), half.alone], ["verdict", isAlone], `${before}`);
  }
});

Deno.test("memory without an item that runs ends the slot, and before the first one the job", () => {
  const half = new Half();
  half.memory = 1001;
  half.channel.watch(1000);
  assertEquals(half.said, ["need", "job_failed"]);
  const idle = new Half();
  idle.ready();
  idle.memory = 1001;
  idle.channel.watch(1000);
  assertEquals(idle.said, ["need", "ended"]);
});

Deno.test("failures cost of what is allowed, as results do", () => {
  const half = new Half();
  half.ready();
  half.give(1, 10);
  half.said.length = 0;
  // Each costs 300 of 600, and one more would go if anything were left.
  half.throws(10);
  assertEquals(half.said, ["failed", "failed"]);
  half.say({ op: "credit", job: 1, chunk: 1, credit: 1 });
  assertEquals(half.said.length, 3);
  half.say({ op: "credit", job: 1, chunk: 1, credit: 299 });
  assertEquals(half.said.length, 3);
  half.say({ op: "credit", job: 1, chunk: 1, credit: 601 });
  assertEquals(half.said.length, 6);
});

Deno.test("a chunk of which lines are missing is given back at once, and none is taken beside another", () => {
  const half = new Half({ input: "items" });
  half.ready();
  half.said.length = 0;
  const chunk = { op: "chunk", job: 1, position: 1, count: 2, item_bytes: 4, credit: 600 };
  half.say({ ...chunk, chunk: 1 });
  half.say({ op: "drop", job: 1, chunk: 1 });
  assertEquals(half.said, ["returned"]);
  half.say({ ...chunk, chunk: 2 });
  half.say({ op: "drop", job: 1, chunk: 1 });
  assertEquals(half.said, ["returned"]);
  half.say({ ...chunk, chunk: 3 });
  assertEquals(half.said, ["returned", "ended"]);
});
