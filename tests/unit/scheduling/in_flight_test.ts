import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { WORKER_WINDOW } from "../../../src/limits.ts";
import { Attempt } from "../../../src/scheduling/attempt.ts";
import { InFlight } from "../../../src/scheduling/in_flight.ts";
import type { Task } from "../../../src/scheduling/work.ts";

/** An attempt at nothing: neither its task nor its worker is looked at here. */
function attempt(): Attempt {
  return new Attempt(undefined as never, undefined as never, 0, undefined);
}

function filled(count: number): { inFlight: InFlight; all: Attempt[] } {
  const inFlight = new InFlight();
  const all = Array.from({ length: count }, attempt);
  for (const one of all) inFlight.add(one);
  return { inFlight, all };
}

Deno.test("what is in flight is an ordered list, found by ids that are never used twice", () => {
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.constant("add" as const) },
    { weight: 2, arbitrary: fc.nat() },
    fc.constantFrom("ping" as const, "takeAll" as const),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const inFlight = new InFlight();
      let model: Attempt[] = [];
      const ids = new Set<number>();
      const issue = (id: number) => {
        assert(Number.isSafeInteger(id) && id > 0 && !ids.has(id), `${id}`);
        ids.add(id);
      };
      for (const one of steps) {
        if (one === "add") {
          const added = attempt();
          inFlight.add(added);
          model.push(added);
          issue(added.id);
        } else if (one === "ping") issue(inFlight.newPingId());
        else if (one === "takeAll") {
          assert(inFlight.takeAll().every((taken, index) => taken === model[index]));
          model = [];
        } else if (model.length > 0) {
          const [gone] = model.splice(one % model.length, 1);
          inFlight.delete(gone!);
          assertEquals([inFlight.get(gone!.id), gone!.older, gone!.newer], [
            undefined,
            undefined,
            undefined,
          ]);
        }
        assertEquals(inFlight.size, model.length);
        assert(inFlight.oldest === model[0]);
        const listed = [...inFlight];
        assertEquals(listed.length, model.length);
        assert(listed.every((found, index) => found === model[index]));
        assert(model.every((found) => inFlight.get(found.id) === found));
      }
      for (const id of ids) assert(inFlight.wasIssued(id), `${id} was given out`);
    }),
    { numRuns: 300 },
  );
});

Deno.test("an id that was never given out is nobody's, whatever number it is", () => {
  const { inFlight, all } = filled(3);
  inFlight.delete(all[1]!);
  const ping = inFlight.newPingId();
  const issued = new Set([...all.map(({ id }) => id), ping]);
  const strange = [0, -1, 1, 3, 0.5, NaN, Infinity, -Infinity, 2 ** 50, 2 ** 53, -(2 ** 50)];
  const near = [...issued].flatMap((
    id,
  ) => [id - 1, id + 1, id - WORKER_WINDOW, id + WORKER_WINDOW]);
  for (const id of [...strange, ...near]) {
    if (issued.has(id)) continue;
    assertEquals([inFlight.wasIssued(id), inFlight.get(id)], [false, undefined], `${id}`);
  }
  assertEquals([inFlight.wasIssued(all[1]!.id), inFlight.get(all[1]!.id)], [true, undefined]);
});

Deno.test("a window is held, and not one more", () => {
  const { inFlight, all } = filled(WORKER_WINDOW);
  assertThrows(() => inFlight.add(attempt()), Error, "Invariant");
  inFlight.delete(all[500]!);
  const next = attempt();
  inFlight.add(next);
  assert(next.id !== all[500]!.id, "a place that is used again has another id");
  assertEquals([inFlight.get(all[500]!.id), inFlight.get(next.id)], [undefined, next]);
  assert([...inFlight].at(-1) === next, "and is the newest");
});

Deno.test("attempts at one task know those before and after them that are under way", () => {
  const task = { call: { isShared: false } } as Task;
  const after = (one: Attempt) => new Attempt(task, undefined as never, 5, one);
  const first = attempt();
  const second = after(first);
  assert(task.call.isShared, "two of them hold on to it");
  const third = after(second);
  const all = [first, second, third];
  const seen = () =>
    all.map(({ slower, quicker }) => [slower, quicker].map((one) => all.indexOf(one!)));
  assertEquals(seen(), [[-1, 1], [0, 2], [1, -1]]);
  second.hasEnded = true;
  assertEquals(seen(), [[-1, 2], [0, 2], [0, -1]]);
  third.hasEnded = true;
  assertEquals(seen(), [[-1, -1], [0, -1], [0, -1]]);
  all.push(after(first));
  assertEquals(seen(), [[-1, 3], [0, -1], [0, -1], [0, -1]]);
  assertEquals(all.map(({ hedged }) => hedged), [false, false, false, false]);
});
