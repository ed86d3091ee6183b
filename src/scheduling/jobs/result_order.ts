import { failedBytes } from "../../jobs/failed_bytes.ts";
import { afterLines } from "./lines.ts";
import type { Requester } from "./requester.ts";
import type { ResultBudget } from "./result_budget.ts";
import { creditBytes, type Entry, entryBytes, Segment } from "./segment.ts";
import type { Stretch } from "./stretch.ts";

/** A chunk as a client gave it: its results come under its number. */
export interface ClientChunk {
  readonly number: number;
  /** The next position that the client is to be told of. */
  next: number;
  readonly end: number;
  /** Bytes of results that the client takes. */
  credit: number;
  /** Whether the client has been told that it runs. */
  isStarted: boolean;
  /** Whether the client has taken it back: nothing more is said of it. */
  isDropped: boolean;
}

/**
 * Results in the order of the input, whatever order they come in: segments one after the other, and the chunks
 * under which their client knows the same positions. The first segment's results go out as they come.
 *
 * Invariant: a segment without an owner is of the chunks that came first, which are in the order of the input.
 */
export class ResultOrder {
  /** Whether it is of accumulators that are to be combined. */
  readonly isMerge: boolean;
  /** The first segment that has not been told of to its end. */
  first: Segment | undefined;
  /** The last segment. */
  last: Segment | undefined;
  /** In the order in which they came. */
  readonly #chunks = new Set<ClientChunk>();
  readonly #requester: Requester;
  readonly #budget: ResultBudget;
  readonly #ended: (chunk: ClientChunk) => void;
  /** Time that was taken for what has been told of, as far as the client does not know of it. */
  #untoldMs = 0;

  /**
   * No segments and no chunks. What is known counts in the budget until it has been told.
   *
   * @param ended Hears of each chunk of which the client has been told to its end.
   */
  constructor(
    isMerge: boolean,
    requester: Requester,
    budget: ResultBudget,
    ended: (chunk: ClientChunk) => void,
  ) {
    this.isMerge = isMerge;
    this.#requester = requester;
    this.#budget = budget;
    this.#ended = ended;
  }

  /** Whether everything that was given has been told of. */
  get isEmpty(): boolean {
    return this.#chunks.size === 0;
  }

  /** How many of the client's chunks have not been told of to their ends. */
  get chunkCount(): number {
    return this.#chunks.size;
  }

  /** The client's chunks, in order. */
  get chunks(): Iterable<ClientChunk> {
    return this.#chunks;
  }

  /** Whether the client takes more of what comes next, or of another segment if that came next. */
  takes(segment: Segment | undefined = this.first): boolean {
    const chunk = this.#chunkOf(segment);
    if (chunk === undefined || chunk.isDropped) return true;
    return chunk.credit > 0 && !this.#requester.isClogged;
  }

  /** The client has given a chunk. */
  addChunk(chunk: ClientChunk): void {
    this.#chunks.add(chunk);
  }

  /** Adds a segment at the end, or behind another one. If it is of a single chunk, that is its owner. */
  add(stretch: Stretch, owner: ClientChunk | undefined, behind = this.last): Segment {
    return this.#insert(new Segment(this, stretch, owner), behind);
  }

  /** Adds a segment in front of all that come later in the input. */
  addBefore(stretch: Stretch, owner: ClientChunk): Segment {
    let behind: Segment | undefined;
    for (let one = this.first; one !== undefined; one = one.next) {
      if (one.stretch.position > stretch.position) break;
      behind = one;
    }
    return this.#insert(new Segment(this, stretch, owner), behind);
  }

  #insert(segment: Segment, behind: Segment | undefined): Segment {
    const next = behind === undefined ? this.first : behind.next;
    segment.next = next;
    if (behind === undefined) this.first = segment;
    else behind.next = segment;
    if (next === undefined) this.last = segment;
    return segment;
  }

  /** Tells the client that a chunk runs. */
  started(chunk: ClientChunk): void {
    if (chunk.isStarted || chunk.isDropped) return;
    chunk.isStarted = true;
    this.#requester.started(chunk);
  }

  /** Sends what is known, as far as it is known without a gap and the client takes it. Gives whether it sent any. */
  flush(): boolean {
    let hasSent = false;
    for (let segment = this.first; segment !== undefined; segment = this.first) {
      const entry = segment.entries.first;
      if (entry === undefined) {
        if (!segment.isDone) break;
        this.#finish(segment);
        hasSent = true;
        continue;
      }
      const chunk = this.#chunkOf(segment);
      if (chunk === undefined) throw new Error("Invariant: what is known was asked for");
      if (!this.#mayTell(chunk, entry)) break;
      segment.entries.shift();
      this.#budget.held -= entryBytes(entry);
      this.#tell(segment, entry);
      hasSent = true;
    }
    return hasSent;
  }

  /** What costs something goes out while there is any credit, and is read: both may be passed once, by one message. */
  #mayTell(chunk: ClientChunk, entry: Entry): boolean {
    if (chunk.isDropped || creditBytes(entry) === 0) return true;
    return chunk.credit > 0 && !this.#requester.isClogged;
  }

  /** Tells of one entry, which may belong to several of the client's chunks. */
  #tell(segment: Segment, entry: Entry): void {
    let { position, count, payload } = entry;
    for (;;) {
      const chunk = this.#chunkOf(segment)!;
      const part = Math.min(count, chunk.end - position);
      const isWhole = part === count;
      let bytes = payload;
      if (!isWhole && payload !== undefined) {
        const end = afterLines(payload, part);
        bytes = payload.subarray(0, end);
        payload = payload.subarray(end);
      }
      this.#tellPart(chunk, { ...entry, position, count: part, payload: bytes });
      if (isWhole) return;
      position += part;
      count -= part;
    }
  }

  #tellPart(chunk: ClientChunk, { position, count, payload, failure }: Entry): void {
    chunk.next = position + count;
    if (!chunk.isDropped) {
      if (failure !== undefined) {
        chunk.credit -= failedBytes(failure);
        this.#requester.failed(chunk, failure);
      } else if (payload !== undefined) {
        chunk.credit -= payload.length;
        this.#requester.result(chunk, position, count, payload);
      }
    }
    const segmentEnd = this.first!.stretch.end;
    // The last one of a segment is done when that is: then it is known how long it took.
    if (chunk.next === chunk.end && chunk.end < segmentEnd) this.#chunkDone(chunk);
  }

  #finish(segment: Segment): void {
    this.first = segment.next;
    if (segment.next === undefined) this.last = undefined;
    this.#untoldMs += segment.ms;
    const chunk = this.#chunkOf(segment);
    if (chunk !== undefined && chunk.next === chunk.end) this.#chunkDone(chunk);
  }

  #chunkDone(chunk: ClientChunk): void {
    this.#chunks.delete(chunk);
    if (chunk.isDropped) return;
    this.#ended(chunk);
    this.#requester.done(chunk, this.#untoldMs);
    this.#untoldMs = 0;
  }

  /** The chunk under which the client knows the beginning of the first segment, or what another one is of. */
  #chunkOf(segment: Segment | undefined): ClientChunk | undefined {
    if (segment?.owner !== undefined) return segment.owner;
    for (const chunk of this.#chunks) return chunk;
    return undefined;
  }
}
