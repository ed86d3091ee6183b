import { MAX_SHOWN_ITEM_CHARS } from "../../limits.ts";
import { NEWLINE } from "../../protocol/framing.ts";
import { Queue } from "../../protocol/queue.ts";
import type { Piece } from "./job.ts";

const decoder = new TextDecoder();

/** Items that were given to a server, or are to be; `bytes` is absent for those of a range. */
export interface Work {
  readonly position: number;
  readonly count: number;
  readonly bytes?: Uint8Array;
}

/** Work that a server has. */
export interface SentWork extends Work {
  /** Its number on the channel. */
  readonly chunk: number;
  /** Bytes of results that the server may still send. */
  credit: number;
}

/**
 * All of the input that has no answer yet, in order: what the server has, and behind it what waits. What is
 * known to be answered is forgotten; after a loss everything else waits again.
 */
export class Unanswered {
  /** What the server has, in order. */
  sent: Queue<SentWork> = new Queue();
  /** Bytes of items that are held here. */
  heldBytes = 0;
  #waiting = new Queue<Work>();
  /** The position that the next piece begins with. */
  #nextGiven = 1;
  /** The first position without an answer. */
  #next = 1;

  /** The first position that has no answer. */
  get next(): number {
    return this.#next;
  }

  /** How many pieces wait for being sent. */
  get waitingCount(): number {
    return this.#waiting.size;
  }

  /** The piece that is to be sent next. */
  get firstWaiting(): Work | undefined {
    return this.#waiting.first;
  }

  /** Whether everything that was given has been answered. */
  get isEmpty(): boolean {
    return this.#next === this.#nextGiven;
  }

  /** Begins behind positions that have been answered before. Called before anything is given. */
  skip(count: number): void {
    this.#nextGiven += count;
    this.#next += count;
  }

  /** Adds items at the end. */
  give(count: number, bytes?: Piece["bytes"]): void {
    const position = this.#nextGiven;
    this.#nextGiven += count;
    this.heldBytes += bytes?.length ?? 0;
    this.#waiting.push(bytes === undefined ? { position, count } : { position, count, bytes });
  }

  /** Notes that the first of those that wait has been sent. */
  send(chunk: number, credit: number): SentWork {
    const work = this.#waiting.shift();
    if (work === undefined) throw new Error("Invariant: only what waits can be sent");
    const sent: SentWork = { ...work, chunk, credit };
    this.sent.push(sent);
    return sent;
  }

  /** Notes that the first `count` positions have been answered. They are of the first piece. */
  answered(count: number): void {
    this.#next += count;
  }

  /** Forgets the first piece, which has been answered. */
  forgetFirst(): void {
    this.heldBytes -= this.sent.shift()?.bytes?.length ?? 0;
  }

  /** Takes back what a server has that was lost. */
  takeBack(): void {
    const all = new Queue<Work>();
    for (const work of this.sent) {
      const rest = behind(work, this.#next);
      this.heldBytes -= (work.bytes?.length ?? 0) - (rest?.bytes?.length ?? 0);
      if (rest !== undefined) all.push(rest);
    }
    for (const work of this.#waiting) all.push(work);
    this.sent = new Queue();
    this.#waiting = all;
  }
}

/** The part of some work that begins with the given position; `undefined` if that lies behind it. */
function behind({ position, count, bytes }: Work, from: number): Work | undefined {
  if (from <= position) {
    return bytes === undefined ? { position, count } : { position, count, bytes };
  }
  const left = position + count - from;
  if (left <= 0) return undefined;
  if (bytes === undefined) return { position: from, count: left };
  return { position: from, count: left, bytes: bytes.subarray(lineStart(bytes, from - position)) };
}

/** An item of some work as JSON, cut if it is long. */
export function itemText(work: Work, position: number, rangeFirst = 0n): string {
  const { bytes } = work;
  if (bytes === undefined) return String(rangeFirst + BigInt(position - 1));
  const start = lineStart(bytes, position - work.position);
  const end = bytes.indexOf(NEWLINE, start);
  const shown = bytes.subarray(start, Math.min(end, start + MAX_SHOWN_ITEM_CHARS));
  return decoder.decode(shown).trim();
}

/** Where the line with the given number, from 0, begins. */
export function lineStart(bytes: Uint8Array, line: number): number {
  let start = 0;
  for (let passed = 0; passed < line; passed++) {
    const newline = bytes.indexOf(NEWLINE, start);
    if (newline < 0) throw new Error("Invariant: a piece has as many lines as it says");
    start = newline + 1;
  }
  return start;
}
