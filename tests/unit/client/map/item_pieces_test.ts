import { assert, assertEquals, assertRejects } from "@std/assert";
import { itemPieces } from "../../../../src/client/map/item_pieces.ts";

async function pieces(items: Iterable<unknown> | AsyncIterable<unknown>): Promise<number[]> {
  const counts: number[] = [];
  for await (const { count } of itemPieces(items)) counts.push(count);
  return counts;
}

const NUMBERS = Array.from({ length: 5000 }, (_, index) => index);

Deno.test("items that are there go together, whatever they come from", async () => {
  async function* generated() {
    yield* NUMBERS;
  }
  const through = ReadableStream.from(NUMBERS).pipeThrough(new TransformStream());
  for (const items of [NUMBERS, generated(), ReadableStream.from(NUMBERS), through]) {
    const counts = await pieces(items);
    assertEquals(counts.reduce((sum, count) => sum + count, 0), NUMBERS.length);
    assert(counts.length < 10, `${counts.length} pieces`);
  }
});

Deno.test("who gives items is told that no more are wanted, unless there are no more", async () => {
  const told: string[] = [];
  const given = (name: string, next: () => IteratorResult<number>) => ({
    [Symbol.iterator]: () => ({
      next,
      return: () => {
        told.push(name);
        return { done: true as const, value: undefined };
      },
    }),
  });
  let left = 3;
  const ends = given("ends", () => ({ done: left-- === 0, value: 1 }) as IteratorResult<number>);
  assertEquals(await pieces(ends), [3]);
  const fails = given("fails", () => {
    throw new TypeError("no items");
  });
  await assertRejects(() => pieces(fails), TypeError, "no items");
  const endless = given("endless", () => ({ done: false, value: 1 }));
  for await (const _ of itemPieces(endless)) break;
  const unfit = given("unfit", () => ({ done: false, value: Symbol("x") as unknown as number }));
  await assertRejects(() => pieces(unfit), TypeError);
  assertEquals(told, ["endless", "unfit"]);
});
