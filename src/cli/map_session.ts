import { type Collector, collectorOf } from "../client/map/collecting.ts";
import type { Failure, MapJob, Values } from "../client/map/job.ts";
import { isFailure, itemError, MapRun, type Outcome } from "../client/map/map_run.ts";
import type { Address } from "../protocol/machine.ts";
import { EXIT_STATUS } from "./exit_status.ts";
import type { MapAction } from "./map_action.ts";
import { failedText, failureHint, printText } from "./map_failures.ts";
import type { MapFiles } from "./map_files.ts";
import { ArrayParts } from "./map_output.ts";
import type { MapProgress } from "./map_progress.ts";

/** What a session joins. */
export interface MapSessionOptions {
  readonly servers: readonly Address[];
  readonly timeoutMs: number;
  readonly action: MapAction;
  readonly job: MapJob;
  readonly files: MapFiles;
  readonly progress: MapProgress;
}

/** One job with the files that it reads and writes. */
export class MapSession implements AsyncDisposable {
  readonly #options: MapSessionOptions;
  readonly #run: MapRun;
  /** For what becomes one value; `concat` does while it is written. */
  readonly #collector: Collector | undefined;
  readonly #array: ArrayParts | undefined;
  #isHinted = false;

  /** A job that has not begun. */
  constructor(options: MapSessionOptions) {
    this.#options = options;
    const { servers, timeoutMs, action, job, files, progress } = options;
    const { reduce } = job;
    if (reduce === "concat") this.#array = new ArrayParts();
    else if (reduce !== null) this.#collector = collectorOf(reduce, () => this.#run);
    const { history, input } = files;
    this.#run = new MapRun({
      servers,
      timeoutMs,
      job,
      nextPiece: input === undefined ? undefined : history?.nextPiece.bind(history) ?? input.next,
      keepGoing: action.keepsGoing,
      take: async (outcomes) => {
        await history?.add(outcomes);
        await files.output.begin();
        await files.failures.begin();
        await this.#take(outcomes);
      },
      printed: (print) => progress.above(printText(print)),
      progressed: (message) => progress.told(message),
      lost: () => progress.lost(),
    });
  }

  /** Whether a server has the job, and hears of its end. */
  get isConnected(): boolean {
    return this.#run.isConnected;
  }

  /** Runs it to its end, and gives the client's exit status. */
  async run(): Promise<number> {
    const { files: { history, output, failures }, progress, action } = this.#options;
    if (history !== undefined) {
      for await (const outcome of history.replay()) {
        if (isFailure(outcome) && !action.keepsGoing) throw itemError(outcome);
        await this.#take([outcome]);
      }
      progress.earlier = progress.done;
    }
    await this.#run.run(history?.count);
    // Also where no item had anything to write.
    await output.begin();
    await failures.begin();
    if (this.#array !== undefined) await this.#write([this.#array.end()]);
    if (this.#collector !== undefined) {
      const value = await this.#collector.value();
      await this.#write([new TextEncoder().encode(value + "\n")]);
    }
    if (progress.failed === 0) return EXIT_STATUS.ok;
    progress.above(failedText(progress, action.errorsPath));
    return EXIT_STATUS.refused;
  }

  /** Ends the job on all machines. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#run.close();
  }

  /** Has everything written that came of some items. */
  async #take(outcomes: readonly Outcome[]): Promise<void> {
    const { files: { failures }, progress } = this.#options;
    const failed: Failure[] = [];
    const pieces: Uint8Array[] = [];
    for (const outcome of outcomes) {
      if (isFailure(outcome)) failed.push(outcome);
      else {
        progress.done += outcome.count;
        await this.#takeValues(outcome, pieces);
      }
    }
    progress.done += failed.length;
    progress.failed += failed.length;
    if (failed.length > 0) {
      // Where no file is named they go to stderr, where the line may stand.
      progress.above("");
      await failures.write(failed);
      this.#hint(failed);
    }
    if (pieces.length > 0) await this.#write(pieces);
  }

  async #write(pieces: readonly Uint8Array[]): Promise<void> {
    const { files: { output }, progress } = this.#options;
    await progress.apart(pieces, output.write);
  }

  /** Says once what helps. */
  #hint(failed: readonly Failure[]): void {
    if (this.#isHinted) return;
    const hints = failed.map(({ cause, error }) => failureHint(cause, error));
    const hint = hints.find((text) => text !== "");
    if (hint === undefined) return;
    this.#isHinted = true;
    this.#options.progress.above(hint);
  }

  async #takeValues(values: Values, pieces: Uint8Array[]): Promise<void> {
    if (this.#collector !== undefined) await this.#collector.take(values);
    else if (this.#array !== undefined) pieces.push(...this.#array.add(values));
    else pieces.push(values.bytes);
  }
}
