/**
 * Runs the user's function over chunks.
 *
 * This runs beside the user's function: see ../jobs/primordials.ts.
 *
 * @module
 */

import { InputError, ItemReader } from "../jobs/items.ts";
import { parseMarked } from "../jobs/marked_json.ts";
import { isSafeInteger, sliceText, toBigInt, toNumber } from "../jobs/primordials.ts";
import { ValueError } from "../jobs/values.ts";
import {
  LEFTOVERS_TURN_MS,
  MAX_SHOWN_ITEM_CHARS,
  MAX_SLOT_STACKS,
  SLOT_WATCH_MS,
} from "../limits.ts";
import { accumulatorText, Combiner } from "./combiner.ts";
import type { JobContext } from "./job_context.ts";
import type { Output } from "./output.ts";
import type { Printer } from "./printer.ts";
import * as shared from "./shared.ts";
import type { SandboxChunk, SandboxJob } from "./shared.ts";
import { type Sink, sinkOf } from "./sinks.ts";
import { messageOf, oneLine, stackOf } from "./trouble.ts";
import { BrokenJobError, type UserModule } from "./user_module.ts";

const { ATTENTION, FROM_SANDBOX, INDEX, RUNNING, SPAN, STOP, UNWANTED } = shared;
const startInterval = setInterval;
const stopInterval = clearInterval;

/** What chunks are run with. */
export interface RunnerParts {
  readonly job: SandboxJob;
  readonly module: UserModule;
  readonly context: JobContext;
  readonly output: Output;
  readonly printer: Printer;
  /** The words that both threads look at. */
  readonly state: Int32Array;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** Whether there is nothing to go on with behind the chunk that runs. */
  readonly isLast: () => boolean;
  /** Lets what the function has left undone have its turn. */
  readonly turn: () => Promise<void>;
}

/** Stretches that are still to be done: at each halving one is added, and there are at most 2^31 items. */
const MAX_STRETCHES = 64;
const MAX_SAFE = 2n ** 53n - 1n;
const NO_CHUNK = { serial: 0, position: 0, count: 0, first: "0", itemBytes: 0, merge: false };

/** Runs one chunk after the other. */
export class ChunkRunner {
  readonly #parts: RunnerParts;
  readonly #state: Int32Array;
  readonly #combiner: Combiner;
  readonly #sink: Sink;
  readonly #reader = new ItemReader();
  #chunk: SandboxChunk = NO_CHUNK;
  /** The number at the chunk's position, where all numbers of the chunk are safe. */
  #first = 0;
  /** The same where they are not. */
  #bigFirst: bigint | undefined;
  /** The item that is next, or is waited for. */
  #index = 0;
  /** Ends of the stretches that mapRange has still to do, the next one last. */
  readonly #ends = new Float64Array(MAX_STRETCHES);
  #stretches = 0;
  /** What has to be waited for. */
  #promise: unknown;
  /** Failures that were told with their stack. */
  #stacks = 0;
  /** When what the function has left undone had its turn. */
  #turnedMs = -Infinity;

  /** Runs nothing yet. */
  constructor(parts: RunnerParts) {
    this.#parts = parts;
    this.#state = parts.state;
    const { job, module, output } = parts;
    this.#combiner = new Combiner(module, job.name, parts.state);
    this.#sink = sinkOf(job, module, output, this.#combiner);
  }

  /** Runs a chunk, whose lines these are, to its end, or until it shall stop. */
  async run(chunk: SandboxChunk, lines: Uint8Array): Promise<void> {
    const { now, output, printer, context } = this.#parts;
    const startedMs = now();
    output.waitedMs = 0;
    this.#begin(chunk, lines);
    if (chunk.merge) this.#merge();
    else {
      let isWhole = this.#runOn();
      if (!isWhole) {
        const watch = startInterval(() => {
          // Whether it shall stop is for the loop to see.
          if (this.#state[ATTENTION] !== 0 && this.#attend()) this.#state[ATTENTION] = 1;
          if (this.#isUnwanted()) context.abort();
        }, SLOT_WATCH_MS);
        while (!isWhole) {
          await this.#waitFor();
          isWhole = this.#runOn();
        }
        stopInterval(watch);
        context.renewSignal();
      }
      this.#sink.flush(this.#index);
    }
    this.#state[INDEX] = -1;
    const endedMs = now();
    const ms = `${endedMs - startedMs - output.waitedMs}`;
    output.tell(FROM_SANDBOX.resting, this.#index, ms);
    // The job may be over with this chunk: what is to be said of it is said before.
    if (this.#parts.isLast() || endedMs - this.#turnedMs >= LEFTOVERS_TURN_MS) {
      await this.#parts.turn();
      this.#turnedMs = now();
    } else await null;
    printer.tellDropped();
    this.#state[RUNNING] = 0;
    output.tell(FROM_SANDBOX.done, this.#index, ms);
  }

  #begin(chunk: SandboxChunk, lines: Uint8Array): void {
    this.#chunk = chunk;
    this.#reader.begin(lines);
    const first = toBigInt(chunk.first);
    const isSafe = isSafeInteger(toNumber(first)) &&
      isSafeInteger(toNumber(first + toBigInt(chunk.count)));
    this.#first = toNumber(first);
    this.#bigFirst = isSafe ? undefined : first;
    this.#index = 0;
    this.#ends[0] = chunk.count;
    this.#stretches = 1;
    if (!isSafe) {
      // A call is given two numbers or two bigints.
      this.#cutAt(toNumber(MAX_SAFE + 1n - first));
      this.#cutAt(toNumber(-MAX_SAFE - first));
    }
    this.#sink.begin(0);
    this.#state[SPAN] = 1;
    this.#state[RUNNING] = chunk.serial;
  }

  /** The next stretch ends in front of an index, if that is within the chunk. */
  #cutAt(index: number): void {
    if (index > 0 && index < this.#chunk.count) this.#ends[this.#stretches++] = index;
  }

  #runOn(): boolean {
    return this.#parts.job.call === "map" ? this.#runItems() : this.#runStretches();
  }

  /** Runs items until the chunk is done or shall stop (`true`), or a value has to be waited for (`false`). */
  #runItems(): boolean {
    const { context, job, module: { map } } = this.#parts;
    const { count, position } = this.#chunk;
    const state = this.#state;
    const sink = this.#sink;
    const { shown } = context;
    const isSafeRange = job.input === "range" && this.#bigFirst === undefined;
    const first = this.#first;
    let index = this.#index;
    while (index < count) {
      if (state[ATTENTION] !== 0 && this.#attend()) break;
      state[INDEX] = index;
      context.at(position + index);
      try {
        const value = map(isSafeRange ? first + index : this.#item(index), shown);
        if (isThenable(value)) {
          this.#promise = value;
          this.#index = index;
          return false;
        }
        sink.take(value, index + 1);
      } catch (error) {
        this.#failed(error, index);
      }
      index++;
    }
    this.#index = index;
    return true;
  }

  /**
   * Like {@linkcode ChunkRunner.#runItems}, a stretch at a time. One that throws is halved, so that the single
   * item is found, and all others get their value.
   */
  #runStretches(): boolean {
    const { context, module: { mapRange } } = this.#parts;
    const { position } = this.#chunk;
    while (this.#stretches > 0) {
      if (this.#state[ATTENTION] !== 0 && this.#attend()) break;
      const index = this.#index;
      const end = this.#ends[this.#stretches - 1]!;
      this.#state[SPAN] = end - index;
      this.#state[INDEX] = index;
      context.at(position + index);
      try {
        const value = mapRange(this.#item(index), this.#item(end - 1), context.shown);
        if (isThenable(value)) {
          this.#promise = value;
          return false;
        }
        this.#sink.take(value, end);
        this.#stretchDone(end);
      } catch (error) {
        this.#stretchFailed(error);
      }
    }
    return true;
  }

  #stretchDone(end: number): void {
    this.#index = end;
    this.#stretches--;
  }

  #stretchFailed(error: unknown): void {
    if (BrokenJobError.is(error)) throw error;
    const index = this.#index;
    const end = this.#ends[this.#stretches - 1]!;
    if (end - index > 1) {
      this.#ends[this.#stretches++] = index + ((end - index) >>> 1);
      return;
    }
    this.#failed(error, index);
    this.#stretchDone(end);
  }

  /** Waits for the value that an async function promised, and takes it. */
  async #waitFor(): Promise<void> {
    const isMap = this.#parts.job.call === "map";
    const end = isMap ? this.#index + 1 : this.#ends[this.#stretches - 1]!;
    try {
      this.#sink.take(await this.#promise, end);
      if (isMap) this.#index = end;
      else this.#stretchDone(end);
    } catch (error) {
      // What it throws when it is told that its value is not wanted is no failure: it was not finished.
      if (this.#isUnwanted()) {
        this.#state[ATTENTION] = 1;
        return;
      }
      if (isMap) this.#failed(error, this.#index++);
      else this.#stretchFailed(error);
    }
    this.#promise = undefined;
  }

  /**
   * Combines accumulators to one.
   *
   * @throws {BrokenJobError} If they cannot be, which is no single item's fault.
   */
  #merge(): void {
    const { module, output, context } = this.#parts;
    const { count, position, itemBytes } = this.#chunk;
    // A single empty line asks for the accumulator of nothing.
    const isNothing = itemBytes < 2;
    let accumulator: unknown;
    for (let index = 0; index < count && !isNothing; index++) {
      this.#state[INDEX] = index;
      context.at(position + index);
      const nextText = this.#reader.nextText();
      this.#combiner.keep(nextText);
      const next = parseMarked(nextText);
      accumulator = index === 0 ? next : this.#combiner.combine(accumulator, next);
    }
    this.#index = count;
    const text = isNothing ? module.initial : accumulatorText(accumulator);
    if (!isNothing) {
      this.#combiner.tryOut(text);
      this.#combiner.tryCut();
    }
    output.startAt(0);
    output.reduced(text, count);
  }

  /** Does what the other thread wants between two items; `true` if this chunk shall stop. */
  #attend(): boolean {
    this.#state[ATTENTION] = 0;
    this.#sink.hurry();
    return this.#state[STOP] === this.#chunk.serial;
  }

  /** Whether nobody waits even for the item that runs. */
  #isUnwanted(): boolean {
    return this.#state[UNWANTED] === this.#chunk.serial;
  }

  #item(index: number): unknown {
    if (this.#parts.job.input === "items") return this.#reader.next();
    if (this.#bigFirst === undefined) return this.#first + index;
    const value = this.#bigFirst + toBigInt(index);
    return isSafeInteger(toNumber(value)) ? toNumber(value) : value;
  }

  #failed(error: unknown, index: number): void {
    if (BrokenJobError.is(error)) throw error;
    this.#sink.flush(index);
    this.#tellFailure(error, index);
    this.#sink.begin(index + 1);
  }

  #tellFailure(error: unknown, index: number): void {
    const { job: { name }, output } = this.#parts;
    const isInput = InputError.is(error);
    const isOurs = isInput || ValueError.is(error);
    output.tell(FROM_SANDBOX.failed, index, {
      cause: isInput ? "input" : isOurs ? "value" : "error",
      error: isOurs ? oneLine(error.message) : messageOf(error, name),
      stack: isOurs || this.#stacks++ >= MAX_SLOT_STACKS ? "" : stackOf(error, name),
      item: this.#itemText(index),
    });
  }

  /** The item as JSON, cut to what is shown. */
  #itemText(index: number): string {
    if (this.#parts.job.input === "items") return this.#reader.lineText(MAX_SHOWN_ITEM_CHARS);
    return sliceText(`${this.#item(index)}`, 0, MAX_SHOWN_ITEM_CHARS);
  }
}

function isThenable(value: unknown): boolean {
  return typeof value === "object" && value !== null &&
    typeof (value as { then?: unknown }).then === "function";
}
