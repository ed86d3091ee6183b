import { Queue } from "../../protocol/queue.ts";
import { Stretch } from "./stretch.ts";

/** How much of the input is wanted at once. */
export interface Portion {
  /** Positions at most; 1 at least. */
  readonly count: number;
  /** Bytes of lines at most; a single longer one is given all the same. */
  readonly bytes: number;
  /** Whether what a client gave in several chunks may become one. */
  readonly joins: boolean;
}

/** What a client has given and nobody has been asked to do yet, in the order of the input. */
export class InputQueue {
  /** Positions that wait. */
  count = 0;
  /** Bytes of lines that wait. */
  bytes = 0;
  readonly #stretches = new Queue<Stretch>();
  /** What is left of a stretch that was cut, before all others. */
  #head: Stretch | undefined;

  /** Adds the next of the input. */
  push(stretch: Stretch): void {
    this.count += stretch.count;
    this.bytes += stretch.bytes;
    this.#stretches.push(stretch);
  }

  /** Takes a portion from the beginning; `undefined` if nothing waits. */
  take(portion: Portion): Stretch | undefined {
    const taken: Stretch[] = [];
    let { count, bytes } = portion;
    let end: number | undefined;
    for (;;) {
      const next = this.#first;
      if (next === undefined || count < 1 || (end !== undefined && next.position !== end)) break;
      const fitting = Math.min(count, fits(next, bytes, end === undefined));
      if (fitting < 1) break;
      const part = this.#shift(fitting);
      taken.push(part);
      end = part.end;
      count -= part.count;
      bytes -= part.bytes;
      if (!portion.joins) break;
    }
    return taken.length === 0 ? undefined : Stretch.join(taken);
  }

  get #first(): Stretch | undefined {
    return this.#head ?? this.#stretches.first;
  }

  #drop(): void {
    if (this.#head === undefined) this.#stretches.shift();
    this.#head = undefined;
  }

  #shift(count: number): Stretch {
    const first = this.#first!;
    this.#drop();
    let part = first;
    if (count < first.count) [part, this.#head] = first.cut(count);
    this.count -= part.count;
    this.bytes -= part.bytes;
    return part;
  }
}

/** How many positions of a stretch, judged by its mean, have at most so many bytes. */
function fits({ count, bytes }: Stretch, most: number, isFirst: boolean): number {
  if (bytes <= most) return count;
  const fitting = Math.floor(most / (bytes / count));
  return isFirst ? Math.max(1, fitting) : fitting;
}
