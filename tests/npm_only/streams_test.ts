import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import * as bareLines from "@std/streams/text-line-stream";
import * as bareTransform from "@std/streams/to-transform-stream";
import * as standInLines from "../../npm_only/streams/text_line_stream.ts";
import * as standInTransform from "../../npm_only/streams/to_transform_stream.ts";
import { forEachImplementation } from "./implementations.ts";

const TEXTS: readonly (readonly [text: string, lines: string[], linesWithCR: string[]])[] = [
  ["", [], []],
  ["a", ["a"], ["a"]],
  ["a\n", ["a"], ["a"]],
  ["\n", [""], [""]],
  ["a\n\nb", ["a", "", "b"], ["a", "", "b"]],
  ["a\r\nb\r\n", ["a", "b"], ["a", "b"]],
  ["a\rb\n", ["a\rb"], ["a", "b"]],
  ["a\r\rb", ["a\r\rb"], ["a", "", "b"]],
  ["a\r", ["a\r"], ["a"]],
  ["a\u2028b\n", ["a\u2028b"], ["a\u2028b"]],
  ["ñ€😀\n😀", ["ñ€😀", "😀"], ["ñ€😀", "😀"]],
];

forEachImplementation(
  "@std/streams/text-line-stream",
  standInLines,
  bareLines,
  (label, { TextLineStream }) => {
    Deno.test(`${label}: TextLineStream gives the same lines wherever the text is cut`, async () => {
      for (const [text, lines, linesWithCR] of TEXTS) {
        for (const chunks of everyCut(text)) {
          const read = (options?: { allowCR: boolean }) =>
            Array.fromAsync(ReadableStream.from(chunks).pipeThrough(new TextLineStream(options)));
          assertEquals(await read(), lines, JSON.stringify(chunks));
          assertEquals(await read({ allowCR: true }), linesWithCR, JSON.stringify(chunks));
        }
      }
    });

    Deno.test(`${label}: TextLineStream reads a long line in many chunks`, async () => {
      const chunks = Array.from({ length: 20_000 }, () => "x".repeat(100));
      const lines = await Array.fromAsync(
        ReadableStream.from([...chunks, "\n"]).pipeThrough(new TextLineStream()),
      );
      assertEquals(lines.map((line) => line.length), [2_000_000]);
    });
  },
);

forEachImplementation(
  "@std/streams/to-transform-stream",
  standInTransform,
  bareTransform,
  (label, { toTransformStream }) => {
    Deno.test(`${label}: toTransformStream() hands on what the generator yields`, async () => {
      const doubled = toTransformStream<number, number>(async function* (source) {
        for await (const number of source) yield number * 2;
      });
      const output = ReadableStream.from([1, 2, 3]).pipeThrough(doubled);
      assertEquals(await Array.fromAsync(output), [2, 4, 6]);
    });

    Deno.test(`${label}: toTransformStream() takes a plain iterable too`, async () => {
      const output = ReadableStream.from([1]).pipeThrough(toTransformStream(() => ["a", "b"]));
      assertEquals(await Array.fromAsync(output), ["a", "b"]);
    });

    Deno.test(`${label}: toTransformStream() refuses what is no iterable`, () => {
      const transformer = (() => 1) as unknown as () => Iterable<number>;
      assertThrows(() => toTransformStream(transformer), TypeError, "iterable");
    });

    Deno.test(`${label}: toTransformStream() hands the generator's error to both ends`, async () => {
      const source = observed([1, 2, 3]);
      const failing = toTransformStream<number, number>(async function* (input) {
        for await (const number of input) {
          if (number === 2) throw new RangeError("two");
          yield number;
        }
      });
      const output = source.stream.pipeThrough(failing);
      await assertRejects(() => Array.fromAsync(output), RangeError, "two");
      assertEquals(await source.cancelled, true);
    });

    Deno.test(`${label}: toTransformStream() hands the input's error on`, async () => {
      const source = new ReadableStream<number>({
        pull: (controller) => controller.error(new RangeError("input")),
      });
      const identity = toTransformStream<number, number>(async function* (input) {
        yield* input;
      });
      await assertRejects(
        () => Array.fromAsync(source.pipeThrough(identity)),
        RangeError,
        "input",
      );
    });

    Deno.test(`${label}: toTransformStream() ends generator and input when cancelled`, async () => {
      const source = observed([1, 2, 3]);
      let ended = false;
      const identity = toTransformStream<number, number>(async function* (input) {
        try {
          for await (const number of input) yield number;
        } finally {
          ended = true;
        }
      });
      const reader = source.stream.pipeThrough(identity).getReader();
      assertEquals(await reader.read(), { done: false, value: 1 });
      await reader.cancel("enough").catch(() => {});
      assertEquals(ended, true);
      assertEquals(await source.cancelled, true);
    });
  },
);

/** The text whole, a character at a time, and in two pieces cut at each place. */
function everyCut(text: string): string[][] {
  const cuts = Array.from(text, (_, index) => [text.slice(0, index), text.slice(index)]);
  return [[text], text.split(""), ...cuts];
}

/** A source that says whether it was cancelled. */
function observed<T>(items: T[]): { stream: ReadableStream<T>; cancelled: Promise<boolean> } {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const stream = new ReadableStream<T>({
    pull(controller) {
      const item = items.shift();
      if (item !== undefined) return controller.enqueue(item);
      controller.close();
      resolve(false);
    },
    cancel: () => resolve(true),
  }, { highWaterMark: 0 });
  return { stream, cancelled: promise };
}
