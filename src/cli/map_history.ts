import type { Failure, MapJob, Piece } from "../client/map/job.ts";
import { isFailure, type Outcome } from "../client/map/map_run.ts";
import { sha256 } from "../client/map/prepare_module.ts";
import type { JobIdentity, LogEntry } from "../jobs/job_log.ts";
import { parseJson } from "../protocol/json.ts";
import { JobLogFile } from "./job_log_file.ts";
import { LoggedItems } from "./logged_items.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const NO_BYTES = new Uint8Array(0);

/** What came of a job's items in earlier runs, and is added to in this one. */
export class JobHistory {
  readonly #log: JobLogFile;
  readonly #items: LoggedItems | undefined;
  /** Positions that the log knows. */
  count = 0;

  private constructor(log: JobLogFile, items: LoggedItems | undefined) {
    this.#log = log;
    this.#items = items;
  }

  /**
   * Opens the log of a job.
   *
   * @param next Gives the job's items, where they are lines.
   * @throws {UsageError} if it cannot be used for this job.
   */
  static async open(
    path: string,
    job: MapJob,
    next: (() => Promise<Piece | undefined>) | undefined,
  ): Promise<JobHistory> {
    const log = await JobLogFile.open(path, await identityOf(job));
    return new JobHistory(log, next === undefined ? undefined : new LoggedItems(next));
  }

  /** Whether anything came of items in earlier runs. */
  get hasEntries(): boolean {
    return this.#log.hasEntries;
  }

  /** Gives the items that the log does not know, once it has been replayed. */
  nextPiece(): Promise<Piece | undefined> {
    return this.#items === undefined ? Promise.resolve(undefined) : this.#items.next();
  }

  /**
   * What came of items in earlier runs, in order.
   *
   * @throws {UsageError} if an item has changed since.
   */
  async *replay(): AsyncGenerator<Outcome> {
    for await (const entry of this.#log.replay()) {
      await this.#items?.compare(entry);
      this.count += entry.count;
      yield entry.isFailure ? failureOf(entry) : entry;
    }
  }

  /** Adds what came of the next items. */
  add(outcomes: readonly Outcome[]): Promise<void> {
    return this.#log.append(this.#entriesOf(outcomes));
  }

  /** Writes everything to the disk, and lets others use the log. */
  close(): Promise<void> {
    return this.#log.close();
  }

  *#entriesOf(outcomes: readonly Outcome[]): Iterable<LogEntry> {
    for (const outcome of outcomes) {
      const count = isFailure(outcome) ? 1 : outcome.count;
      yield {
        position: outcome.position,
        count,
        hashes: this.#items?.hashes(count) ?? NO_BYTES,
        bytes: isFailure(outcome) ? encoder.encode(JSON.stringify(outcome)) : outcome.bytes,
        isFailure: isFailure(outcome),
      };
    }
  }
}

function failureOf({ bytes }: LogEntry): Failure {
  // Its checksum was right: it is what was written.
  return parseJson(decoder.decode(bytes)) as Failure;
}

async function identityOf(job: MapJob): Promise<JobIdentity> {
  const { sha256: code, call, reduce, args = "", seed, input, range } = job;
  return {
    function: code,
    call,
    reduce: reduce ?? "none",
    arguments: await sha256(encoder.encode(args)),
    seed: String(seed),
    input: range === undefined ? input : `${range.first}, ${range.count} numbers`,
  };
}
