import { assert, assertEquals } from "@std/assert";
import type { OpenMessage } from "../../../../src/jobs/messages.ts";
import type { Attempt } from "../../../../src/scheduling/jobs/attempt.ts";
import { Job } from "../../../../src/scheduling/jobs/job.ts";
import type { Requester } from "../../../../src/scheduling/jobs/requester.ts";
import type { ClientChunk } from "../../../../src/scheduling/jobs/result_order.ts";
import { Stretch } from "../../../../src/scheduling/jobs/stretch.ts";
import type { WorkerChannel } from "../../../../src/scheduling/jobs/worker_channel.ts";

// Purpose: what a client says of its chunks is done, whatever has come of them, and costs the same however many there are.

const CROWD = { slots: 1, places: 1 };

/** A job of a coordinator's, and one worker. */
class Room {
  /** What the client was told, and the worker. */
  readonly said: string[] = [];
  readonly job: Job;
  readonly channel: WorkerChannel;
  /** How often anybody has looked at a chunk. */
  looks = 0;

  constructor() {
    const requester = {
      isClogged: false,
      started: () => {},
      result: (_: ClientChunk, position: number, count: number) => {
        this.said.push(`result ${position}+${count}`);
      },
      done: ({ number }: ClientChunk) => this.said.push(`done ${number}`),
      returned: ({ number }: ClientChunk, why: string) => this.said.push(`${why} ${number}`),
    };
    this.channel = {
      give: ({ segment }: Attempt) => {
        this.said.push(`give ${segment.stretch.position}+${segment.stretch.count}`);
      },
      credit: () => {},
      drop: () => this.said.push("drop"),
    } as unknown as WorkerChannel;
    const opening = { input: "range", reduce: null, hops: 2 } as OpenMessage;
    this.job = new Job(1, "1", opening, requester as unknown as Requester, 0);
    this.job.sizes.measured(this.channel, 1000, 1);
  }

  add(number: number, position: number, count: number): void {
    const untold = { next: position, end: position + count, credit: 1e6 };
    const watched = new Proxy({ number, ...untold, isStarted: false, isDropped: false }, {
      get: (chunk, name) => {
        this.looks++;
        return Reflect.get(chunk, name);
      },
    });
    this.job.add(watched, new Stretch(position, count, BigInt(position)), false);
  }

  next(): Attempt | undefined {
    return this.job.next(this.channel, CROWD, 0);
  }

  /** The worker tells of the first positions that it has not told of. */
  tell(attempt: Attempt, count: number): void {
    const payload = new TextEncoder().encode("1\n".repeat(count));
    this.job.told(attempt, { position: attempt.next, count, payload, failure: undefined });
  }
}

Deno.test("a chunk that a client takes back ends where it is, though some of it has been told", () => {
  const room = new Room();
  room.add(7, 1, 100);
  room.add(8, 101, 5);
  const attempt = room.next()!;
  room.job.started(attempt, 0);
  room.tell(attempt, 1);
  room.job.drop(7);
  room.job.sweep();
  assert(attempt.isDropped);
  // A worker that had given it back before it heard of that changes nothing.
  room.job.returned(attempt, 2000, "late");
  const other = room.next()!;
  room.tell(other, 5);
  room.job.finished(other, 1);
  assertEquals(room.next(), undefined);
  assertEquals(room.said, [
    "give 1+100",
    "result 1+1",
    "dropped 7",
    "drop",
    "give 101+5",
    "result 101+5",
    "done 8",
  ]);
  assertEquals([room.job.orders.chunkCount, room.job.tally.inputBytes, room.job.budget.held], [
    0,
    0,
    0,
  ]);
});

Deno.test("a chunk is known by its number until it has been told of, and then no more", () => {
  const room = new Room();
  room.add(1, 1, 1);
  room.add(2, 2, 1);
  const attempt = room.next()!;
  assert(room.job.orders.find(1) !== undefined);
  room.tell(attempt, 1);
  room.job.finished(attempt, 1);
  room.job.drop(2);
  assertEquals([room.job.orders.find(1) !== undefined, room.job.orders.find(2) !== undefined], [
    false,
    false,
  ]);
  // What came too late means nothing.
  for (const number of [1, 2, 3]) {
    room.job.credited(number, 1);
    room.job.drop(number);
  }
  room.job.sweep();
  assertEquals(room.job.orders.chunkCount, 1);
  assertEquals(room.next(), undefined);
  assertEquals(room.job.orders.chunkCount, 0);
});

Deno.test("what is said of a chunk costs as much however many there are", () => {
  const looks = [100, 1000].map((count) => {
    const room = new Room();
    for (let number = 1; number <= count; number++) room.add(number, number, 1);
    room.next();
    room.looks = 0;
    for (let number = count; number > count / 2; number--) room.job.credited(number, 1);
    for (let number = count; number > 1; number--) room.job.drop(number);
    room.job.sweep();
    room.next();
    return room.looks / count;
  });
  assert(looks[1]! < 2 * looks[0]!, `looks at a chunk, of 100 and of 1,000: ${looks}`);
});
