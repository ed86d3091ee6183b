import { type Accumulator, NoResultError } from "../../jobs/accumulator.ts";
import { parseMarked, unmarkedText } from "../../jobs/marked_json.ts";
import { accumulatorOf } from "../../jobs/reduce.ts";
import type { BuiltInReduce } from "../../jobs/module.ts";
import type { JobReduce } from "../../jobs/messages.ts";
import type { Values } from "./job.ts";
import { AS_JSON, type NumberForm, ValueError, valueText } from "../../jobs/values.ts";
import { MergeTree } from "./merging.ts";
import type { MapRun } from "./map_run.ts";

/** Makes one value of the accumulators of a job, in the order of the input. */
export interface Collector {
  /**
   * Takes the next accumulator; more should come only when it is done.
   *
   * @throws Whatever the job fails with while there is no room.
   */
  take(values: Values): Promise<void> | void;
  /**
   * The value of everything, as JSON.
   *
   * @throws {NoResultError} For `min` and `max` of nothing, and a result that is too large for a double.
   * @throws {MapError} If accumulators of the user's own could not be merged.
   */
  value(): Promise<string>;
}

const decoder = new TextDecoder();

/** The text of an accumulator, without its newline. */
export function accumulatorText({ bytes }: Pick<Values, "bytes">): string {
  return decoder.decode(bytes).trimEnd();
}

/** What makes one value of a job's accumulators. `run` is asked for when there is something to merge. */
export function collectorOf(
  reduce: Exclude<JobReduce, null>,
  run: () => MapRun,
  form: NumberForm = AS_JSON,
): Collector {
  return reduce === "own" ? new OwnCollector(run, form) : new BuiltInCollector(reduce, form);
}

class BuiltInCollector implements Collector {
  readonly #accumulator: Accumulator;
  readonly #form: NumberForm;

  constructor(reduce: BuiltInReduce, form: NumberForm) {
    this.#accumulator = accumulatorOf(reduce, form);
    this.#form = form;
  }

  take(values: Values): void {
    this.#accumulator.merge(accumulatorText(values));
  }

  value(): Promise<string> {
    return Promise.resolve(this.#accumulator.value(this.#form));
  }
}

/** Accumulators of the user's own reduce: slots merge them, since only they run code. */
class OwnCollector implements Collector {
  readonly #run: () => MapRun;
  readonly #tree: MergeTree;
  readonly #finished = Promise.withResolvers<Uint8Array>();
  readonly #form: NumberForm;

  constructor(run: () => MapRun, form: NumberForm) {
    this.#run = run;
    this.#form = form;
    this.#tree = new MergeTree({
      merge: (merge) => run().merge(merge),
      finished: (line) => this.#finished.resolve(line),
    });
  }

  async take({ position, bytes }: Values): Promise<void> {
    this.#tree.add(position, bytes);
    if (this.#tree.hasRoom) return;
    const room = Promise.withResolvers<void>();
    this.#tree.onRoom(room.resolve);
    // A job that fails merges nothing any more.
    await this.#run().orFailed(room.promise);
  }

  async value(): Promise<string> {
    this.#tree.end();
    const bytes = await this.#run().orFailed(this.#finished.promise);
    const text = accumulatorText({ bytes });
    try {
      if (!this.#form.hasExponents) return unmarkedText(text);
      return valueText(parseMarked(text), this.#form);
    } catch (error) {
      if (!ValueError.is(error)) throw error;
      throw new NoResultError(error.message);
    }
  }
}
