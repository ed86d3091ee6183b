/**
 * Where a function's values go: each to a line of its own, or all to one accumulator.
 *
 * This runs beside the user's function: see ../jobs/primordials.ts.
 *
 * @module
 */

import type { Accumulator } from "../jobs/accumulator.ts";
import { parseMarked } from "../jobs/marked_json.ts";
import type { BuiltInReduce } from "../jobs/module.ts";
import { accumulatorOf } from "../jobs/reduce.ts";
import { AS_JSON, isBeyond, type NumberForm, TOLD_APART, valueText } from "../jobs/values.ts";
import { MAX_PIECE_BYTES } from "../limits.ts";
import { accumulatorText, type Combiner, settled } from "./combiner.ts";
import type { Output } from "./output.ts";
import type { SandboxJob } from "./shared.ts";
import type { UserModule } from "./user_module.ts";

/** Takes the values of a chunk in order. */
export interface Sink {
  /** The next value is that of the item at this index; nothing is held. */
  begin(index: number): void;
  /**
   * Takes the value of the items before `end` that none was taken of yet.
   *
   * @throws {ValueError} If it cannot be used; nothing has changed then.
   * @throws Whatever a reduce of the user's own throws: with `map` it may have changed its accumulator before.
   */
  take(value: unknown, end: number): void;
  /** Hands over all that it holds, which is of the items before `end`. */
  flush(end: number): void;
  /** Hands over what need not wait for more. */
  hurry(): void;
}

/** The sink that a job wants. */
export function sinkOf(
  job: SandboxJob,
  module: UserModule,
  output: Output,
  combiner: Combiner,
): Sink {
  const form = job.tellsApart ? TOLD_APART : AS_JSON;
  if (job.reduce === null) return new LineSink(output, form);
  if (job.reduce === "own") return new OwnSink(output, module, combiner, job.call === "mapRange");
  return new BuiltInSink(output, job.reduce, form);
}

/** A line for each value. */
class LineSink implements Sink {
  readonly #output: Output;
  readonly #form: NumberForm;

  constructor(output: Output, form: NumberForm) {
    this.#output = output;
    this.#form = form;
  }

  begin(index: number): void {
    this.#output.startAt(index);
  }

  take(value: unknown): void {
    const isPlain = typeof value === "number" && value - value === 0 &&
      (this.#form === AS_JSON || !isBeyond(value));
    if (isPlain) this.#output.number(value);
    else this.#output.json(valueText(value, this.#form));
  }

  flush(): void {
    this.#output.flush();
  }

  hurry(): void {
    this.#output.flush();
  }
}

/** One line for many values, by a reduce of ours. */
class BuiltInSink implements Sink {
  readonly #output: Output;
  readonly #reduce: BuiltInReduce;
  readonly #form: NumberForm;
  #accumulator: Accumulator;
  /** Index of the first item whose value is held. */
  #from = 0;
  /** Index after the last. */
  #to = 0;

  constructor(output: Output, reduce: BuiltInReduce, form: NumberForm) {
    this.#output = output;
    this.#reduce = reduce;
    this.#form = form;
    this.#accumulator = accumulatorOf(reduce, form);
  }

  begin(index: number): void {
    this.#from = this.#to = index;
  }

  take(value: unknown, end: number): void {
    if (!this.#accumulator.add(value, MAX_PIECE_BYTES)) {
      // Together they might be longer than a value may be.
      this.flush(this.#to);
      this.#accumulator.add(value);
    }
    this.#to = end;
  }

  flush(end: number): void {
    if (end === this.#from) return;
    this.#output.startAt(this.#from);
    this.#output.reduced(this.#accumulator.line(), end - this.#from);
    this.#accumulator = accumulatorOf(this.#reduce, this.#form);
    this.#from = end;
  }

  hurry(): void {}
}

/** One line for many values, by the module's own reduce. */
class OwnSink implements Sink {
  readonly #output: Output;
  readonly #module: UserModule;
  readonly #combiner: Combiner;
  /** Whether a value is that of a stretch, whose parts are tried again if it cannot be taken. */
  readonly #isOfStretches: boolean;
  #accumulator: unknown;
  /** Whether the accumulator is still that of nothing. */
  #isEmpty = true;
  #from = 0;

  constructor(output: Output, module: UserModule, combiner: Combiner, isOfStretches: boolean) {
    this.#output = output;
    this.#combiner = combiner;
    this.#module = module;
    this.#isOfStretches = isOfStretches;
    this.#accumulator = parseMarked(module.initial);
  }

  begin(index: number): void {
    this.#from = index;
  }

  take(value: unknown): void {
    if (this.#isOfStretches) this.#takeStretch(value);
    else this.#reduce(value);
  }

  /** Takes a value, or leaves the accumulator as it was: what was changed would be in it twice. */
  #takeStretch(value: unknown): void {
    // A chunk is one stretch unless something in it throws: there is mostly nothing to write.
    const before = this.#isEmpty ? this.#module.initial : accumulatorText(this.#accumulator);
    try {
      this.#reduce(value);
      this.#isEmpty = false;
    } catch (error) {
      this.#accumulator = parseMarked(before);
      throw error;
    }
  }

  #reduce(value: unknown): void {
    const { reduce } = this.#module;
    const sample = this.#combiner.sampled(value);
    this.#accumulator = settled(reduce(this.#accumulator, value), "reduce");
    if (sample !== undefined) this.#combiner.keep(sample);
  }

  flush(end: number): void {
    if (end > this.#from) {
      const text = accumulatorText(this.#accumulator);
      this.#combiner.tryOut(text);
      this.#combiner.tryCut();
      this.#output.startAt(this.#from);
      this.#output.reduced(text, end - this.#from);
    }
    // Where nothing is held, a reduce that threw may still have changed it.
    this.#accumulator = parseMarked(this.#module.initial);
    this.#isEmpty = true;
    this.#from = end;
  }

  hurry(): void {}
}
