/**
 * The `toTransformStream` of `@std/streams`, over the platform's own streams.
 *
 * @module
 */

/**
 * Makes a `TransformStream` of a generator function.
 *
 * An error in the generator reaches both ends; cancelling the output ends the generator and cancels
 * the input.
 *
 * @throws {TypeError} If `transformer` does not give something that can be iterated over.
 */
export function toTransformStream<I, O>(
  transformer: (src: ReadableStream<I>) => Iterable<O> | AsyncIterable<O>,
  writableStrategy?: QueuingStrategy<I>,
  readableStrategy?: QueuingStrategy<O>,
): TransformStream<I, O> {
  const input = new TransformStream<I, I>(undefined, writableStrategy);
  const iterator = iteratorOf(transformer(input.readable));

  const readable = new ReadableStream<O>({
    async pull(controller) {
      try {
        const { done, value } = await iterator.next();
        if (done) controller.close();
        else controller.enqueue(value);
      } catch (error) {
        // A source that the generator has itself locked or ended cannot be cancelled, and need not.
        await input.readable.cancel(error).catch(() => {});
        controller.error(error);
      }
    },
    async cancel(reason) {
      // Thrown into the generator, the reason comes out of it again unless it is handled there.
      await iterator.throw?.(reason).then(undefined, () => {});
      await input.readable.cancel(reason);
    },
  }, readableStrategy);
  return { readable, writable: input.writable };
}

/** One kind of iterator for both kinds of iterable. */
function iteratorOf<O>(iterable: Iterable<O> | AsyncIterable<O>): AsyncIterator<O> {
  if (isIterable(iterable)) {
    return (async function* () {
      yield* iterable;
    })();
  }
  throw new TypeError("Transformer must return an iterable or async iterable");
}

function isIterable<O>(value: unknown): value is Iterable<O> | AsyncIterable<O> {
  return typeof value === "object" && value !== null &&
    (Symbol.asyncIterator in value || Symbol.iterator in value);
}
