import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { formatProgress, type Progress } from "../../../src/cli/progress.ts";

const HALF: Progress = {
  done: 12_345,
  failed: 3,
  elapsedMs: 10_000,
  input: { doneBytes: 500, totalBytes: 1000 },
};

Deno.test("formatProgress() shows bar, share, count, failures, rate and time left", () => {
  assertEquals(
    formatProgress(HALF, 80),
    "[##############--------------]  50 %  12,345 done  3 failed  1,235/s  10 s left",
  );
});

Deno.test("formatProgress() shows neither share nor time left where the size is not known", () => {
  const progress = { done: 5, failed: 0, elapsedMs: 2000 };
  assertEquals(formatProgress(progress, 80), "5 done  2.5/s");
});

Deno.test("formatProgress() guesses no rate before half a second", () => {
  assertEquals(formatProgress({ done: 5, failed: 0, elapsedMs: 0 }, 80), "5 done");
  assertEquals(formatProgress({ done: 5, failed: 0, elapsedMs: 499 }, 80), "5 done");
  assertEquals(formatProgress({ done: 5, failed: 0, elapsedMs: 500 }, 80), "5 done  10/s");
});

Deno.test("formatProgress() leaves out what does not fit, from the bar to the count", () => {
  const lines = [50, 46, 37, 25, 17, 5].map((columns) => formatProgress(HALF, columns));
  assertEquals(lines, [
    " 50 %  12,345 done  3 failed  1,235/s  10 s left",
    " 50 %  12,345 done  3 failed  10 s left",
    " 50 %  12,345 done  3 failed",
    " 50 %  12,345 done",
    "12,345 done",
    "12,3",
  ]);
});

Deno.test("formatProgress() counts time left in seconds, minutes and hours", () => {
  const at = (elapsedMs: number) => formatProgress({ ...HALF, failed: 0, elapsedMs }, 80);
  assert(at(59_000).endsWith("  59 s left"));
  assert(at(60_000).endsWith("  1 min 00 s left"));
  assert(at(185_000).endsWith("  3 min 05 s left"));
  assert(at(3_599_000).endsWith("  59 min 59 s left"));
  assert(at(3_600_000).endsWith("  1 h 00 min left"));
  assert(at(7_620_000).endsWith("  2 h 07 min left"));
});

Deno.test("formatProgress() says neither 100 % too early nor time left at the end", () => {
  const at = (doneBytes: number) =>
    formatProgress({ ...HALF, input: { doneBytes, totalBytes: 1000 } }, 200);
  assert(at(999).includes("] " + " 99 %"));
  assert(!at(999).includes(`[${"#".repeat(40)}]`));
  assert(at(1000).includes(`[${"#".repeat(40)}] 100 %`));
  assert(!at(1000).includes("left"));
  assert(!at(0).includes("left"));
});

Deno.test("formatProgress() takes an empty file, and one that grew", () => {
  const at = (doneBytes: number, totalBytes: number) =>
    formatProgress({ done: 0, failed: 0, elapsedMs: 0, input: { doneBytes, totalBytes } }, 80);
  assertEquals(at(0, 0), "0 done");
  assert(at(1500, 1000).includes("100 %"));
});

Deno.test("formatProgress() never reaches the last column", () => {
  const progress = fc.record({
    done: fc.nat(),
    failed: fc.nat(),
    elapsedMs: fc.nat(),
    input: fc.record({ doneBytes: fc.nat(), totalBytes: fc.nat() }),
  });
  fc.assert(fc.property(progress, fc.integer({ min: 0, max: 300 }), (progress, columns) => {
    const line = formatProgress(progress, columns);
    assert(line.length < Math.max(columns, 1), `${line.length} of ${columns}: ${line}`);
    assert(!line.includes("\n") && !line.includes("NaN") && !line.includes("Infinity"), line);
  }));
});

Deno.test("formatProgress() shows how far a job is, who is at work, and the time left of this run", () => {
  const job = { done: 750, failed: 0, elapsedMs: 10_000, total: 1000, workers: 12 };
  assertEquals(formatProgress(job, 50), " 75 %  750 done  75/s  12 machines  4 s left");
  assertEquals(
    formatProgress({ ...job, workers: 1 }, 100),
    `[${"#".repeat(30)}${"-".repeat(10)}]  75 %  750 done  75/s  1 machine  4 s left`,
  );
  // What an earlier run did took no time of this one.
  const resumed = { ...job, earlier: 700 };
  assertEquals(formatProgress(resumed, 50), " 75 %  750 done  5.0/s  12 machines  50 s left");
  assertEquals(formatProgress({ ...job, earlier: 750 }, 48), " 75 %  750 done  0.0/s  12 machines");
  assertEquals(formatProgress(job, 40), " 75 %  750 done  75/s  4 s left");
});

Deno.test("formatProgress() says that nobody is at work, and guesses no time left then", () => {
  const job = { done: 750, failed: 0, elapsedMs: 10_000, total: 1000 };
  const of = (workers: number | "reconnecting") => formatProgress({ ...job, workers }, 40);
  assertEquals(of(0), " 75 %  750 done  75/s  0 machines");
  assertEquals(of("reconnecting"), " 75 %  750 done  75/s  reconnecting");
});
