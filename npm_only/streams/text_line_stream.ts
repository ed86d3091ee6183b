/**
 * The `TextLineStream` of `@std/streams`, over the platform's own `TransformStream`.
 *
 * @module
 */

/** Options for {@linkcode TextLineStream}. */
export interface TextLineStreamOptions {
  /**
   * Whether a `\r` alone ends a line too.
   *
   * @default {false}
   */
  allowCR?: boolean;
}

/** With `allowCR`, a `\r` at the very end is not yet a separator: a `\n` may follow in the next chunk. */
const ANY_END = /\r\n|\n|\r(?!$)/;
const LINE_FEED_END = /\r?\n/;

/** Cuts text at its line ends, wherever the chunks were cut. The ends are not handed on. */
export class TextLineStream extends TransformStream<string, string> {
  /** @param options How lines end. */
  constructor(options: TextLineStreamOptions = {}) {
    const allowCR = options.allowCR ?? false;
    // The chunks of the line that has not ended yet. They are joined once, when it ends: joining at
    // each chunk would make a long line cost the square of its length.
    let pending: string[] = [];
    super({
      transform(chunk, controller) {
        pending.push(chunk);
        if (!allowCR && !chunk.includes("\n")) return;
        const lines = pending.join("").split(allowCR ? ANY_END : LINE_FEED_END);
        const rest = lines.pop();
        pending = rest ? [rest] : [];
        for (const line of lines) controller.enqueue(line);
      },
      flush(controller) {
        const rest = pending.join("");
        if (rest === "") return;
        controller.enqueue(allowCR && rest.endsWith("\r") ? rest.slice(0, -1) : rest);
      },
    });
  }
}
