import { assert, assertEquals } from "@std/assert";
import { BoardRoom } from "./board_room.ts";

const SEEDS = 300;

Deno.test("whatever workers do, and whoever is lost, every position is told of once and in order", () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const room = new BoardRoom(seed);
    const counts = Array.from({ length: 1 + room.below(3) }, () => 1 + room.below(300));
    const pairs = counts.map(() => room.addJob(room.chance(0.5) ? { hops: 2 } : {}));
    const given = counts.map(() => 0);
    const chunks = counts.map(() => 0);
    const credits = room.chance(0.3) ? 20 : 1_000_000;
    for (let turn = 0; turn < 20_000; turn++) {
      const isOver = pairs.every(({ requester }, index) =>
        requester.told.length === counts[index] && requester.chunks.length === chunks[index]
      );
      if (isOver) break;
      // Losses end some day: a job that is for ever interrupted is never done.
      if (turn < 600 && room.chance(0.02) && room.channels.length > 0) {
        room.lose(room.channels[room.below(room.channels.length)]!);
      }
      if (room.channels.length === 0 || (room.channels.length < 4 && room.chance(0.02))) {
        room.addChannel(1 + room.below(3));
      }
      for (const fake of room.channels) {
        // In the end all are trusted.
        const changes = turn < 600 ? room.chance(0.01) : !fake.health.usable;
        if (changes) room.setUsable(fake, !fake.health.usable);
      }
      const index = room.below(counts.length);
      const { job } = pairs[index]!;
      const left = counts[index]! - given[index]!;
      if (left > 0 && room.chance(0.3)) {
        const count = 1 + room.below(Math.min(left, 40));
        room.give(job, ++chunks[index]!, given[index]! + 1, count, credits);
        given[index]! += count;
      }
      if (room.chance(0.3)) {
        for (const { number } of job.orders.chunks) job.credited(number, credits);
      }
      const fake = room.channels[room.below(room.channels.length)]!;
      const all = [...fake.chunks.values()];
      if (all.length > 0) room.move(fake, all[room.below(all.length)]!);
      room.nowMs += room.below(room.chance(0.1) ? 2000 : 20);
      if (room.chance(0.2)) room.board.tick(room.nowMs);
      room.board.handOut(room.nowMs);
      room.check();
    }
    for (const [index, { job, requester }] of pairs.entries()) {
      const told = Array.from({ length: counts[index]! }, (_, at) => `v${at + 1}`);
      const right = requester.told.map((value, at) => value === "crash" ? "crash" : told[at]);
      assertEquals(requester.told, right, `seed ${seed}`);
      assertEquals(requester.told.length, counts[index], `seed ${seed}`);
      const crashes = requester.told.filter((value) => value === "crash").length;
      assert(crashes <= 3, `seed ${seed}: ${crashes} are blamed`);
      assertEquals(requester.chunks, Array.from({ length: chunks[index]! }, (_, at) => at + 1));
      room.board.remove(job);
      assertEquals([job.tally.inputBytes, job.budget.held], [0, 0], `seed ${seed}`);
    }
    room.check();
  }
});
