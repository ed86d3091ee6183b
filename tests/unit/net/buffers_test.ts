import { assert, assertEquals } from "@std/assert";
import {
  IDLE_READ_BUFFER_BYTES,
  MAX_LARGE_BUFFERS,
  READ_BUFFER_BYTES,
  SMALL_WRITE_BUFFER_BYTES,
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
  assert(buffers.takeForWrite(READ_BUFFER_BYTES) === large, "the next one gets it");
});

Deno.test("only so many connections have large buffers; the others go on with small ones", () => {
  const buffers = new Buffers();
  const small = () => buffers.nextForRead(undefined, 0);
  const reading = Array.from(
    { length: MAX_LARGE_BUFFERS / 2 },
    () => buffers.nextForRead(small(), IDLE_READ_BUFFER_BYTES),
  );
  const writing = Array.from(
    { length: MAX_LARGE_BUFFERS / 2 },
    () => buffers.takeForWrite(READ_BUFFER_BYTES),
  );
  assert([...reading, ...writing].every(({ length }) => length === READ_BUFFER_BYTES));

  const first = small();
  assert(buffers.nextForRead(first, IDLE_READ_BUFFER_BYTES) === first);
  const poor = buffers.takeForWrite(READ_BUFFER_BYTES);
  assertEquals(poor.length, SMALL_WRITE_BUFFER_BYTES);
  buffers.giveBack(poor);
  buffers.giveBack(undefined);
  assertEquals(
    buffers.takeForWrite(READ_BUFFER_BYTES).length,
    SMALL_WRITE_BUFFER_BYTES,
    "a small one makes no room",
  );

  buffers.giveBack(writing[0]);
  assertEquals(buffers.nextForRead(first, IDLE_READ_BUFFER_BYTES).length, READ_BUFFER_BYTES);
  buffers.nextForRead(reading[0], 0);
  assertEquals(
    buffers.takeForWrite(READ_BUFFER_BYTES).length,
    READ_BUFFER_BYTES,
    "one that became quiet does",
  );
});
