import { assert, assertEquals } from "@std/assert";
import { Book } from "../../bench/load/book.ts";
import { Ledger } from "../../bench/load/ledger.ts";
import { Schedule } from "../../bench/load/schedule.ts";
import { Tally } from "../../bench/load/tally.ts";

Deno.test("Schedule says how many requests are due, whatever became of those before", () => {
  const schedule = new Schedule(100, 2.5);
  assertEquals([99, 100, 102.4, 102.5, 110].map((ms) => schedule.dueAt(ms)), [0, 1, 1, 2, 5]);
  assertEquals(schedule.intendedMs(4), 110);
});

Deno.test("an open loop counts waiting from the time at which a request was to be sent", () => {
  // One request a millisecond. The generator sleeps from 0 to 100 ms, then sends all that is due at once, and
  // every reply comes 1 ms later: the first of them has waited for 101 ms, not for 1.
  const stepMs = 1;
  const schedule = new Schedule(0, stepMs);
  const book = new Book(128, { style: "echo" });
  const tally = new Tally({ startMs: 0, endMs: 1000, countBy: "request" });
  const ledger = new Ledger(book, tally);
  const bytes = ledger.issue(schedule.dueAt(100), schedule.intendedMs(0), stepMs);
  ledger.check(bytes, 0, bytes.length, 101);
  assertEquals(tally.good, 101);
  const { p50, max } = tally.latency;
  assert(p50 > 50.9 && p50 < 51.2, `p50 ${p50}`);
  assert(max > 100.9 && max < 101.2, `max ${max}`);
});

Deno.test("an open loop counts late replies to requests of the measured time, a closed one does not", () => {
  const count = (countBy: "request" | "reply") => {
    const tally = new Tally({ startMs: 0, endMs: 1000, countBy });
    tally.right(999, 5000, 1);
    return tally.good;
  };
  assertEquals([count("request"), count("reply")], [1, 0]);
});

Deno.test("Tally finds the longest pause, those at the beginning and the end included", () => {
  const pauseOf = (...timesMs: number[]) => {
    const tally = new Tally({ startMs: 0, endMs: 100, countBy: "reply" });
    for (const ms of timesMs) tally.right(ms, ms, 1);
    tally.close();
    return tally.longestPauseMs;
  };
  assertEquals([pauseOf(10, 50, 95), pauseOf(60, 95), pauseOf(10, 20)], [45, 60, 80]);
});
