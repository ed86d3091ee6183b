import { assert, assertEquals } from "@std/assert";
import {
  IDLE_READ_BUFFER_BYTES,
  MAX_LARGE_BUFFERS,
  READ_BUFFER_BYTES,
} from "../../../src/limits.ts";
import { Buffers } from "../../../src/net/buffers.ts";

Deno.test("a connection reads with a small buffer, with a large one while it is busy, and with a small one again", () => {
  const buffers = new Buffers();
  const small = buffers.nextForRead(undefined, 0);
  assertEquals(small.length, IDLE_READ_BUFFER_BYTES);
  assert(buffers.nextForRead(small, small.length - 1) === small, "it was not filled");
  const large = buffers.nextForRead(small, small.length);
  assertEquals(large.length, READ_BUFFER_BYTES);
  assert(buffers.nextForRead(large, 5000) === large, "it is busy");
  assertEquals(buffers.nextForRead(large, 10).length, IDLE_READ_BUFFER_BYTES);
  assert(buffers.nextForRead(small, small.length) === large, "the next one gets it");
});

Deno.test("only so many connections have large buffers; the others go on with small ones", () => {
  const buffers = new Buffers();
  const small = () => buffers.nextForRead(undefined, 0);
  const large = Array.from(
    { length: MAX_LARGE_BUFFERS },
    () => buffers.nextForRead(small(), IDLE_READ_BUFFER_BYTES),
  );
  assert(large.every(({ length }) => length === READ_BUFFER_BYTES));

  const first = small();
  assert(buffers.nextForRead(first, IDLE_READ_BUFFER_BYTES) === first);
  buffers.giveBack(first);
  buffers.giveBack(undefined);
  assert(buffers.nextForRead(first, IDLE_READ_BUFFER_BYTES) === first, "a small one makes no room");

  buffers.giveBack(large[0]);
  assertEquals(buffers.nextForRead(first, IDLE_READ_BUFFER_BYTES).length, READ_BUFFER_BYTES);
  assert(buffers.nextForRead(small(), IDLE_READ_BUFFER_BYTES).length < READ_BUFFER_BYTES);
  buffers.nextForRead(large[1], 0);
  const next = buffers.nextForRead(small(), IDLE_READ_BUFFER_BYTES);
  assertEquals(next.length, READ_BUFFER_BYTES, "one that became quiet does");
});
