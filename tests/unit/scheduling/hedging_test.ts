import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { HEDGE_BURST, HEDGE_MAX_MS, HEDGE_MIN_MS } from "../../../src/limits.ts";
import { HedgeBudget, HedgeDelay } from "../../../src/scheduling/hedging.ts";

function delayAfter(samples: readonly (readonly [number, number])[]): number {
  const delay = new HedgeDelay();
  for (const [ms, count] of samples) for (let done = 0; done < count; done++) delay.record(ms);
  return delay.delayMs;
}

function take(budget: HedgeBudget, nowMs: number): boolean {
  if (!budget.hasToken(nowMs)) return false;
  budget.take();
  return true;
}

Deno.test("the delay is 4 times the time of 99 of 100 replies, from 50 to 100 ms", () => {
  const cases: readonly (readonly [readonly (readonly [number, number])[], number])[] = [
    // Nothing known: as patient as may be.
    [[], HEDGE_MAX_MS],
    [[[0, 1]], HEDGE_MIN_MS],
    [[[0.01, 1000]], HEDGE_MIN_MS],
    [[[12.4, 1000]], HEDGE_MIN_MS],
    [[[12.6, 1000]], 52],
    [[[15.1, 1000]], 62],
    [[[20, 1000]], 82],
    [[[24.4, 1000]], 98],
    [[[24.6, 1000]], HEDGE_MAX_MS],
    [[[31.9, 1000]], HEDGE_MAX_MS],
    [[[1e9, 1000]], HEDGE_MAX_MS],
    [[[Infinity, 10]], HEDGE_MAX_MS],
    // One in a hundred may be slow; two may not.
    [[[1, 989], [20, 11]], 82],
    [[[1, 990], [20, 10]], HEDGE_MIN_MS],
    [[[1, 991], [1e6, 9]], HEDGE_MIN_MS],
    [[[1, 980], [20, 20]], 82],
    [[[20, 980], [1, 20]], 82],
  ];
  for (const [samples, expected] of cases) {
    assertEquals(delayAfter(samples), expected, JSON.stringify(samples));
  }
});

Deno.test("the order of the samples is nothing to the delay", () => {
  const sample = fc.tuple(
    fc.double({ min: 0, max: 40, noNaN: true }),
    fc.integer({ max: 99, min: 1 }),
  );
  fc.assert(fc.property(fc.array(sample, { maxLength: 20 }), (samples) => {
    assertEquals(delayAfter(samples), delayAfter([...samples].reverse()));
  }));
});

Deno.test("the delay is never outside of its bounds, and covers 99 of 100 samples up to its largest", () => {
  const ms = fc.double({ min: 0, max: 1000, noNaN: true });
  fc.assert(fc.property(fc.array(ms, { minLength: 1, maxLength: 300 }), (samples) => {
    const delay = delayAfter(samples.map((one) => [one, 1]));
    assert(delay >= HEDGE_MIN_MS && delay <= HEDGE_MAX_MS);
    const slower = samples.filter((one) => 4 * one > delay).length;
    if (delay < HEDGE_MAX_MS) assert(slower <= samples.length / 100, `${slower} are slower`);
  }));
});

Deno.test("old samples weigh less and less, so that the delay follows the times", () => {
  const delay = new HedgeDelay();
  const record = (ms: number, count: number) => {
    for (let done = 0; done < count; done++) delay.record(ms);
  };
  record(1, 100_000);
  assertEquals(delay.delayMs, HEDGE_MIN_MS);
  record(20, 200);
  assertEquals(delay.delayMs, 82, "a hundred thousand fast ones do not hide what happens now");
  record(1, 30_000);
  assertEquals(delay.delayMs, HEDGE_MIN_MS, "and what was slow is forgotten");
});

/** How many are given at once. */
function takeAll(budget: HedgeBudget, nowMs: number): number {
  let count = 0;
  while (count < 100_000 && take(budget, nowMs)) count++;
  return count;
}

function request(budget: HedgeBudget, nowMs: number, count: number): void {
  for (let done = 0; done < count; done++) budget.request(nowMs);
}

Deno.test("a new budget has 64, and is spent after that", () => {
  const budget = new HedgeBudget();
  assertEquals([takeAll(budget, 0), takeAll(budget, 0)], [HEDGE_BURST, 0]);
});

Deno.test("a budget gets 10 a second, never more than 64 of them", () => {
  const cases = [[50, 0], [100, 1], [1000, 10], [2550, 25], [6400, 64], [1e6, 64], [1e12, 64]];
  for (const [ms, expected] of cases) {
    const budget = new HedgeBudget();
    takeAll(budget, 5000);
    assertEquals(takeAll(budget, 5000 + ms!), expected, `${ms} ms`);
  }
});

Deno.test("a refill in small steps is as much as one in a large step", () => {
  const budget = new HedgeBudget();
  takeAll(budget, 0);
  let count = 0;
  for (let nowMs = 7; nowMs <= 3500; nowMs += 7) count += takeAll(budget, nowMs);
  assert(count >= 34 && count <= 35, `${count}`);
});

Deno.test("a budget gets a tenth of the requests", () => {
  const budget = new HedgeBudget();
  takeAll(budget, 0);
  request(budget, 0, 99);
  assertEquals(takeAll(budget, 0), 9);
  request(budget, 0, 2);
  assertEquals(takeAll(budget, 0), 1);
  request(budget, 0, 5000);
  assert(Math.abs(takeAll(budget, 0) - 500) <= 1);
});

Deno.test("what may be saved is a tenth of the requests of the last ten seconds", () => {
  const cases: readonly (readonly [number, number])[] = [
    [0, 1000],
    [8999, 1000],
    [9000, 1000],
    [10_000, 64],
    [60_000, 64],
    [1e12, 64],
  ];
  for (const [laterMs, expected] of cases) {
    const budget = new HedgeBudget();
    request(budget, 1000, 10_000);
    const found = takeAll(budget, 1000 + laterMs);
    assert(Math.abs(found - expected) <= 1, `${found} after ${laterMs} ms`);
  }
});

Deno.test("the window moves second by second", () => {
  const budget = new HedgeBudget();
  for (let second = 0; second < 20; second++) request(budget, second * 1000, 1000);
  // Of the last ten seconds at 19 s: 10 x 1000 requests.
  assert(Math.abs(takeAll(budget, 19_000) - 1000) <= 1);
  for (let second = 20; second < 30; second++) request(budget, second * 1000, 100);
  const found = takeAll(budget, 29_000);
  assert(found >= 99 && found <= 201, `a tenth of 1000, and the refill: ${found}`);
});

Deno.test("a clock that jumps leaves a budget as it ought to be", () => {
  for (const jumpMs of [9999, 10_000, 10_001, 123_456_789, 2 ** 40]) {
    const budget = new HedgeBudget();
    request(budget, 500, 5000);
    takeAll(budget, 500);
    request(budget, 500 + jumpMs, 1);
    const found = takeAll(budget, 500 + jumpMs);
    const most = jumpMs < 9500 ? 500 : HEDGE_BURST;
    assertEquals(found, most, `${jumpMs}`);
    request(budget, 500 + jumpMs, 3000);
    assert(Math.abs(takeAll(budget, 500 + jumpMs) - 300) <= 1, `${jumpMs}`);
  }
});

Deno.test("whoever asks whenever, a budget never gives more than its rule", () => {
  const step = fc.record({
    ms: fc.nat({ max: 3000 }),
    requests: fc.nat({ max: 500 }),
    takes: fc.nat({ max: 200 }),
  });
  fc.assert(fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
    const budget = new HedgeBudget();
    let nowMs = 0;
    let asked = 0;
    let taken = 0;
    for (const { ms, requests, takes } of steps) {
      nowMs += ms;
      request(budget, nowMs, requests);
      asked += requests;
      for (let count = 0; count < takes; count++) if (take(budget, nowMs)) taken++;
      assert(taken <= HEDGE_BURST + 0.1 * asked + nowMs / 100 + 1e-6, `${taken}`);
    }
  }));
});
