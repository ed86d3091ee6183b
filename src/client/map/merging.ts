import { MAX_MERGE_BYTES, MAX_MERGE_LINES, MAX_TREE_BYTES } from "../../limits.ts";
import { NEWLINE } from "../../protocol/framing.ts";
import type { Merge } from "./job.ts";

/** What a tree needs. */
export interface MergePort {
  /** Has accumulators merged. */
  merge(merge: Merge): void;
  /** There is one accumulator for everything. */
  finished(line: Uint8Array): void;
}

/** An accumulator, or a place where one will be. */
interface Node {
  readonly position: number;
  /** How many times what is in it was merged. */
  readonly level: number;
  /** Absent while it is being made. */
  line?: Uint8Array;
}

/**
 * Accumulators in the order of the input, of which neighbours are merged until one is left. Which ones depends
 * on when they come, but never their order.
 */
export class MergeTree {
  readonly #port: MergePort;
  #nodes: Node[] = [];
  #bytes = 0;
  #pending = 0;
  #hasEnded = false;
  #roomMade: (() => void) | undefined;

  /** A tree of nothing. */
  constructor(port: MergePort) {
    this.#port = port;
  }

  /** Whether it should be given more. */
  get hasRoom(): boolean {
    return this.#bytes <= MAX_TREE_BYTES;
  }

  /** Calls back once when it should be given more. */
  onRoom(made: () => void): void {
    this.#roomMade = made;
  }

  /** Adds the next accumulator. */
  add(position: number, line: Uint8Array): void {
    this.#nodes.push({ position, level: 0, line });
    this.#bytes += line.length;
    this.#collapse(this.#lastRun);
  }

  /** Says that no more come. */
  end(): void {
    this.#hasEnded = true;
    // The slot knows what nothing is.
    if (this.#nodes.length === 0) this.#merge(0, 0);
    else this.#collapse();
  }

  /** Merges what can be merged now; in front of `from` nothing has changed. */
  #collapse(from = 0): void {
    if (this.#hasEnded && this.#nodes.length === 1) {
      const { line } = this.#nodes[0]!;
      if (line !== undefined) this.#port.finished(line);
      return;
    }
    this.#mergeRuns(false, from);
    // With much in it, or at its end, neighbours are merged however often each was already.
    if (this.#hasEnded || (!this.hasRoom && this.#pending === 0)) this.#mergeRuns(true);
  }

  /** Where the accumulators begin that may be merged with the last one, which was never merged. */
  get #lastRun(): number {
    let start = this.#nodes.length - 1;
    for (; start > 0; start--) {
      const { level, line } = this.#nodes[start - 1]!;
      if (level > 0 || line === undefined) break;
    }
    return start;
  }

  #mergeRuns(isUrgent: boolean, from = 0): void {
    for (let start = from; start < this.#nodes.length; start++) {
      const count = this.#runLength(start, isUrgent);
      if (count > 1) this.#merge(start, count);
    }
  }

  /** How many nodes from one on are to be merged; 0 for none. */
  #runLength(start: number, isUrgent: boolean): number {
    const { level } = this.#nodes[start]!;
    let bytes = 0;
    let count = 0;
    for (let index = start; index < this.#nodes.length; index++) {
      const node = this.#nodes[index]!;
      if (node.line === undefined || (node.level !== level && !isUrgent)) break;
      bytes += node.line.length;
      count++;
      if (count === MAX_MERGE_LINES || (count > 1 && bytes >= MAX_MERGE_BYTES)) return count;
    }
    return isUrgent ? count : 0;
  }

  #merge(start: number, count: number): void {
    const merged = this.#nodes.slice(start, start + count);
    const position = merged[0]?.position ?? 1;
    const level = merged.reduce((most, node) => Math.max(most, node.level), 0) + 1;
    const node: Node = { position, level };
    this.#nodes.splice(start, count, node);
    this.#pending++;
    const bytes = merged.reduce((sum, { line }) => sum + (line?.length ?? 0), 0);
    // A single empty line asks for the accumulator of nothing.
    const lines = count === 0
      ? [Uint8Array.of(NEWLINE)]
      : merged.flatMap(({ line }) => line === undefined ? [] : [line]);
    this.#port.merge({
      position,
      lines,
      merged: (line) => {
        this.#pending--;
        node.line = line;
        this.#bytes += line.length - bytes;
        this.#collapse();
        if (this.hasRoom) this.#roomMade?.();
      },
    });
  }
}
