import { Queue } from "../../protocol/queue.ts";
import type { ClientChunk } from "./result_order.ts";
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

/** Something of the input, and the client's chunk that it is of: none if it is of several. */
export interface Owned {
  readonly stretch: Stretch;
  readonly owner: ClientChunk | undefined;
}

/** What a client has given and nobody has been asked to do yet, in the order of the input. */
export class InputQueue {
  /** Positions that wait. */
  count = 0;
  /** Bytes of lines that wait. */
  bytes = 0;
  readonly #waiting = new Queue<Owned>();
  /** What is left of a stretch that was cut, before all others. */
  #head: Owned | undefined;

  /** Adds the next of the input, which is a client's chunk. */
  push(stretch: Stretch, owner: ClientChunk): void {
    this.count += stretch.count;
    this.bytes += stretch.bytes;
    this.#waiting.push({ stretch, owner });
  }

  /** Adds something of the input where it belongs among what waits; gives whether it is not before all of that. */
  insert(stretch: Stretch, owner: ClientChunk): boolean {
    const { position } = stretch;
    if (this.#first === undefined || position < this.#first.stretch.position) return false;
    const later: Owned[] = [];
    const all = [...this.#waiting];
    this.#waiting.clear();
    for (const one of all) (one.stretch.position < position ? this.#waiting : later).push(one);
    this.push(stretch, owner);
    for (const one of later) this.#waiting.push(one);
    return true;
  }

  /** Takes a portion from the beginning, or all of a chunk that was taken back; `undefined` if nothing waits. */
  take(portion: Portion): Owned | undefined {
    const { owner, stretch } = this.#first ?? {};
    if (owner?.isDropped) return { owner, stretch: this.#shift(stretch!.count) };
    const taken: Stretch[] = [];
    let isOfOne = true;
    let { count, bytes } = portion;
    let end: number | undefined;
    for (;;) {
      const next = this.#first;
      if (next === undefined || next.owner?.isDropped || count < 1) break;
      if (end !== undefined && next.stretch.position !== end) break;
      const fitting = Math.min(count, fits(next.stretch, bytes, end === undefined));
      if (fitting < 1) break;
      isOfOne &&= next.owner === owner;
      const part = this.#shift(fitting);
      taken.push(part);
      end = part.end;
      count -= part.count;
      bytes -= part.bytes;
      if (!portion.joins) break;
    }
    if (taken.length === 0) return undefined;
    return { stretch: Stretch.join(taken), owner: isOfOne ? owner : undefined };
  }

  get #first(): Owned | undefined {
    return this.#head ?? this.#waiting.first;
  }

  #drop(): void {
    if (this.#head === undefined) this.#waiting.shift();
    this.#head = undefined;
  }

  #shift(count: number): Stretch {
    const { stretch, owner } = this.#first!;
    this.#drop();
    let part = stretch;
    if (count < stretch.count) {
      const [head, tail] = stretch.cut(count);
      part = head;
      this.#head = { stretch: tail, owner };
    }
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
