import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  differenceOf,
  itemHashes,
  type JobIdentity,
  type LogEntry,
  LogReader,
  LogWriter,
} from "../../../src/jobs/job_log.ts";

const encoder = new TextEncoder();

const IDENTITY: JobIdentity = {
  function: "abc",
  call: "map",
  reduce: "none",
  arguments: "def",
  seed: "0",
  input: "items",
};

function join(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function write(entries: readonly LogEntry[]): Uint8Array {
  const writer = new LogWriter();
  return join([writer.header(IDENTITY), ...entries.flatMap((entry) => writer.entry(entry))]);
}

/** What a log says, as far as it can be believed. */
function read(bytes: Uint8Array): { entries: LogEntry[]; end: number } | undefined {
  const reader = new LogReader();
  const header = reader.header(bytes);
  if (header.kind !== "whole" || differenceOf(header.value, IDENTITY) !== undefined) {
    return undefined;
  }
  const entries: LogEntry[] = [];
  let { end } = header;
  for (;;) {
    const reading = reader.entry(bytes, end, bytes.length);
    if (reading.kind !== "whole") return { entries, end };
    entries.push(reading.value);
    end = reading.end;
  }
}

/** Entries without gaps, of any items and values. */
const someEntries = fc.array(
  fc.record({
    count: fc.integer({ min: 1, max: 40 }),
    text: fc.string({ maxLength: 300, unit: "binary" }),
    isFailure: fc.boolean(),
    hasHashes: fc.boolean(),
  }),
  { maxLength: 8 },
).map((all) => {
  let position = 1;
  return all.map(({ count, text, isFailure, hasHashes }): LogEntry => {
    const lines = encoder.encode(Array.from({ length: count }, (_, i) => `${i}\n`).join(""));
    const hashes = hasHashes ? itemHashes(lines, 0, count).hashes : new Uint8Array(0);
    const entry = { position, count, hashes, bytes: encoder.encode(`${text}\n`), isFailure };
    position += count;
    return entry;
  });
});

Deno.test("a log gives back what was written", () => {
  fc.assert(fc.property(someEntries, (entries) => {
    const bytes = write(entries);
    assertEquals(read(bytes), { entries, end: bytes.length });
  }));
});

Deno.test("a log that was cut anywhere gives what was whole before, and can be gone on with", () => {
  fc.assert(fc.property(someEntries, fc.nat(), (entries, place) => {
    const whole = write(entries);
    const bytes = whole.subarray(0, place % (whole.length + 1));
    const reading = read(bytes);
    if (reading === undefined) return;
    assertEquals(reading.entries, entries.slice(0, reading.entries.length));
    // What is written behind it continues the chain.
    const reader = new LogReader();
    const header = reader.header(bytes);
    assert(header.kind === "whole");
    let { end } = header;
    for (const _ of reading.entries) {
      const entry = reader.entry(bytes, end, bytes.length);
      assert(entry.kind === "whole");
      end = entry.end;
    }
    const writer = new LogWriter(reader.chain);
    const rest = entries.slice(reading.entries.length).flatMap((entry) => writer.entry(entry));
    assertEquals(join([bytes.subarray(0, end), ...rest]), whole);
  }));
});

Deno.test("no bit of a log can be changed without being noticed", () => {
  fc.assert(
    fc.property(someEntries, fc.nat(), fc.nat({ max: 7 }), (entries, place, bit) => {
      const bytes = write(entries);
      const index = place % bytes.length;
      bytes[index]! ^= 1 << bit;
      const reading = read(bytes);
      if (reading === undefined) return;
      assert(reading.end <= index, "what was changed is not believed");
      assertEquals(reading.entries, entries.slice(0, reading.entries.length));
    }),
    { numRuns: 2000 },
  );
});

Deno.test("entries cannot be left out, doubled or taken from another place", () => {
  const entries = [1, 2, 3].map((position): LogEntry => ({
    position,
    count: 1,
    hashes: new Uint8Array(0),
    bytes: encoder.encode(`${position}\n`),
    isFailure: false,
  }));
  const writer = new LogWriter();
  const header = writer.header(IDENTITY);
  const parts = entries.map((entry) => join(writer.entry(entry)));
  const [one, two, three] = parts as [Uint8Array, Uint8Array, Uint8Array];
  const count = (...some: readonly Uint8Array[]) => read(join([header, ...some]))?.entries.length;
  assertEquals(count(one, two, three), 3);
  assertEquals([count(one, three), count(one, one, two), count(two), count(three)], [1, 1, 0, 0]);
  // The same entry, in a log that begins otherwise.
  const other = new LogWriter().entry(entries[0]!);
  assertEquals(count(...other), 0);
});

Deno.test("a job that differs is told of by what does", () => {
  assertEquals(differenceOf(IDENTITY, { ...IDENTITY }), undefined);
  const cases: readonly (readonly [Partial<JobIdentity>, string])[] = [
    [{ function: "x" }, "the function has changed"],
    [{ reduce: "sum" }, "the reduce has changed"],
    [{ arguments: "x" }, "the arguments have changed"],
    [{ seed: "1" }, "the seed has changed"],
    [
      { input: "1, 5 numbers" },
      "the input has changed: it was another range, or lines and no range",
    ],
    [{ function: "x", seed: "1" }, "the function has changed"],
  ];
  for (const [change, expected] of cases) {
    assertEquals(differenceOf(IDENTITY, { ...IDENTITY, ...change }), expected);
  }
});

Deno.test("itemHashes() hashes each line by itself, without its newline", () => {
  const bytes = encoder.encode("a\nbb\n\na\nbb\r\n");
  const { hashes, end } = itemHashes(bytes, 0, 5);
  const texts = Array.from(
    { length: 5 },
    (_, index) => hashes.slice(8 * index, 8 * index + 8).join(),
  );
  assertEquals([end, texts[0] === texts[3], new Set(texts).size], [bytes.length, true, 4]);
  assertEquals(itemHashes(bytes, 2, 1), { hashes: hashes.slice(8, 16), end: 5 });
});
