import { type Exercise, exerciseAt, type ExerciseOptions } from "./exercise.ts";

const encoder = new TextEncoder();

/**
 * Exercises as bytes, all requests behind each other and all replies: what is sent next is a piece of one array,
 * and what must come back lies in the other, so a load generator copies and builds nothing while it measures.
 */
export class Book {
  /** How many exercises it has. */
  readonly size: number;
  /** Whether a reply says by its `id` which exercise it belongs to. */
  readonly hasId: boolean;
  /** All requests. */
  readonly requests: Uint8Array;
  /** Where each request begins; one more than there are exercises. */
  readonly requestStarts: Uint32Array;
  /** All right replies. */
  readonly replies: Uint8Array;
  /** Where each reply begins; one more than there are exercises. */
  readonly replyStarts: Uint32Array;

  /** A book of `size` exercises. */
  constructor(size: number, options: ExerciseOptions) {
    this.size = size;
    this.hasId = options.hasId ?? true;
    const exercises: Exercise[] = [];
    for (let index = 0; index < size; index++) exercises.push(exerciseAt(index, options));
    [this.requests, this.requestStarts] = joined(exercises.map(({ request }) => request));
    [this.replies, this.replyStarts] = joined(exercises.map(({ reply }) => reply));
  }

  /** Bytes of the longest reply. */
  get longestReply(): number {
    let longest = 0;
    for (let index = 0; index < this.size; index++) {
      longest = Math.max(longest, this.replyStarts[index + 1]! - this.replyStarts[index]!);
    }
    return longest;
  }
}

function joined(lines: readonly string[]): [bytes: Uint8Array, starts: Uint32Array] {
  const starts = new Uint32Array(lines.length + 1);
  // Every line is ASCII: a character is a byte.
  lines.forEach((line, index) => starts[index + 1] = starts[index]! + line.length);
  return [encoder.encode(lines.join("")), starts];
}
