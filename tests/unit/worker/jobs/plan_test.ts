import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Plan } from "../../../../src/worker/jobs/plan.ts";

/** What a plan came to: each position with what was told of it, and how many slots died. */
interface Course {
  readonly told: string[];
  deaths: number;
}

/** Runs a plan to its end. Some items kill the slot, some are named; `at` lags so many items behind. */
function follow(
  count: number,
  killers: ReadonlySet<number>,
  named: ReadonlySet<number> = new Set(),
  lag = 0,
  batch = 1,
): Course {
  const plan = new Plan(1, count);
  const course: Course = { told: [], deaths: 0 };
  for (let runs = 0; !plan.isOver; runs++) {
    assert(runs < 40 * count + 40, "it comes to an end");
    const { first, last } = plan.begin();
    assertEquals(first, plan.next);
    runStretch(plan, first, last, course, { killers, named, lag, batch });
    for (let one = plan.takeFailure(); one !== undefined; one = plan.takeFailure()) {
      assertEquals(one.position, course.told.length + 1);
      course.told.push(one.cause);
    }
  }
  return course;
}

interface Conditions {
  readonly killers: ReadonlySet<number>;
  readonly named: ReadonlySet<number>;
  readonly lag: number;
  readonly batch: number;
}

function runStretch(
  plan: Plan,
  first: number,
  last: number,
  course: Course,
  { killers, named, lag, batch }: Conditions,
): void {
  for (let item = first; item <= last; item++) {
    if (killers.has(item)) {
      course.deaths++;
      return plan.die(Math.max(first, item - lag));
    }
    if (named.has(item)) {
      assert(plan.mayName(item));
      return plan.name(item, "memory", "too much");
    }
    // Results come in batches: what is not told of when a slot dies is lost.
    if ((item - first + 1) % batch === 0 || item === last) tell(plan, item, course);
  }
  plan.end();
}

function tell(plan: Plan, upTo: number, course: Course): void {
  for (let item = plan.next; item <= upTo; item++) course.told.push("value");
  plan.tell(upTo - plan.next + 1);
}

Deno.test("a plan without deaths is one stretch", () => {
  const plan = new Plan(7, 5);
  assertEquals(plan.begin(), { kind: "run", first: 7, last: 11, isSuspect: false });
  plan.tell(5);
  plan.end();
  assertEquals([plan.isOver, plan.takeFailure()], [true, undefined]);
});

Deno.test("the item that a slot was at when it died is tried alone, and blamed when it does it again", () => {
  const plan = new Plan(1, 10);
  plan.begin();
  plan.tell(2);
  plan.die(6);
  assertEquals(plan.begin(), { kind: "run", first: 3, last: 5, isSuspect: false });
  plan.tell(3);
  plan.end();
  assertEquals(plan.begin(), { kind: "run", first: 6, last: 6, isSuspect: true });
  plan.die(6);
  assertEquals(plan.takeFailure()?.position, 6);
  assertEquals(plan.begin(), { kind: "run", first: 7, last: 10, isSuspect: false });
});

Deno.test("if a suspect does nothing, halves of what follows are run, and nobody is blamed", () => {
  const plan = new Plan(1, 9);
  plan.begin();
  plan.die(1);
  const stretches: [number, number][] = [];
  while (!plan.isOver) {
    const { first, last } = plan.begin();
    stretches.push([first, last]);
    plan.tell(last - first + 1);
    plan.end();
    assertEquals(plan.takeFailure(), undefined);
  }
  assertEquals(stretches, [[1, 1], [2, 5], [6, 7], [8, 8], [9, 9]]);
});

Deno.test("a death after the last result costs nothing", () => {
  const plan = new Plan(1, 3);
  plan.begin();
  plan.tell(3);
  plan.die(3);
  assertEquals([plan.isOver, plan.takeFailure()], [true, undefined]);
});

Deno.test("a stretch that is given back goes on where it ended, as suspect as it was", () => {
  const plan = new Plan(1, 8);
  plan.begin();
  plan.tell(1);
  plan.die(2);
  plan.begin();
  plan.tell(1);
  plan.end();
  const { first, last } = plan.begin();
  assertEquals([first, last], [3, 5]);
  plan.tell(1);
  plan.end();
  assertEquals(plan.begin(), { kind: "run", first: 4, last: 4, isSuspect: true });
});

Deno.test("a verdict costs one item, and cannot name what has been told or does not run", () => {
  const plan = new Plan(5, 5);
  plan.begin();
  plan.tell(2);
  assertEquals([4, 6, 7, 9, 10].map((position) => plan.mayName(position)), [
    false,
    false,
    true,
    true,
    false,
  ]);
  plan.name(8, "time", "too long");
  assertEquals(plan.begin(), { kind: "run", first: 7, last: 7, isSuspect: false });
  plan.tell(1);
  plan.end();
  assertEquals(plan.takeFailure(), {
    kind: "failed",
    position: 8,
    cause: "time",
    error: "too long",
  });
  assertEquals(plan.begin(), { kind: "run", first: 9, last: 9, isSuspect: false });
});

Deno.test("a suspect of what piled up is tried alone, and what follows it goes on", () => {
  const plan = new Plan(1, 10);
  plan.begin();
  plan.tell(2);
  plan.suspect(6);
  assertEquals([plan.isAlone, plan.begin()], [
    false,
    { kind: "run", first: 3, last: 5, isSuspect: false },
  ]);
  plan.tell(3);
  plan.end();
  assertEquals([plan.isAlone, plan.begin()], [
    true,
    { kind: "run", first: 6, last: 6, isSuspect: true },
  ]);
  plan.tell(1);
  plan.end();
  assertEquals([plan.isAlone, plan.begin()], [
    false,
    { kind: "run", first: 7, last: 10, isSuspect: false },
  ]);
});

Deno.test("of two that are suspected, each is alone", () => {
  const plan = new Plan(1, 3);
  plan.begin();
  plan.die(1);
  for (const position of [1, 2, 3]) {
    assertEquals([plan.isAlone, plan.begin().last], [true, position]);
    plan.tell(1);
    plan.end();
  }
});

Deno.test("one killer of a million is found with few deaths", () => {
  for (const killer of [1, 2, 500_000, 999_999, 1_000_000]) {
    const { told, deaths } = follow(1_000_000, new Set([killer]), new Set(), 200_000, 1000);
    assertEquals(told.indexOf("crash"), killer - 1);
    assertEquals(told.length, 1_000_000);
    assert(deaths <= 20, `${deaths} deaths`);
  }
});

Deno.test("a killer that is known exactly costs two deaths", () => {
  for (const killer of [1, 4, 10]) {
    assertEquals(follow(10, new Set([killer])).deaths, 2);
  }
});

Deno.test("whatever dies and is named, each position is told once, in order, and only culprits fail", () => {
  const items = fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 12 });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60 }),
      items,
      items,
      fc.nat({ max: 40 }),
      fc.integer({ min: 1, max: 40 }),
      (count, killerList, namedList, lag, batch) => {
        const killers = new Set(killerList);
        const named = new Set(namedList.filter((item) => !killers.has(item)));
        const { told } = follow(count, killers, named, lag, batch);
        const expected = Array.from({ length: count }, (_, index) => {
          if (killers.has(index + 1)) return "crash";
          return named.has(index + 1) ? "memory" : "value";
        });
        assertEquals(told, expected);
      },
    ),
    { numRuns: 500 },
  );
});
