import { type Accumulator, NoResultError } from "../../jobs/accumulator.ts";
import { unmarkedText } from "../../jobs/marked_json.ts";
import { accumulatorOf } from "../../jobs/reduce.ts";
import type { BuiltInReduce } from "../../jobs/module.ts";
import type { JobReduce } from "../../jobs/messages.ts";
import type { Values } from "./job.ts";
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
export function collectorOf(reduce: Exclude<JobReduce, null>, run: () => MapRun): Collector {
  return reduce === "own" ? new OwnCollector(run) : new BuiltInCollector(reduce);
}

class BuiltInCollector implements Collector {
  readonly #accumulator: Accumulator;

  constructor(reduce: BuiltInReduce) {
    this.#accumulator = accumulatorOf(reduce);
  }

  take(values: Values): void {
    this.#accumulator.merge(accumulatorText(values));
  }

  value(): Promise<string> {
    return Promise.resolve(this.#accumulator.value());
  }
}

/** Accumulators of the user's own reduce: slots merge them, since only they run code. */
class OwnCollector implements Collector {
  readonly #run: () => MapRun;
  readonly #tree: MergeTree;
  readonly #finished = Promise.withResolvers<Uint8Array>();

  constructor(run: () => MapRun) {
    this.#run = run;
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
    try {
      return unmarkedText(accumulatorText({ bytes }));
    } catch (error) {
      throw new NoResultError((error as Error).message);
    }
  }
}
