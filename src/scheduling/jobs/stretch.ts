import { afterLines, countLines } from "./lines.ts";

const NOTHING: readonly Uint8Array[] = [];

/**
 * Some consecutive positions of a job's input with what is to be done at them: numbers of a range, or lines. It
 * never changes; what is cut shares its bytes.
 */
export class Stretch {
  /** The first position. */
  readonly position: number;
  /** How many positions. */
  readonly count: number;
  /** The number at the first position, of a range. */
  readonly first: bigint | undefined;
  /** The lines, cut anywhere. */
  readonly lines: readonly Uint8Array[];
  /** Length of all lines. */
  readonly bytes: number;

  /** The numbers from `first` on, or the given lines. */
  constructor(
    position: number,
    count: number,
    first: bigint | undefined,
    lines: readonly Uint8Array[] = NOTHING,
  ) {
    this.position = position;
    this.count = count;
    this.first = first;
    this.lines = lines;
    let bytes = 0;
    for (const part of lines) bytes += part.length;
    this.bytes = bytes;
  }

  /** The position after the last. */
  get end(): number {
    return this.position + this.count;
  }

  /** Cuts it behind `count` positions: 0 < `count` < all of them. */
  cut(count: number): [Stretch, Stretch] {
    const { position, first } = this;
    const rest = this.count - count;
    if (count <= 0 || rest <= 0) throw new Error(`Invariant: 0 < ${count} < ${this.count}`);
    if (first !== undefined) {
      return [
        new Stretch(position, count, first),
        new Stretch(position + count, rest, first + BigInt(count)),
      ];
    }
    const [head, tail] = cutLines(this.lines, count);
    return [
      new Stretch(position, count, undefined, head),
      new Stretch(position + count, rest, undefined, tail),
    ];
  }

  /** One stretch of several that follow each other without gaps. */
  static join(stretches: readonly Stretch[]): Stretch {
    const [head] = stretches;
    if (head === undefined) throw new Error("Invariant: something is to be joined");
    if (stretches.length === 1) return head;
    const count = stretches.reduce((sum, stretch) => sum + stretch.count, 0);
    return new Stretch(head.position, count, head.first, stretches.flatMap(({ lines }) => lines));
  }
}

/** The first lines, and the others. */
function cutLines(parts: readonly Uint8Array[], count: number): [Uint8Array[], Uint8Array[]] {
  let left = count;
  for (const [index, part] of parts.entries()) {
    const lines = countLines(part, left);
    if (lines < left) {
      left -= lines;
      continue;
    }
    const end = afterLines(part, left);
    const head = [...parts.slice(0, index), part.subarray(0, end)];
    const tail = parts.slice(index + 1);
    return [head, end < part.length ? [part.subarray(end), ...tail] : tail];
  }
  return [[...parts], []];
}
