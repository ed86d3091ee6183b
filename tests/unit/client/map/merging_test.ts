import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Merge } from "../../../../src/client/map/job.ts";
import { MergeTree } from "../../../../src/client/map/merging.ts";
import { MAX_MERGE_BYTES, MAX_MERGE_LINES, MAX_TREE_BYTES } from "../../../../src/limits.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A tree whose accumulators are texts, merged by writing them one after the other. */
class Wood {
  readonly tree: MergeTree;
  readonly merges: Merge[] = [];
  finished: string | undefined;

  constructor() {
    this.tree = new MergeTree({
      merge: (merge) => this.merges.push(merge),
      finished: (line) => this.finished = decoder.decode(line),
    });
  }

  /** Does one of the merges that wait. */
  merge(index: number): void {
    const [merge] = this.merges.splice(index % this.merges.length, 1);
    const texts = merge!.lines.map((line) => decoder.decode(line));
    merge!.merged(encoder.encode(texts.join("") === "\n" ? "nothing" : texts.join("")));
  }
}

Deno.test("a tree merges neighbours in order, whenever each merge is done", () => {
  const turns = fc.array(fc.nat({ max: 100 }), { maxLength: 600 });
  fc.assert(fc.property(fc.integer({ min: 1, max: 400 }), turns, (count, choices) => {
    const wood = new Wood();
    let expected = "";
    for (let index = 0; index < count; index++) {
      wood.tree.add(index + 1, encoder.encode(`${index},`));
      expected += `${index},`;
      const choice = choices[index] ?? 0;
      if (choice % 2 === 1 && wood.merges.length > 0) wood.merge(choice);
    }
    wood.tree.end();
    for (let turn = 0; wood.merges.length > 0; turn++) wood.merge(choices[turn] ?? 0);
    assertEquals(wood.finished, expected);
  }));
});

Deno.test("a tree merges as many at a time as there may be, and no sooner", () => {
  const wood = new Wood();
  for (let index = 1; index < MAX_MERGE_LINES; index++) wood.tree.add(index, encoder.encode("1"));
  assertEquals(wood.merges.length, 0);
  wood.tree.add(MAX_MERGE_LINES, encoder.encode("1"));
  assertEquals(wood.merges.map(({ lines, position }) => [lines.length, position]), [
    [MAX_MERGE_LINES, 1],
  ]);
  // Large ones are merged sooner, but always with another one.
  const large = new Uint8Array(MAX_MERGE_BYTES);
  wood.tree.add(100, large);
  assertEquals(wood.merges.length, 1);
  wood.tree.add(101, large);
  assertEquals(wood.merges.map(({ position }) => position), [1, 100]);
});

Deno.test("the accumulator of one piece needs no merging, and that of none is asked for", () => {
  const one = new Wood();
  one.tree.add(1, encoder.encode("it"));
  assertEquals(one.finished, undefined);
  one.tree.end();
  assertEquals([one.finished, one.merges.length], ["it", 0]);
  const none = new Wood();
  none.tree.end();
  none.merge(0);
  assertEquals(none.finished, "nothing");
});

Deno.test("a tree with much in it takes no more until something is merged, and can always be", () => {
  const wood = new Wood();
  let rooms = 0;
  const large = new Uint8Array(MAX_TREE_BYTES / 4 - 1000);
  // What comes of a merge is as large: in the end there are five, each of another level, and no pair.
  for (let position = 1; position <= 31; position++) {
    while (wood.merges.length > 0) wood.merges.shift()!.merged(large);
    wood.tree.add(position, large);
  }
  assert(!wood.tree.hasRoom);
  wood.tree.onRoom(() => rooms++);
  const [merge] = wood.merges;
  assert(merge !== undefined, "something can be merged");
  merge.merged(new Uint8Array(1));
  assertEquals([wood.tree.hasRoom, rooms], [true, 1]);
});
