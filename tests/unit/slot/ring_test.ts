import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Ring } from "../../../src/slot/ring.ts";

function bytesOf(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => at * 7 + seed);
}

Deno.test("Ring gives frames as they were written, past its end and over again", () => {
  const frames = fc.array(fc.tuple(fc.nat(400_000), fc.nat(255), fc.boolean()), { maxLength: 20 });
  fc.assert(
    fc.property(frames, (all) => {
      const writer = new Ring();
      const reader = new Ring(writer.memory);
      const due: [number, number][] = [];
      const readOne = () => {
        const [length, seed] = due.shift()!;
        assertEquals(reader.peek(), length);
        assert(reader.read());
        assertEquals([reader.kind, reader.first, reader.second], [seed, -seed, length]);
        assertEquals(reader.length, length);
        const right = bytesOf(length, seed);
        assert(reader.payload.every((byte, at) => byte === right[at]));
      };
      for (const [length, seed, isRead] of all) {
        const payload = bytesOf(length + 3, seed);
        while (!writer.write(seed, -seed, length, payload, length)) readOne();
        due.push([length, seed]);
        if (isRead) readOne();
      }
      while (due.length > 0) readOne();
      assertEquals(reader.read(), false);
      assert(reader.isEmpty);
    }),
    { numRuns: 5 },
  );
});

Deno.test("Ring takes no frame that there is no room for", () => {
  const ring = new Ring();
  const payload = new Uint8Array(256 * 1024);
  let count = 0;
  while (ring.write(1, 0, 0, payload, payload.length)) count++;
  assertEquals(count, 3);
  assert(ring.read());
  assert(ring.write(1, 0, 0, payload, payload.length));
});

Deno.test("Ring's bell is rung once for each time that it was wanted", () => {
  const ring = new Ring();
  assertEquals(ring.takeBell(), false);
  ring.wantBell();
  assert(ring.takeBell());
  assertEquals(ring.takeBell(), false);
});

Deno.test("Ring's reader gets at once what is there, and its writer room where there is some", () => {
  const ring = new Ring();
  ring.writeWaiting(5, 1, 2, bytesOf(3, 9), 3);
  ring.readWaiting();
  assertEquals([ring.kind, ring.payload], [5, bytesOf(3, 9) as Uint8Array<ArrayBuffer>]);
});
