import { assertEquals } from "@std/assert";
import { Stretch } from "../../../../src/scheduling/jobs/stretch.ts";
import { BoardRoom, type FakeChannel } from "./board_room.ts";

// Purpose: nothing is blamed for the death of its worker but what that worker was at, and nothing else.

/** A worker comes, begins what it is given, and is lost. */
function loseOne(room: BoardRoom): void {
  const worker = room.addChannel(1);
  room.pass(0);
  room.start(worker, room.chunksOf(worker)[0]!);
  room.lose(worker);
}

/** Starts whatever some workers have, as often as it takes until an idle slot does the same as another one. */
function startAll(room: BoardRoom, channels: readonly FakeChannel[]): void {
  const started = new Set<object>();
  for (let ms = 0; ms < 5000; ms += 100) {
    for (const channel of channels) {
      for (const chunk of room.chunksOf(channel)) {
        if (!started.has(chunk)) room.start(channel, chunk);
        started.add(chunk);
      }
    }
    room.pass(100);
  }
}

Deno.test("an item that two workers are at is not blamed for the death of both", () => {
  const room = new BoardRoom(1);
  const { job, requester } = room.addJob({});
  room.give(job, 1, 1, 1, 1e9);
  loseOne(room);
  const both = [room.addChannel(2), room.addChannel(2)];
  room.pass(0);
  startAll(room, both);
  assertEquals(job.attempts.size, 2, "both are at it");
  for (const channel of both) room.lose(channel);
  assertEquals([requester.told, job.waiting.map(({ isSuspect }) => isSuspect)], [[], [true]]);
  loseOne(room);
  assertEquals(requester.told, ["crash"]);
});

Deno.test("a merge that two workers are at is not blamed for the death of both", () => {
  const room = new BoardRoom(1);
  const { job, requester } = room.addJob({ reduce: "own" });
  const lines = [new TextEncoder().encode("1\n2\n")];
  const chunk = { number: 7, next: 1, end: 3, credit: 1e9, isStarted: false, isDropped: false };
  job.add(chunk, new Stretch(1, 2, undefined, lines), true);
  room.board.changed();
  loseOne(room);
  const both = [room.addChannel(2), room.addChannel(2)];
  room.pass(0);
  startAll(room, both);
  for (const channel of both) room.lose(channel);
  assertEquals([requester.told, job.waiting.length], [[], 1]);
});

Deno.test("who gives a suspect back is not given it again at once", () => {
  const room = new BoardRoom(1);
  const { job } = room.addJob({});
  room.give(job, 1, 1, 1, 1e9);
  for (let deaths = 0; deaths < 2; deaths++) {
    loseOne(room);
  }
  const worker = room.addChannel(1);
  room.pass(0);
  const { chunk } = room.chunksOf(worker)[0]!;
  worker.chunks.clear();
  room.says(worker, { op: "returned", job: 1, chunk, position: 1, ms: 0, why: "late" });
  room.pass(0);
  assertEquals(room.chunksOf(worker), []);
  room.pass(200);
  assertEquals(room.chunksOf(worker).length, 1);
});
