/** What a worker holds for a requester that allows everything and reads nothing. */
import { assert, assertEquals } from "@std/assert";
import {
  CHUNK_CREDIT_BYTES,
  MAX_PIECE_BYTES,
  MAX_UNSENT_MESSAGE_BYTES,
  MAX_UNSENT_RESULT_BYTES,
} from "../../../../src/limits.ts";
import { type FakeSlot, Lab, open, type Peer, range } from "./lab.ts";

const VALUE = "7".repeat(MAX_PIECE_BYTES - 1) + "\n";

/** A runner with one slot that runs a chunk of which everything may be told at once. */
function running(count: number): { lab: Lab; channel: Peer; slot: FakeSlot; credit: number } {
  const lab = new Lab();
  const channel = lab.channel();
  open(channel, 5);
  range(channel, 5, 1, 1, count, 1e15);
  const slot = lab.busy[0]!;
  const { credit } = slot.take().find(({ op }) => op === "chunk")!;
  slot.say({ op: "started", job: 1, chunk: 1 });
  return { lab, channel, slot, credit: credit as number };
}

Deno.test("a requester that allows everything and reads nothing is told little, and all of it when it reads", () => {
  const total = 60;
  const { lab, channel, slot, credit: first } = running(total);
  let credit = first;
  const positions: unknown[] = [];
  let position = 1;
  while (positions.length < total) {
    assert(credit <= CHUNK_CREDIT_BYTES, `a slot may never send more than is held: ${credit}`);
    while (!slot.isPaused && position <= total && credit >= MAX_PIECE_BYTES) {
      slot.say({ op: "result", job: 1, chunk: 1, position: position++, count: 1 }, VALUE);
      credit -= MAX_PIECE_BYTES;
      for (const message of slot.take()) credit += message.credit as number;
    }
    if (position > total && slot.end === undefined && !slot.isPaused) {
      slot.say({ op: "done", job: 1, chunk: 1, ms: 1 });
    }
    const results = channel.take().filter(({ op }) => op === "result");
    const told = results.reduce((sum, { text }) => sum + text.length, 0);
    assert(told > 0 && told < MAX_UNSENT_RESULT_BYTES + MAX_PIECE_BYTES, `${told}`);
    positions.push(...results.map((result) => result.position));
    lab.step({ kind: "drained", connection: channel.connection });
    for (const message of slot.take()) credit += message.credit as number;
  }
  assertEquals(positions, Array.from({ length: total }, (_, index) => index + 1));
});

Deno.test("a slot that has done its chunk is free for the next once the requester reads", () => {
  const total = MAX_UNSENT_RESULT_BYTES / MAX_PIECE_BYTES;
  const { lab, channel, slot } = running(total + 1);
  for (let position = 1; position <= total + 1; position++) {
    slot.say({ op: "result", job: 1, chunk: 1, position, count: 1 }, VALUE);
  }
  slot.say({ op: "done", job: 1, chunk: 1, ms: 1 });
  assertEquals(channel.take().filter(({ op }) => op === "result").length, total);
  range(channel, 5, 2, 100, 1, 1e15);
  assert(!slot.take().some(({ op }) => op === "chunk"));
  lab.step({ kind: "drained", connection: channel.connection });
  assertEquals(channel.take().map(({ op }) => op), ["result", "done"]);
  assert(slot.take().some(({ op }) => op === "chunk"));
});

Deno.test("of the jobs and chunks of a channel that is read slowly, none waits for all of the others", () => {
  const chunks = 12;
  const lab = new Lab(2 * chunks);
  const channel = lab.channel();
  for (const job of [1, 2]) {
    open(channel, job);
    for (let chunk = 1; chunk <= chunks; chunk++) range(channel, job, chunk, 1, 1000, 1e15);
  }
  const running = lab.busy.map((slot) => {
    const { credit } = slot.take().find(({ op }) => op === "chunk")!;
    slot.say({ op: "started", job: 1, chunk: 1 });
    return { slot, credit: credit as number, position: 1 };
  });
  const told = new Map<string, number>();
  for (let round = 0; round < 12; round++) {
    for (const one of running) {
      while (!one.slot.isPaused && one.credit >= MAX_PIECE_BYTES) {
        const { position } = one;
        one.slot.say({ op: "result", job: 1, chunk: 1, position, count: 1 }, VALUE);
        one.position++;
        one.credit -= MAX_PIECE_BYTES;
        for (const { credit } of one.slot.take()) one.credit += credit as number;
      }
    }
    channel.take();
    lab.step({ kind: "drained", connection: channel.connection });
    for (const { job, chunk } of channel.heard) {
      for (const name of [`${job}`, `${job}/${chunk}`]) told.set(name, (told.get(name) ?? 0) + 1);
    }
    for (const one of running) {
      for (const { credit } of one.slot.take()) one.credit += credit as number;
    }
  }
  const [one, other] = [told.get("1")!, told.get("2") ?? 0];
  assert(one < 1.2 * other && other < 1.2 * one, `${one} ${other}`);
  // Each of them came to its turn.
  assertEquals(told.size, 2 + 2 * chunks);
});

Deno.test("where an item is and what it prints is left out for a requester that does not read", () => {
  const { lab, channel, slot } = running(1_000_000);
  let told = 0;
  let prints = 0;
  const text = "x".repeat(3000);
  for (let position = 1; position <= 30_000; position++) {
    slot.say({ op: "at", job: 1, chunk: 1, position });
    if (position % 100 === 0) slot.say({ op: "print", job: 1, position, text });
    if (position % 1000 === 0) lab.nowMs += 1000;
    for (const { op } of channel.take()) {
      told += op === "print" ? text.length + 50 : 45;
      if (op === "print") prints++;
    }
  }
  assert(told > 0.9 * MAX_UNSENT_MESSAGE_BYTES, `${told}`);
  assert(told < 1.1 * MAX_UNSENT_MESSAGE_BYTES, `${told}`);
  lab.step({ kind: "drained", connection: channel.connection });
  slot.say({ op: "at", job: 1, chunk: 1, position: 30_001 });
  const [notice, at] = channel.take();
  assertEquals([notice!.op, notice!.job, notice!.worker], ["print", 5, "lab#2"]);
  assertEquals(notice!.text, `(${300 - prints} printed texts were not read in time, and dropped)`);
  assertEquals(at!.op, "at");
});

Deno.test("jobs that are opened, begun and closed without end are no way to be told too much", () => {
  const lab = new Lab();
  const channel = lab.channel();
  // The first answers are pongs: they are the fastest.
  const pings = Math.floor(0.9 * MAX_UNSENT_MESSAGE_BYTES / '{"op":"pong"}\n'.length);
  channel.sayBytes(new TextEncoder().encode('{"op":"ping"}\n'.repeat(pings)));
  let told = 0;
  open(channel, 1);
  channel.take();
  for (let job = 2; job < 5000 && channel.end === undefined; job++) {
    open(channel, job);
    range(channel, job, 1, 1, 1, 1e15);
    lab.busy[0]?.say({ op: "started", job: 1, chunk: 1 });
    for (const message of channel.take()) told += JSON.stringify(message).length;
    if (channel.end === undefined) channel.say({ op: "close", job });
    lab.advance(100);
  }
  assertEquals(channel.end, "close");
  assert(told < 0.2 * MAX_UNSENT_MESSAGE_BYTES, `${told}`);
});
