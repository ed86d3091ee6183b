import { assert, assertEquals } from "@std/assert";
import { MAX_CHANNEL_ITEM_BYTES, MAX_JOB_RESULT_BYTES } from "../../../../src/limits.ts";
import type { Job } from "../../../../src/scheduling/jobs/job.ts";
import { Stretch } from "../../../../src/scheduling/jobs/stretch.ts";
import { WorkerChannel } from "../../../../src/scheduling/jobs/worker_channel.ts";
import type { Worker } from "../../../../src/scheduling/worker.ts";
import { BoardRoom } from "./board_room.ts";

const MEGABYTE = 1_000_000;

Deno.test("results behind a missing one are held up to a bound, and go on when it has come", () => {
  const room = new BoardRoom(1);
  const { job, requester } = room.addJob({});
  room.give(job, 1, 1, 100, 1e9);
  const [slow, fast] = [room.addChannel(1), room.addChannel(1)];
  room.board.handOut(0);
  const [front] = room.chunksOf(slow);
  room.start(slow, front!);
  for (let count = 0; count < 60; count++) {
    const [chunk] = room.chunksOf(fast);
    if (chunk === undefined) break;
    while (chunk.next < chunk.position + chunk.count) room.tell(fast, chunk, MEGABYTE);
    room.end(fast, chunk, 1000);
    room.board.handOut(0);
    room.check();
  }
  assertEquals(room.chunksOf(fast), []);
  assert(job.budget.held > MAX_JOB_RESULT_BYTES / 2, `${job.budget.held}`);
  assert(job.isFull);
  assertEquals(requester.told, []);
  for (const chunk of room.chunksOf(slow)) {
    room.tell(slow, chunk, 10);
    room.end(slow, chunk, 1);
  }
  assert(requester.told.length > 15, `${requester.told.length}`);
  assertEquals(job.budget.held, 0);
  room.board.handOut(0);
  assert(room.chunksOf(fast).length > 0);
});

Deno.test("whoever needs to send more is allowed to: the first at once, others as long as it can be held", () => {
  const room = new BoardRoom(2);
  const { job } = room.addJob({});
  room.give(job, 1, 1, 2, 1e9);
  const [one, other] = [room.addChannel(1), room.addChannel(1)];
  room.board.handOut(0);
  const [front] = room.chunksOf(one);
  const [behind] = room.chunksOf(other);
  const attemptOf = (position: number) =>
    [...job.attempts].find(({ segment }) => segment.stretch.position === position)!;
  room.start(one, front!);
  room.start(other, behind!);
  for (
    const [fake, { job: number, chunk, position }] of [[one, front!], [other, behind!]] as const
  ) {
    const part = { op: "result", job: number, chunk, position, count: 0 };
    for (let count = 0; count < 30; count++) room.says(fake, part, "x".repeat(250_000));
    assert(attemptOf(position).credit > 0, `${position}`);
    room.check();
  }
});

Deno.test("a worker is not given more bytes of items than it holds", () => {
  const room = new BoardRoom(5);
  const line = new Uint8Array(15_000_000).fill(0x31);
  line[line.length - 1] = 0x0a;
  const jobs = Array.from({ length: 30 }, () => room.addJob({}).job);
  for (const job of jobs) {
    const chunk = { number: 1, next: 1, end: 2, credit: 1, isStarted: false };
    job.add({ ...chunk, isDropped: false }, new Stretch(1, 1, undefined, [line]), false);
  }
  const worker = { name: "w", facts: {}, health: { usable: true, state: "up" } };
  const nothing = () => {};
  const port = { write: nothing, writeBytes: nothing, changed: nothing, refused: nothing };
  const channel = new WorkerChannel(worker as unknown as Worker, -9, { slots: 30 }, port, 0);
  room.board.channels.add(channel);
  const handOut = () => {
    for (let count = 0; count < 30; count++) {
      room.board.changed();
      room.board.handOut(0);
      channel.drained();
    }
  };
  handOut();
  const { inHand } = channel;
  assert(inHand > 13 && inHand * line.length <= MAX_CHANNEL_ITEM_BYTES, `${inHand}`);
  const [attempt] = jobs[0]!.attempts;
  const of = { job: jobs[0]!.number, chunk: attempt!.number };
  const messages = [{ op: "started", ...of }, {
    op: "returned",
    ...of,
    position: 1,
    why: "late",
    ms: 0,
  }];
  const text = messages.map((message) => JSON.stringify(message) + "\n").join("");
  assertEquals(channel.received(new TextEncoder().encode(text), 0), undefined);
  assertEquals(channel.inHand, inHand - 1);
  room.nowMs = 1000;
  room.board.changed();
  room.board.handOut(1000);
  assertEquals(channel.inHand, inHand, "as much as before");
});

Deno.test("a job whose client does not read gives its slots to others, until it does", () => {
  const room = new BoardRoom(4);
  const unread = room.addJob({});
  unread.requester.isClogged = true;
  room.give(unread.job, 1, 1, 200, 1e9);
  const worker = room.addChannel(1);
  room.pass(0);
  const blocked = room.fill(unread.job, worker, MEGABYTE, () => room.pass(10));
  room.block(unread.job, worker, blocked);
  room.pass(50);
  const other = room.addJob({});
  room.give(other.job, 1, 1, 1, 1e9);
  const drop = () => room.chunksOf(worker).find((one) => one === blocked && one.isDropped);
  for (let ms = 0; ms < 900; ms += 50) {
    room.pass(50);
    // What only waited there has made place for the other, behind the one that is blocked.
    room.returnDropped(worker);
  }
  assertEquals(drop(), undefined, "it may read at any moment");
  for (let ms = 0; ms < 200; ms += 50) room.pass(50);
  assertEquals(drop()?.chunk, blocked.chunk);
  const { next: position } = blocked;
  room.returnDropped(worker);
  room.pass(50);
  assertEquals(room.chunksOf(worker).map((one) => one.job), [other.job.number]);
  const [given] = room.chunksOf(worker);
  room.start(worker, given!);
  room.tell(worker, given!, 2);
  room.end(worker, given!, 1);
  room.pass(50);
  assertEquals([other.requester.told, room.chunksOf(worker)], [["x"], []]);
  // It goes on where it was.
  unread.requester.isClogged = false;
  unread.job.flush();
  room.board.changed();
  room.pass(0);
  assertEquals(room.chunksOf(worker)[0]?.position, position);
});

Deno.test("what is blocked makes place for accumulators, on which its client waits before it reads", () => {
  for (const isGiven of [true, false]) {
    const room = new BoardRoom(6);
    const { job, requester } = room.addJob({ reduce: "own" });
    requester.isClogged = true;
    room.give(job, 1, 1, 200, 1e9);
    const worker = room.addChannel(1);
    room.pass(0);
    const blocked = room.fill(job, worker, MEGABYTE, () => room.pass(10));
    const attempt = room.block(job, worker, blocked);
    job.isUnread = !isGiven;
    const lines = [new TextEncoder().encode("1\n2\n")];
    const merge = { number: 99, next: 1, end: 3, credit: 1e9, isStarted: false, isDropped: false };
    job.add(merge, new Stretch(1, 2, undefined, lines), true);
    for (let ms = 0; ms < 400; ms += 50) room.pass(50);
    assert(attempt.isDropped);
    room.returnDropped(worker);
    room.pass(50);
    const orders = [...job.attempts].map(({ segment }) => segment.order === job.order);
    assert(orders.includes(false), `${orders}`);
  }
});

Deno.test("nobody does again what has begun meanwhile, while something waits behind it", () => {
  const room = new BoardRoom(5);
  const { job } = room.addJob({});
  room.give(job, 1, 1, 3, 1e9);
  const first = room.addChannel(2);
  room.board.handOut(0);
  const positions = () => [...job.attempts].map((one) => one.segment.stretch.position);
  assertEquals(positions(), [1, 2, 3]);
  const [one, two] = room.chunksOf(first);
  room.start(first, one!);
  // Another machine comes before the second chunk is said to run, and is given it, too.
  const second = room.addChannel(1);
  room.nowMs = 30;
  room.board.handOut(30);
  assertEquals(positions(), [1, 2, 3, 2]);
  room.start(first, two!);
  const [again] = room.chunksOf(second);
  room.start(second, again!);
  room.board.tick(50);
  room.board.handOut(50);
  assertEquals(room.chunksOf(second).map(({ isDropped }) => isDropped), [true]);
  second.chunks.clear();
  const { job: number, chunk, position } = again!;
  room.says(second, { op: "returned", job: number, chunk, position, ms: 0, why: "dropped" });
  room.board.handOut(60);
  assertEquals(room.chunksOf(second).map((given) => given.position), [3]);
});

Deno.test("what runs without room for its results makes place for what is waited for", () => {
  const room = new BoardRoom(3);
  const { job, requester } = room.addJob({});
  room.give(job, 1, 1, 60, 1e9);
  const [lost, worker] = [room.addChannel(1), room.addChannel(1)];
  room.board.handOut(0);
  room.start(lost, room.chunksOf(lost)[0]!);
  const blocked = room.fill(job, worker, MEGABYTE, () => room.board.handOut(0));
  // A long value takes the rest of the room, and cannot go on.
  room.block(job, worker, blocked);
  room.lose(lost);
  for (let ms = 0; ms < 3000 && requester.told.length === 0; ms += 50) {
    room.nowMs = ms;
    room.board.tick(ms);
    room.board.handOut(ms);
    for (const chunk of room.chunksOf(worker)) {
      if (chunk.isDropped) {
        worker.chunks.delete(`1/${chunk.chunk}`);
        const returned = { op: "returned", job: 1, chunk: chunk.chunk, position: chunk.next };
        room.says(worker, { ...returned, ms: 1, why: "dropped" });
      } else if (chunk.position === 1) {
        room.start(worker, chunk);
        room.tell(worker, chunk, 10);
        room.end(worker, chunk, 1);
      }
    }
  }
  const state = room.chunksOf(worker).map(({ position, isDropped }) => [position, isDropped]);
  assert(requester.told.length > 0, JSON.stringify([state, job.budget, job.isFull]));
});

Deno.test("what the client waits for, given to a worker behind what comes later, takes its place", () => {
  const room = new BoardRoom(6);
  const { job } = room.addJob({});
  room.give(job, 1, 1, 20, 1e9);
  const [worker, lost] = [room.addChannel(1), room.addChannel(1)];
  room.board.handOut(0);
  const [front, next] = room.chunksOf(worker);
  room.start(worker, front!);
  room.start(lost, room.chunksOf(lost)[0]!);
  const { position } = room.chunksOf(lost)[0]!;
  // What is lost is not waited for yet, and its place is behind what the worker does next.
  room.lose(lost);
  room.board.handOut(0);
  room.tell(worker, front!, 10);
  room.end(worker, front!, 1);
  room.start(worker, next!);
  room.board.handOut(0);
  const state = () => room.chunksOf(worker).map((one) => [one.position, one.isDropped]);
  assertEquals(state(), [[next!.position, true], [position, false]]);
  // What was taken back is done after it.
  worker.chunks.delete(`1/${next!.chunk}`);
  const returned = { op: "returned", job: 1, chunk: next!.chunk, position: next!.position };
  room.says(worker, { ...returned, ms: 0, why: "dropped" });
  room.start(worker, room.chunksOf(worker)[0]!);
  room.board.handOut(0);
  assertEquals(state(), [[position, false], [next!.position, false]]);
});

Deno.test("what the client waits for, lost with its worker, takes the place of what comes last, if that has short items", () => {
  for (const [itemMs, isUsable] of [[1, true], [600, true], [1, false]] as const) {
    const room = new BoardRoom(6);
    const { job } = room.addJob({});
    room.give(job, 1, 1, 40, 1e9);
    const [lost, worker] = [room.addChannel(1), room.addChannel(1)];
    room.board.handOut(0);
    room.start(lost, room.chunksOf(lost)[0]!);
    const [first] = room.chunksOf(worker);
    room.start(worker, first!);
    room.tell(worker, first!, 2);
    room.end(worker, first!, itemMs);
    room.board.handOut(0);
    room.start(worker, room.chunksOf(worker)[0]!);
    room.lose(lost);
    room.setUsable(worker, isUsable);
    room.board.handOut(0);
    const dropped = room.chunksOf(worker).filter(({ isDropped }) => isDropped);
    const isRight = itemMs === 1 && isUsable;
    assertEquals(dropped.length, isRight ? 2 : 0);
    if (!isRight) continue;
    for (const { chunk, position } of dropped) {
      worker.chunks.delete(`1/${chunk}`);
      room.says(worker, { op: "returned", job: 1, chunk, position, ms: 0, why: "dropped" });
    }
    room.board.handOut(0);
    assertEquals(room.chunksOf(worker)[0]!.position, 1);
  }
});

Deno.test("what is only done once more makes place for a job that has nobody", () => {
  const room = new BoardRoom(4);
  const long = room.addJob({}).job;
  room.give(long, 1, 1, 2, 1e9);
  const channels = [room.addChannel(1), room.addChannel(1)];
  const handOutAt = (ms: number) => {
    room.nowMs = ms;
    room.board.tick(ms);
    room.board.handOut(ms);
  };
  handOutAt(0);
  const chunksOf = (name: number) =>
    channels.flatMap((fake) => room.chunksOf(fake)).filter(({ job }) => job === name);
  for (const fake of channels) for (const chunk of room.chunksOf(fake)) room.start(fake, chunk);
  const [quick] = channels.filter((fake) =>
    room.chunksOf(fake).some(({ position }) => position === 2)
  );
  for (const chunk of room.chunksOf(quick!)) {
    room.tell(quick!, chunk, 10);
    room.end(quick!, chunk, 1);
  }
  for (let ms = 100; ms < 10_000 && chunksOf(1).length < 2; ms += 100) handOutAt(ms);
  assertEquals(chunksOf(1).map(({ position }) => position), [1, 1], "somebody idle does it, too");

  const { job } = room.addJob({});
  room.give(job, 1, 1, 1, 1e9);
  for (const ms of [10_100, 10_200]) handOutAt(ms);
  assertEquals(chunksOf(1).map(({ isDropped }) => isDropped).sort(), [false, true]);
  const [dropped] = room.chunksOf(quick!).filter(({ isDropped }) => isDropped);
  quick!.chunks.delete(`1/${dropped!.chunk}`);
  const returned = { op: "returned", job: 1, chunk: dropped!.chunk, position: dropped!.next };
  room.says(quick!, { ...returned, ms: 1, why: "dropped" });
  for (const ms of [10_300, 10_400]) handOutAt(ms);
  assert(room.chunksOf(quick!).some(({ job }) => job === 2), "it has the place");
  assertEquals(chunksOf(1).length, 1, "and keeps it");
});

Deno.test("a job that is being set up where slots are free takes nothing from others", () => {
  const room = new BoardRoom(5);
  const { job: long } = room.addJob({});
  room.give(long, 1, 1, 1, 1e9);
  const channels = [room.addChannel(1), room.addChannel(1), room.addChannel(1)];
  const handOutAt = (ms: number) => {
    room.nowMs = ms;
    room.board.tick(ms);
    room.board.handOut(ms);
  };
  const given = (name: number) =>
    channels.flatMap((fake) => room.chunksOf(fake)).filter(({ job }) => job === name);
  handOutAt(0);
  for (const fake of channels) for (const chunk of room.chunksOf(fake)) room.start(fake, chunk);
  for (let ms = 100; ms < 10_000 && given(1).length < 2; ms += 100) handOutAt(ms);
  for (const fake of channels) {
    for (const chunk of room.chunksOf(fake)) room.start(fake, chunk);
  }
  const { job } = room.addJob({});
  room.give(job, 1, 1, 1, 1e9);
  for (let ms = 10_000; ms < 40_000; ms += 100) handOutAt(ms);
  assertEquals(given(1).map(({ isDropped }) => isDropped), [false, false]);
  assertEquals(given(2).map(({ isDropped }) => isDropped), [false]);
});

/** A job of twenty items of which two workers have died while they ran the one at a position. */
function roomOfDeaths(suspect: number): BoardRoom {
  const room = new BoardRoom(4);
  const { job } = room.addJob({});
  room.give(job, 1, 1, 20, 1e9);
  for (let deaths = 0; deaths < 2; deaths++) {
    const fake = room.addChannel(2);
    room.board.handOut(0);
    assertEquals(room.chunksOf(fake).length, 4);
    room.start(fake, room.chunksOf(fake).find(({ position }) => position === suspect)!);
    room.lose(fake);
  }
  return room;
}

Deno.test("what two workers have died of runs alone", () => {
  const room = roomOfDeaths(1);
  const busy = room.addChannel(2);
  room.board.handOut(0);
  assertEquals(room.chunksOf(busy).map(({ position }) => position), [1], "alone");
  const helper = room.addChannel(1);
  room.board.handOut(0);
  assertEquals([room.chunksOf(busy).length, room.chunksOf(helper).length], [1, 2]);
  const [suspect] = room.chunksOf(busy);
  room.start(busy, suspect!);
  room.tell(busy, suspect!, 10);
  room.end(busy, suspect!, 1);
  room.board.handOut(0);
  assert(room.chunksOf(busy).length > 1);
});

Deno.test("what runs alone is not taken back for what comes before it", () => {
  const room = roomOfDeaths(2);
  const only = room.addChannel(2);
  room.board.handOut(0);
  room.start(only, room.chunksOf(only)[0]!);
  room.board.changed();
  room.board.handOut(0);
  const state = () => room.chunksOf(only).map(({ position, isDropped }) => [position, isDropped]);
  assertEquals(state(), [[2, false]]);
  const [suspect] = room.chunksOf(only);
  room.tell(only, suspect!, 10);
  room.end(only, suspect!, 1);
  room.board.handOut(0);
  assertEquals(state()[0], [1, false]);
});

Deno.test("two answers that cannot be held become one, of whoever has come further", () => {
  const room = new BoardRoom(5);
  const { job, requester } = room.addJob({});
  room.give(job, 1, 1, 2000, 1e9);
  const slow = room.addChannel(1);
  // Small values until it is trusted with many items.
  for (let chunks = 0; chunks < 7; chunks++) {
    room.board.handOut(0);
    const [chunk] = room.chunksOf(slow);
    room.start(slow, chunk!);
    while (chunk!.next < chunk!.position + chunk!.count) room.tell(slow, chunk!, 5);
    room.end(slow, chunk!, 1);
  }
  room.board.handOut(0);
  const before = requester.told.length;
  const [front] = room.chunksOf(slow);
  assert(front!.count >= 60, `${front!.count}`);
  room.start(slow, front!);
  room.nowMs = 1000;
  const fast = room.addChannel(9);
  // It gets all the rest of the input, and then what is late.
  for (let rounds = 0; rounds < 3000; rounds++) {
    room.board.tick(room.nowMs);
    room.board.handOut(room.nowMs);
    const next = room.chunksOf(fast).find(({ position }) => position > front!.position);
    if (next === undefined) break;
    room.start(fast, next);
    while (next.next < next.position + next.count) room.tell(fast, next, 5);
    room.end(fast, next, 1);
  }
  const again = room.chunksOf(fast).find(({ position }) => position === front!.position);
  assert(again !== undefined, "asked again");
  for (let count = 0; count < 59; count++) {
    if (!again.isDropped) room.tell(fast, again, MEGABYTE / 2);
    if (count % 3 === 0) room.tell(slow, front!, MEGABYTE / 2);
    room.check();
  }
  assert(front!.isDropped && !again.isDropped);
  assert(requester.told.length > before + 20);
});

Deno.test("a worker kept free for a chunk is free again when another has done that meanwhile", () => {
  const room = new BoardRoom(6);
  const { job } = room.addJob({});
  room.give(job, 1, 1, 100, 1e9);
  const first = room.addChannel(1);
  room.board.handOut(0);
  room.start(first, room.chunksOf(first)[0]!);
  room.lose(first);
  const second = room.addChannel(1);
  room.board.handOut(0);
  const kept = room.addChannel(1);
  room.board.handOut(0);
  room.start(second, room.chunksOf(second).find(({ position }) => position === 1)!);
  room.lose(second);
  room.board.handOut(0);
  assert(kept.channel.reservedFor !== undefined, "kept free for what may be deadly");
  room.setUsable(kept, false);
  const other = room.addChannel(1);
  room.board.handOut(0);
  const [suspect] = room.chunksOf(other);
  assertEquals(suspect?.position, 1);
  room.start(other, suspect!);
  room.tell(other, suspect!, 10);
  room.end(other, suspect!, 1);
  room.setUsable(kept, true);
  room.board.handOut(0);
  assertEquals(kept.channel.reservedFor, undefined);
});

Deno.test("what has been told of to its end, but for the word that it is done, is not asked of another", () => {
  const room = new BoardRoom(7);
  const { job } = room.addJob({});
  room.give(job, 1, 1, 1, 1e9);
  const slow = room.addChannel(1);
  room.board.handOut(0);
  const [chunk] = room.chunksOf(slow);
  room.start(slow, chunk!);
  room.tell(slow, chunk!, 10);
  room.nowMs = 100_000;
  const idle = room.addChannel(1);
  room.board.tick(room.nowMs);
  room.board.handOut(room.nowMs);
  assertEquals(room.chunksOf(idle), []);
});

Deno.test("where a worker says that it is counts only within its chunk", () => {
  const room = new BoardRoom(8);
  const { job } = room.addJob({});
  room.give(job, 1, 1, 1, 1e9);
  const worker = room.addChannel(1);
  room.board.handOut(0);
  const at = { op: "at", job: job.number, chunk: room.chunksOf(worker)[0]!.chunk };
  assertEquals(room.says(worker, { ...at, position: 1e9 }), undefined);
  assertEquals([...job.attempts].map(({ at }) => at), [1]);
});

Deno.test("what may be the death of its worker gets the place of what waits behind it to send more", () => {
  const room = new BoardRoom(6);
  const { job } = room.addJob({});
  room.give(job, 1, 1, 200, 1e9);
  const dying = room.addChannel(1);
  room.pass(0);
  const worker = room.addChannel(1);
  room.start(dying, room.chunksOf(dying)[0]!);
  room.pass(0);
  const blocked = room.fill(job, worker, MEGABYTE, () => room.pass(10));
  room.block(job, worker, blocked);
  room.lose(dying);
  const next = room.addChannel(1);
  room.pass(10);
  const front = room.chunksOf(next).find(({ position }) => position === 1);
  room.start(next, front!);
  room.lose(next);
  assert(job.order.first!.isSuspect);
  for (let count = 0; count < 3; count++) room.pass(100);
  assertEquals(room.chunksOf(worker).filter((one) => one.isDropped), [blocked]);
  const { chunk, next: position } = blocked;
  worker.chunks.delete(`${job.number}/${chunk}`);
  room.says(worker, { op: "returned", job: job.number, chunk, position, ms: 0, why: "dropped" });
  for (const waiting of room.chunksOf(worker)) {
    room.start(worker, waiting);
    while (waiting.next < waiting.position + waiting.count) room.tell(worker, waiting, 2);
    room.end(worker, waiting, 1);
  }
  room.pass(10);
  assertEquals(room.chunksOf(worker).map(({ position }) => position), [1]);
});

Deno.test("a worker that had no slots for a while gets work again, whatever it gave its chunks back for", () => {
  for (const why of ["late", "leaving"]) {
    const room = new BoardRoom(7);
    const { job } = room.addJob({});
    room.give(job, 1, 1, 200, 1e9);
    const worker = room.addChannel(1);
    room.board.handOut(0);
    room.says(worker, { op: "slots", slots: 0 });
    for (const { chunk, position } of room.chunksOf(worker)) {
      worker.chunks.delete(`1/${chunk}`);
      room.says(worker, { op: "returned", job: 1, chunk, position, ms: 0, why });
    }
    const given = (ms: number) => {
      room.nowMs += ms;
      room.board.tick(room.nowMs);
      room.board.handOut(room.nowMs);
      return room.chunksOf(worker).length > 0;
    };
    assertEquals([given(50), given(1000)], [false, false]);
    room.says(worker, { op: "slots", slots: 1 });
    assertEquals(given(50), true, why);
  }
});

Deno.test("what is given back late ends nothing that runs", () => {
  const room = new BoardRoom(4);
  const { job } = room.addJob({});
  room.give(job, 1, 1, 10_000, 1e9);
  const worker = room.addChannel(2);
  room.pass(0);
  for (let count = 0; count < 4; count++) {
    const [chunk] = room.chunksOf(worker);
    room.start(worker, chunk!);
    room.tell(worker, chunk!, 3);
    room.end(worker, chunk!, 10);
    room.pass(1);
  }
  const [late, other, next] = room.chunksOf(worker);
  room.start(worker, late!);
  room.start(worker, other!);
  for (let ms = 0; ms < 2000; ms += 50) room.pass(50);
  room.tell(worker, late!, 3);
  const { chunk, next: position } = late!;
  worker.chunks.delete(`1/${chunk}`);
  room.says(worker, { op: "returned", job: 1, chunk, position, ms: 600, why: "late" });
  room.start(worker, next!);
  room.pass(1);
  room.pass(50);
  assertEquals(room.chunksOf(worker).filter(({ isDropped }) => isDropped), []);
});

Deno.test("a coordinator tells first of what it was given later and comes earlier in the input", () => {
  const room = new BoardRoom(8);
  const { job, requester } = room.addJob({ hops: 2 });
  const told: string[] = [];
  requester.result = (chunk, position) => told.push(`${chunk.number}: ${position}`);
  const worker = room.addChannel(1);
  room.give(job, 1, 100, 2, 0);
  room.board.handOut(0);
  const run = (): void => {
    const [chunk] = room.chunksOf(worker);
    room.start(worker, chunk!);
    while (chunk!.next < chunk!.position + chunk!.count) room.tell(worker, chunk!, 9);
    room.end(worker, chunk!, 1);
    room.board.handOut(0);
  };
  run();
  run();
  assertEquals(told, [], "nobody takes it");
  room.give(job, 2, 1, 2, 1e9);
  room.give(job, 3, 50, 1, 1e9);
  room.board.handOut(0);
  while (room.chunksOf(worker).length > 0) run();
  assertEquals(told, ["2: 1", "2: 2", "3: 50"]);
  job.credited(1, 1e9);
  assertEquals(told, ["2: 1", "2: 2", "3: 50", "1: 100", "1: 101"]);
  assertEquals([requester.chunks, job.budget.held], [[2, 3, 1], 0]);
});

Deno.test("what a coordinator is given later comes before nothing that is earlier and waits", () => {
  const room = new BoardRoom(8);
  const { job, requester } = room.addJob({ hops: 2 });
  const begun: number[] = [];
  const worker = room.addChannel(1);
  for (const position of [1, 2, 3, 4, 7, 8]) room.give(job, position, position, 1, 1e9);
  room.give(job, 6, 6, 1, 1e9);
  room.give(job, 5, 5, 1, 1e9);
  room.board.handOut(0);
  for (;;) {
    const [chunk] = room.chunksOf(worker);
    if (chunk === undefined) break;
    begun.push(chunk.position);
    room.start(worker, chunk);
    room.tell(worker, chunk, 9);
    room.end(worker, chunk, 1);
    room.board.handOut(0);
  }
  assertEquals(begun, [1, 2, 3, 4, 5, 6, 7, 8]);
  assertEquals([requester.chunks, job.input.count], [[1, 2, 3, 4, 5, 6, 7, 8], 0]);
});

Deno.test("what may be the death of its worker stays where it runs alone, whoever else waits", () => {
  const room = new BoardRoom(1);
  const [first, second] = [room.addJob({}), room.addJob({})];
  room.give(first.job, 1, 1, 1, 1e9);
  for (let deaths = 0; deaths < 2; deaths++) {
    const dying = room.addChannel(1);
    room.pass(0);
    room.start(dying, room.chunksOf(dying)[0]!);
    room.lose(dying);
  }
  const suspects = first.job.waiting.splice(0);
  room.give(first.job, 2, 2, 1, 1e9);
  const busy = room.addChannel(1);
  room.pass(0);
  room.start(busy, room.chunksOf(busy)[0]!);
  room.give(second.job, 1, 1, 1, 1e9);
  for (let ms = 0; ms < 1000; ms += 50) room.pass(50);
  first.job.waiting.push(...suspects);
  const alone = room.addChannel(1);
  room.pass(0);
  assertEquals(
    room.chunksOf(alone).map(({ job, position, isDropped }) => [job, position, isDropped]),
    [
      [first.job.number, 1, false],
    ],
  );
});

Deno.test("a job that comes second waits for one item of the first, not for two", () => {
  const room = new BoardRoom(1);
  const [first, second] = [room.addJob({}), room.addJob({})];
  room.give(first.job, 1, 1, 20, 1e9);
  const worker = room.addChannel(1);
  room.pass(0);
  const [running] = room.chunksOf(worker);
  room.start(worker, running!);
  room.pass(60_000);
  room.give(second.job, 1, 1, 1, 1e9);
  for (let ms = 0; ms < 1000; ms += 50) {
    room.pass(50);
    room.returnDropped(worker);
  }
  assertEquals(room.chunksOf(worker).map((one) => one.job), [first.job.number, second.job.number]);
});

Deno.test("what may be the death of its worker gets the place of what waits for another client to read", () => {
  const room = new BoardRoom(4);
  const unread = room.addJob({});
  unread.requester.isClogged = true;
  room.give(unread.job, 1, 1, 200, 1e9);
  const worker = room.addChannel(1);
  room.pass(0);
  const blocked = room.fill(unread.job, worker, MEGABYTE, () => room.pass(10));
  room.block(unread.job, worker, blocked);
  const { job } = room.addJob({});
  room.give(job, 1, 1, 1, 1e9);
  for (let death = 0; death < 2; death++) {
    const dying = room.addChannel(1);
    room.pass(0);
    room.start(dying, room.chunksOf(dying).find((one) => one.job === job.number)!);
    room.lose(dying);
  }
  assertEquals(job.waiting.map(({ isSuspect }) => isSuspect), [true]);
  for (let ms = 0; ms < 2000; ms += 50) {
    room.pass(50);
    room.returnDropped(worker);
  }
  assertEquals(room.chunksOf(worker).map((one) => one.job), [job.number]);
});

Deno.test("a process that comes back has not died, though what is lost with it is not asked for without end", () => {
  const losses = (instanceOf: (count: number) => string | undefined): number => {
    const room = new BoardRoom(9);
    const { job, requester } = room.addJob({});
    room.give(job, 1, 1, 1, 1e9);
    for (let count = 1; count < 30; count++) {
      const worker = room.addChannel(1, instanceOf(count));
      room.board.handOut(0);
      room.start(worker, room.chunksOf(worker)[0]!);
      room.lose(worker);
      if (requester.told.length > 0) return count;
    }
    return Infinity;
  };
  assertEquals([losses(() => undefined), losses((count) => `${count}`)], [3, 3]);
  assertEquals([losses(() => "one"), losses((count) => `${count % 2}`)], [13, 12]);
});

/** A job whose first item two workers were lost with, each with its process's name. */
function withSuspect(room: BoardRoom): Job {
  const { job } = room.addJob({});
  room.give(job, 1, 1, 8, 1e9);
  for (const instance of ["one", "two"]) {
    const worker = room.addChannel(1, instance);
    room.pass(0);
    room.start(worker, room.chunksOf(worker).find((one) => one.job === job.number)!);
    room.lose(worker);
  }
  assert(job.order.first!.isSuspect);
  return job;
}

Deno.test("what waited to run alone runs as ever once a worker that was lost with it is back", () => {
  const room = new BoardRoom(9);
  room.give(room.addJob({}).job, 1, 1, 2, 1e9);
  const busy = room.addChannel(1, "three");
  room.pass(0);
  const chunks = room.chunksOf(busy);
  assertEquals(chunks.length, 2);
  const job = withSuspect(room);
  room.pass(0);
  assertEquals(busy.channel.reservedFor, job.order.first);
  // It is back, and runs no code now.
  room.addChannel(0, "one");
  assert(!job.order.first!.isSuspect);
  for (const chunk of chunks) {
    room.start(busy, chunk);
    room.tell(busy, chunk, 2);
    room.end(busy, chunk, 1);
    room.pass(0);
  }
  assertEquals(room.chunksOf(busy).map(({ job, position }) => [job, position])[0], [job.number, 1]);
  assertEquals(busy.channel.suspect, undefined);
});

Deno.test("accumulators are combined before what must run alone", () => {
  const room = new BoardRoom(9);
  const job = withSuspect(room);
  const bytes = new TextEncoder().encode("1\n2\n");
  const merge = { number: 7, next: 50, end: 52, credit: 1e9, isStarted: false, isDropped: false };
  job.add(merge, new Stretch(50, 2, undefined, [bytes]), true);
  const worker = room.addChannel(1);
  room.pass(0);
  const [first] = room.chunksOf(worker);
  assertEquals([first!.position, worker.channel.suspect], [50, undefined]);
});

Deno.test("what is cut off for another worker keeps what is known of deaths", () => {
  const room = new BoardRoom(9);
  const { job } = room.addJob({});
  room.give(job, 1, 1, 100, 1e9);
  const first = room.addChannel(1);
  room.board.handOut(0);
  for (let count = 0; count < 3; count++) {
    const [chunk] = room.chunksOf(first);
    room.start(first, chunk!);
    while (chunk!.next < chunk!.position + chunk!.count) room.tell(first, chunk!, 2);
    room.end(first, chunk!, 0.1);
    room.board.handOut(0);
  }
  const [large] = room.chunksOf(first);
  assert(large!.count > 2, `${large!.count}`);
  room.start(first, large!);
  room.lose(first);
  room.addChannel(1);
  room.board.handOut(0);
  const { order } = job;
  const deaths = [order.first!, order.first!.next!].map(({ losses }) => losses.deaths);
  assertEquals(deaths, [1, 1]);
});

Deno.test("nobody is blamed for what was lost often where it comes back for another reason", () => {
  for (const ms of [0, 1]) {
    const room = new BoardRoom(9);
    const { job, requester } = room.addJob({});
    room.give(job, 1, 1, 1, 1e9);
    for (let count = 0; count < 11; count++) {
      const worker = room.addChannel(1, "the same");
      room.board.handOut(0);
      room.start(worker, room.chunksOf(worker)[0]!);
      room.lose(worker);
    }
    const worker = room.addChannel(1);
    room.board.handOut(0);
    if (ms === 0) room.lose(worker);
    else {
      const { chunk } = room.chunksOf(worker)[0]!;
      worker.chunks.delete(`1/${chunk}`);
      room.says(worker, { op: "returned", job: 1, chunk, position: 1, ms, why: "late" });
    }
    assertEquals([requester.told, job.waiting.length], [[], 1]);
  }
});
