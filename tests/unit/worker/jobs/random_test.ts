/**
 * Purpose: whatever slots die of, and whatever requesters want, every position of a chunk is told of once and in
 * order, only culprits fail, and nothing is left over.
 *
 * @module
 */
import { failedBytes, type FailureTexts } from "../../../../src/jobs/failed_bytes.ts";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { MAX_SETUP_DEATHS } from "../../../../src/limits.ts";
import { type FakeSlot, Lab, open, type Peer } from "./lab.ts";

/** Items that are not like others, by what they do; every 7th position and so on, so that chunks have several. */
const MANNERS = ["crash", "memory", "leak", "time", "error", "long", "endless"] as const;
type Manner = typeof MANNERS[number] | "value";

/** What an item does, by its position. */
function mannerOf(position: number, oddities: readonly Manner[]): Manner {
  return oddities[position % oddities.length] ?? "value";
}

/** Items that leak in one slot before it is too much. */
const MAX_LEAKS = 3;

/** How a process calculates: item by item, with results in batches. */
class Robot {
  readonly #slot: FakeSlot;
  readonly #oddities: readonly Manner[];
  #chunk: { number: number; next: number; last: number; told: number; credit: number } | undefined;
  #batch: string[] = [];
  #isDropped = false;
  #lines: string[] = [];
  #leaks = 0;

  constructor(slot: FakeSlot, oddities: readonly Manner[]) {
    this.#slot = slot;
    this.#oddities = oddities;
  }

  /** Looks at what it was told, and does one item. */
  step(batch: number): void {
    this.#listen();
    const chunk = this.#chunk;
    if (chunk === undefined || this.#slot.end !== undefined || chunk.credit <= 0) return;
    if (this.#isDropped || chunk.next > chunk.last) return this.#finish();
    this.#item(chunk.next, batch);
  }

  #listen(): void {
    for (const message of this.#slot.take()) {
      if (message.op === "ping") this.#slot.say({ op: "pong" });
      if (message.op === "drop" && message.chunk === this.#chunk?.number) this.#isDropped = true;
      if (message.op === "credit" && this.#chunk?.number === message.chunk) {
        this.#chunk!.credit += Number(message.credit);
      }
      if (message.op !== "chunk") continue;
      assertEquals(this.#chunk, undefined, "one chunk at a time");
      const { chunk: number, position, count, credit, text } = message as unknown as
        & Record<string, number>
        & { text: string };
      this.#lines = text.split("\n");
      this.#chunk = {
        ...{ number: number!, next: position!, last: position! + count! - 1, told: position! },
        credit: credit!,
      };
      this.#isDropped = false;
      this.#slot.say({ op: "started", job: 1, chunk: number });
    }
  }

  #item(position: number, batch: number): void {
    const chunk = this.#chunk!;
    const numbers = { job: 1, chunk: chunk.number, position };
    const index = this.#batch.length + position - chunk.next;
    if (this.#lines.length > 1) {
      // Its item is the one that belongs to its position, however the chunk was cut.
      const line = this.#lines[position - (chunk.last - (this.#lines.length - 2))];
      assertEquals(line, `"item ${position}"`, `${index}`);
    }
    const manner = mannerOf(position, this.#oddities);
    switch (manner) {
      case "crash":
        if (position % 2 === 0) this.#slot.say({ op: "at", ...numbers });
        this.#chunk = undefined;
        return this.#slot.lose("killed");
      case "memory":
      case "time":
        return this.#condemn(position, manner);
      case "leak":
        if (++this.#leaks >= MAX_LEAKS) return this.#condemn(position, "memory");
        this.#batch.push(`${position}\n`);
        break;
      case "endless":
        this.#slot.say({ op: "at", ...numbers });
        this.#chunk = undefined;
        return this.#slot.sayBytes(new TextEncoder().encode("rubbish\n"));
      case "error":
        this.#flush();
        this.#slot.say({ op: "failed", ...numbers, cause: "error", error: "thrown" });
        chunk.credit -= failedBytes({ error: "thrown" });
        chunk.told = position + 1;
        break;
      case "long":
        this.#flush();
        this.#say(position, 0, `${position}`.padStart(30));
        this.#say(position, 1, "\n");
        chunk.told = position + 1;
        break;
      case "value":
        this.#batch.push(`${position}\n`);
    }
    chunk.next = position + 1;
    if (this.#batch.length >= batch) this.#flush();
  }

  #condemn(position: number, cause: "memory" | "time"): void {
    const chunk = this.#chunk!.number;
    this.#chunk = undefined;
    this.#slot.say({ op: "verdict", job: 1, chunk, position, cause, error: "too much" });
  }

  #finish(): void {
    const chunk = this.#chunk!;
    this.#flush();
    this.#chunk = undefined;
    const numbers = { job: 1, chunk: chunk.number, ms: 1 };
    if (chunk.next > chunk.last) this.#slot.say({ op: "done", ...numbers });
    else this.#slot.say({ op: "returned", ...numbers, position: chunk.next, why: "dropped" });
  }

  #flush(): void {
    const chunk = this.#chunk!;
    const batch = this.#batch;
    this.#batch = [];
    if (batch.length > 0) this.#say(chunk.told, batch.length, batch.join(""));
    chunk.told += batch.length;
  }

  #say(position: number, count: number, text: string): void {
    this.#chunk!.credit -= text.length;
    this.#slot.say({ op: "result", job: 1, chunk: this.#chunk!.number, position, count }, text);
  }
}

/** A requester that checks what it is told. */
class Requester {
  readonly channel: Peer;
  /** What has been told of each chunk: its values and failures, and how it ended. */
  readonly chunks = new Map<
    string,
    { position: number; count: number; told: string[]; text: string; end?: string }
  >();
  isDropped = new Set<string>();
  /** What it will allow sooner or later, by chunk. */
  readonly #debts: { job: number; chunk: number; credit: number }[] = [];
  readonly #oddities: readonly Manner[];

  constructor(channel: Peer, oddities: readonly Manner[]) {
    this.channel = channel;
    this.#oddities = oddities;
  }

  give(job: number, chunk: number, position: number, count: number, hasLines: boolean): void {
    this.chunks.set(`${job}.${chunk}`, { position, count, told: [], text: "" });
    const message = { op: "chunk", job, chunk, position, count, credit: 12 };
    if (!hasLines) return this.channel.say({ ...message, first: `${position}` });
    const lines = Array.from({ length: count }, (_, index) => `"item ${position + index}"\n`);
    const text = lines.join("");
    this.channel.say({ ...message, item_bytes: text.length }, text);
  }

  drop(index: number): void {
    const open = [...this.chunks].filter(([, { end }]) => end === undefined);
    const [name] = open[index % open.length] ?? [];
    if (name === undefined || this.isDropped.has(name)) return;
    this.isDropped.add(name);
    const [job, chunk] = name.split(".").map(Number);
    this.channel.say({ op: "drop", job, chunk });
  }

  /** Listens, and allows what has been used up (or keeps that for later). */
  step(isGenerous: boolean): void {
    for (const told of this.channel.take()) {
      if (told.op === "ping") this.channel.say({ op: "pong" });
      if (typeof told.chunk !== "number" || typeof told.job !== "number") continue;
      const chunk = this.chunks.get(`${told.job}.${told.chunk}`);
      assert(chunk !== undefined && chunk.end === undefined, "nothing is said after the end");
      const next = chunk.position + chunk.told.length;
      if (told.op === "result") {
        assertEquals(told.position, next);
        chunk.text += told.text;
        const count = Number(told.count);
        const lines = chunk.text.split("\n").slice(0, count);
        if (count > 0) {
          chunk.told.push(...lines.map((line) => line.trim()));
          assertEquals(chunk.text.split("\n").slice(count), [""], "no more lines than it says");
          chunk.text = "";
        }
        this.#debts.push({ job: told.job, chunk: told.chunk, credit: told.text.length });
      } else if (told.op === "failed") {
        assertEquals([told.position, chunk.text], [next, ""]);
        chunk.told.push(String(told.cause));
        const credit = failedBytes(told as unknown as FailureTexts);
        this.#debts.push({ job: told.job, chunk: told.chunk, credit });
      } else if (told.op === "returned") {
        chunk.end = String(told.why);
        assertEquals(told.position, next);
      } else if (told.op === "done") {
        chunk.end = "done";
        assertEquals(chunk.told.length, chunk.count);
      }
    }
    if (!isGenerous) return;
    for (const credit of this.#debts.splice(0)) {
      // A runner that leaves ends the channel when it has said everything, perhaps for the last credit.
      if (this.channel.end === undefined) this.channel.say({ op: "credit", ...credit });
    }
  }

  /** What was told is right, as far as it goes. */
  check(mayBlame: boolean): void {
    for (const { position, told } of this.chunks.values()) {
      for (const [index, what] of told.entries()) {
        const expected = expectedOf(position + index, this.#oddities);
        if (mayBlame && what === "crash") continue;
        assertEquals(what, expected, `position ${position + index}`);
      }
    }
  }
}

function expectedOf(position: number, oddities: readonly Manner[]): string {
  const manner = mannerOf(position, oddities);
  if (manner === "endless") return "crash";
  return ["value", "long", "leak"].includes(manner) ? `${position}` : manner;
}

const action = fc.oneof(
  { weight: 12, arbitrary: fc.record({ what: fc.constant("work"), which: fc.nat(9) }) },
  { weight: 3, arbitrary: fc.record({ what: fc.constant("listen"), which: fc.nat(1) }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant("give"), which: fc.nat(30) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant("drop"), which: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant("kill"), which: fc.nat(9) }) },
);

const scenario = fc.record({
  slots: fc.integer({ min: 1, max: 3 }),
  // Most items are as they should be.
  oddities: fc.array(
    fc.oneof(
      { weight: 8, arbitrary: fc.constant<Manner>("value") },
      { weight: 2, arbitrary: fc.constantFrom<Manner[]>(...MANNERS) },
    ),
    { minLength: 1, maxLength: 13 },
  ),
  batch: fc.integer({ min: 1, max: 9 }),
  hasLines: fc.boolean(),
  actions: fc.array(action, { maxLength: 120 }),
  leaves: fc.boolean(),
});

/** What has failed once. */
const FOUND: readonly Scenario[] = [
  // A chunk is dropped while a part of a value waits for credit, and the worker leaves before the slot is done.
  {
    slots: 1,
    oddities: ["crash", "long", "value"],
    batch: 1,
    hasLines: false,
    actions: [{ what: "give", which: 0 }, { what: "work", which: 0 }, { what: "drop", which: 0 }],
    leaves: true,
  },
  // The first of two credits is all that a worker that leaves has waited for: the second has no channel.
  {
    slots: 1,
    oddities: ["value", "long", "value"],
    batch: 2,
    hasLines: false,
    actions: [
      { what: "give", which: 0 },
      { what: "work", which: 0 },
      { what: "give", which: 0 },
      { what: "kill", which: 0 },
      { what: "work", which: 0 },
      { what: "listen", which: 0 },
    ],
    leaves: true,
  },
];

/** Plays a scenario to its end. */
function play({ slots, oddities, batch, hasLines, actions, leaves }: Scenario): void {
  const lab = new Lab(slots);
  const requester = new Requester(lab.channel(), oddities);
  const robots = new Map<FakeSlot, Robot>();
  const input = hasLines ? "items" : "range";
  for (const job of [1, 2]) open(requester.channel, job, `code ${job}`, { input });
  let chunk = 0;
  let position = 1;
  let kills = 0;
  let earlyKills = 0;
  const work = (which: number) => {
    const { alive } = lab;
    const slot = alive[which % alive.length];
    if (slot === undefined || slot.isPaused) return;
    if (!robots.has(slot)) robots.set(slot, new Robot(slot, oddities));
    robots.get(slot)!.step(batch);
  };
  for (const { what, which } of actions) {
    if (what === "work") work(which);
    else if (what === "listen") requester.step(which === 0);
    else if (what === "drop") requester.drop(which);
    else if (what === "kill") {
      const slot = lab.alive[which % lab.alive.length];
      if (slot === undefined) continue;
      // A job whose slots all die before one of them runs has failed, which is another test's business.
      if (slot.heard.some(({ op }) => op === "chunk") && ++earlyKills >= MAX_SETUP_DEATHS) continue;
      kills++;
      slot.lose("killed");
    } else if (chunk < 6 * slots) {
      chunk++;
      requester.give(1 + chunk % 2, chunk, position, 1 + which, hasLines);
      position += 1 + which;
    }
    const count = lab.alive.length;
    assert(count <= 2 * slots + 1, `${count} processes`);
  }
  if (leaves) lab.leave();
  for (let rounds = 0; [...requester.chunks.values()].some(({ end }) => !end); rounds++) {
    assert(rounds < 100_000, "it comes to an end");
    for (let which = 0; which < lab.alive.length; which++) work(which);
    requester.step(rounds % 4 === 3);
    if (rounds % 50 === 49) lab.advance(100);
  }
  requester.check(kills > 1);
  finish(lab, requester, { leaves });
}

type Scenario = typeof scenario extends fc.Arbitrary<infer Value> ? Value : never;

/** Everything that was not dropped is done, and with the jobs nothing is left. */
function finish(lab: Lab, requester: Requester, { leaves }: { leaves: boolean }): void {
  for (const [name, { end }] of requester.chunks) {
    const allowed = ["done"];
    if (requester.isDropped.has(name)) allowed.push("dropped");
    if (leaves) allowed.push("leaving");
    assert(allowed.includes(end!), `chunk ${name}: ${end}`);
  }
  if (leaves) {
    assertEquals([lab.runner.isOver, lab.alive, requester.channel.end], [true, [], "finish"]);
    return;
  }
  for (const job of [1, 2]) requester.channel.say({ op: "close", job });
  assertEquals([lab.runner.jobs, requester.channel.end], [0, undefined]);
  lab.advance(20_000);
  const fresh = lab.alive.every((slot) => !slot.heard.some(({ op }) => op === "open"));
  assert(fresh, "only fresh slots are left");
}

Deno.test("whatever dies and is wanted, each position is told once, in order, and only culprits fail", () => {
  fc.assert(fc.property(scenario, play), { numRuns: 400, examples: FOUND.map((one) => [one]) });
});
