/**
 * Purpose: every value comes out as one line, of the item that it is of, in pieces that are not too long.
 *
 * @module
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ValueError } from "../../../src/jobs/values.ts";
import { MAX_PIECE_BYTES, MAX_VALUE_BYTES } from "../../../src/limits.ts";
import { FROM_SANDBOX } from "../../../src/slot/shared.ts";
import { Frames } from "./frames.ts";

/** The longest text that is collected with others. */
const MAX_COLLECTED = 16 * 1024;

Deno.test("a number's line is what JSON.stringify says of it", () => {
  const edges = [0, -0, 9, 10, 99, 100, -1, -10, 1.5, 1e21, 5e-324, -1e300, 2 ** 53]
    .concat([999_999_999, 1e9, 2 ** 31 - 1, 2 ** 31].flatMap((n) => [n, -n, n + 0.5]));
  const numbers = fc.array(fc.oneof(fc.integer(), fc.nat(2000), fc.constantFrom(...edges)), {
    minLength: 1,
  });
  fc.assert(fc.property(numbers, (all) => {
    const frames = new Frames();
    for (const value of all) frames.output.number(value);
    frames.output.flush();
    const text = all.map((value) => `${JSON.stringify(value)}\n`).join("");
    assertEquals(frames.results(), [[0, all.length, text]]);
  }));
  const frames = new Frames();
  for (const value of edges) frames.output.number(value);
  frames.output.flush();
  const text = edges.map((value) => `${JSON.stringify(value)}\n`).join("");
  assertEquals(frames.results(), [[0, edges.length, text]]);
});

Deno.test("numbers and texts keep their order, whatever comes after what", () => {
  const frames = new Frames();
  const { output } = frames;
  output.number(1);
  output.json('"ñ"');
  output.number(2);
  output.number(0.5);
  output.json("[3]");
  output.flush();
  output.number(4);
  output.flush();
  assertEquals(frames.results(), [[0, 5, '1\n"ñ"\n2\n0.5\n[3]\n'], [5, 1, "4\n"]]);
});

Deno.test("pieces have as many lines as they say, follow one another, and lose no byte", () => {
  // Of three bytes a character, and about as long as what is collected: where room is scarcest.
  const lengths = [0, 1, 40, MAX_COLLECTED / 2, MAX_COLLECTED - 3, MAX_COLLECTED - 2];
  const value = fc.oneof(
    fc.constantFrom(...lengths).map((length) => `"${"€".repeat(length)}"`),
    fc.integer(),
  );
  const values = fc.array(value, { minLength: 1, maxLength: 60, size: "max" });
  fc.assert(
    fc.property(values, fc.nat(1000), (all, start) => {
      const frames = new Frames();
      frames.output.startAt(start);
      for (const one of all) {
        if (typeof one === "number") frames.output.number(one);
        else frames.output.json(one);
      }
      frames.output.flush();
      let next = start;
      let text = "";
      for (const frame of frames.take()) {
        assertEquals([frame.kind, frame.first], [FROM_SANDBOX.result, next]);
        assert(frame.bytes.length <= MAX_PIECE_BYTES, `${frame.bytes.length} bytes`);
        assertEquals(frame.text.split("\n").length - 1, frame.second);
        next += frame.second;
        text += frame.text;
      }
      assertEquals(next, start + all.length);
      assert(text === all.map((one) => `${one}\n`).join(""), "no byte is lost");
    }),
    { numRuns: 30 },
  );
});

Deno.test("texts that come behind numbers find room, however many those were", () => {
  // The first is still collected when the second one comes.
  const text = `"${"€".repeat(MAX_COLLECTED - 3)}"`;
  for (let bytes = MAX_PIECE_BYTES - 110_000; bytes < MAX_PIECE_BYTES; bytes += 5000) {
    const frames = new Frames();
    const count = Math.floor(bytes / 10);
    for (let times = 1; times <= count; times++) frames.output.number(123_456_789);
    for (let times = 1; times <= 2; times++) frames.output.json(text);
    frames.output.flush();
    const all = frames.results().map(([, , text]) => text).join("");
    assert(all === "123456789\n".repeat(count) + `${text}\n`.repeat(2), `after ${bytes} bytes`);
  }
});

Deno.test("many short numbers fill a piece, and none is cut", () => {
  const frames = new Frames();
  const count = 100_000;
  for (let value = 0; value < count; value++) frames.output.number(999_900_000 - value);
  frames.output.flush();
  const [one, ...others] = frames.take();
  assert(one!.bytes.length > MAX_PIECE_BYTES - 12, `${one!.bytes.length} bytes`);
  assertEquals(one!.second + others.reduce((sum, { second }) => sum + second, 0), count);
  assertEquals(others[0]!.text.split("\n", 1), [String(999_900_000 - one!.second)]);
});

Deno.test("a long value comes in pieces of which only the last counts, behind what was before it", () => {
  const frames = new Frames();
  const { output } = frames;
  // Pairs of surrogates, which no piece may take apart, at an odd place.
  const long = `"x${"😀".repeat(150_000)}"`;
  output.number(1);
  output.json(long);
  output.number(2);
  output.flush();
  const all = frames.take();
  assertEquals(all.map(({ first, second }) => [first, second]), [
    ...[[0, 1], [1, 0], [1, 0], [1, 1], [2, 1]],
  ]);
  assert(all.every(({ bytes }) => bytes.length <= MAX_PIECE_BYTES));
  assert(all.map(({ text }) => text).join("") === `1\n${long}\n2\n`, "no byte is lost");
});

Deno.test("a value may have as many bytes as that, and one more is refused and changes nothing", () => {
  const frames = new Frames();
  const { output } = frames;
  const most = "€".repeat((MAX_VALUE_BYTES - 1) / 3);
  output.number(1);
  assertThrows(() => output.json(most + "xx"), ValueError, `more than ${MAX_VALUE_BYTES} bytes`);
  output.number(2);
  output.flush();
  assertEquals(frames.results(), [[0, 1, "1\n"], [1, 1, "2\n"]]);
  output.json(most + "x");
  const all = frames.take();
  const bytes = all.reduce((sum, frame) => sum + frame.bytes.length, 0);
  assertEquals([bytes, all.at(-1)!.first, all.at(-1)!.second], [MAX_VALUE_BYTES + 1, 2, 1]);
  assertEquals(new Set(all.slice(0, -1).map(({ second }) => second)), new Set([0]));
});

Deno.test("one line may stand for many items, short or long", () => {
  const frames = new Frames();
  const { output } = frames;
  const long = "9".repeat(300_000);
  output.startAt(3);
  output.reduced("7", 10);
  output.reduced(long, 5);
  output.number(1);
  output.flush();
  const all = frames.results();
  assertEquals(all.map(([first, count]) => [first, count]), [[3, 10], [13, 0], [13, 5], [18, 1]]);
  assert(all.map(([, , text]) => text).join("") === `7\n${long}\n1\n`, "no byte is lost");
});

Deno.test("nothing is handed over where there is nothing", () => {
  const frames = new Frames();
  frames.output.flush();
  frames.output.startAt(3);
  frames.output.flush();
  assertEquals(frames.take(), []);
});

Deno.test("whoever waits for a frame is rung for once, and nobody else", () => {
  const frames = new Frames();
  const { output, ring } = frames;
  output.signal(FROM_SANDBOX.ready, 0, 0);
  assertEquals(frames.bells, 0);
  ring.wantBell();
  output.number(1);
  assertEquals(frames.bells, 0);
  output.flush();
  output.signal(FROM_SANDBOX.done, 2, 3);
  assertEquals(frames.bells, 1);
  const told = frames.take().map(({ kind, first, second, text }) => [kind, first, second, text]);
  assertEquals(told, [
    [FROM_SANDBOX.ready, 0, 0, ""],
    [FROM_SANDBOX.result, 0, 1, "1\n"],
    [FROM_SANDBOX.done, 2, 3, ""],
  ]);
});

Deno.test("while there is no room no item runs, and the time is counted", () => {
  const frames = new Frames();
  const { output } = frames;
  const piece = new Uint8Array(MAX_PIECE_BYTES);
  for (let times = 1; times <= 3; times++) {
    output.send(FROM_SANDBOX.print, 0, 0, piece, piece.length);
  }
  assertEquals([frames.indexes, output.waitedMs], [[], 0]);
  output.send(FROM_SANDBOX.print, 0, 0, piece, piece.length);
  assertEquals([frames.indexes, output.waitedMs], [[-1, 7], 5]);
  assertEquals(frames.take().length, 4);
});

Deno.test("trouble is told as it is, whatever objects say of themselves by then", () => {
  const frames = new Frames();
  const trouble = { cause: "error", error: 'a "b"\n', stack: "", item: "ñ" };
  Object.defineProperty(Object.prototype, "toJSON", { value: () => 1, configurable: true });
  try {
    frames.output.tell(FROM_SANDBOX.failed, 4, trouble);
  } finally {
    Reflect.deleteProperty(Object.prototype, "toJSON");
  }
  frames.output.tell(FROM_SANDBOX.print, -1, "just words");
  const [failed, printed] = frames.take();
  assertEquals([failed!.kind, failed!.first], [FROM_SANDBOX.failed, 4]);
  assertEquals(JSON.parse(failed!.text), trouble);
  assertEquals([printed!.first, printed!.text], [-1, "just words"]);
});
