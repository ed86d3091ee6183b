import {
  differenceOf,
  type JobIdentity,
  type LogEntry,
  LogReader,
  LogWriter,
} from "../jobs/job_log.ts";
import { LogTail } from "../jobs/log_tail.ts";
import { LOG_LOCK_MS, LOG_READ_BYTES, LOG_SYNC_MS } from "../limits.ts";
import { UsageError } from "./exit_status.ts";
import { cannotWrite, describeFileProblem, namingFile } from "./file_problem.ts";
import { writeWhole } from "./stdio.ts";

/** How every log begins, so that no other file is ever taken for one that was cut short. */
const BEGINNING = new TextEncoder().encode('{"log":"aula job log 1"');

/**
 * The file of a job's log: locked while it is open, read once from its beginning, then added to. What was added
 * is on the disk at most a second later, and when it is closed.
 */
export class JobLogFile {
  readonly #path: string;
  readonly #file: Deno.FsFile;
  readonly #reader = new LogReader();
  #writer: LogWriter | undefined;
  #buffer = new Uint8Array(LOG_READ_BYTES);
  #start = 0;
  #filled = 0;
  /** Bytes of the file before `#start`. */
  #readBytes = 0;
  #isDirty = false;
  #syncing: Promise<void> = Promise.resolve();
  /**
   * Why something could not be written to the disk. It stays: a disk may forget what it could not take, and say of
   * the next that all is well.
   */
  #failure: { readonly error: unknown; isTold: boolean } | undefined;
  readonly #timer: ReturnType<typeof setInterval>;

  private constructor(path: string, file: Deno.FsFile) {
    this.#path = path;
    this.#file = file;
    this.#timer = setInterval(() => this.#sync(), LOG_SYNC_MS);
  }

  /**
   * Opens the log of a job, or begins one.
   *
   * @throws {UsageError} if it cannot be opened, is in use, is no log, or is that of another job.
   */
  static async open(path: string, identity: JobIdentity): Promise<JobLogFile> {
    let file: Deno.FsFile;
    try {
      file = await Deno.open(path, { read: true, write: true, create: true });
    } catch (error) {
      throw problem(path, describeFileProblem(error, path), error);
    }
    if (!(await file.stat()).isFile) {
      file.close();
      throw problem(path, "it is no file that keeps what is written");
    }
    if (!await isLocked(file)) {
      file.close();
      throw problem(path, "another client is using it");
    }
    const log = new JobLogFile(path, file);
    try {
      await log.#begin(identity);
      return log;
    } catch (error) {
      await log.close();
      throw error;
    }
  }

  /** Whether something of earlier runs is in it, as long as that has not been replayed. */
  get hasEntries(): boolean {
    return this.#filled > this.#start;
  }

  /**
   * What came of items in earlier runs, in order. What an interruption has left of an entry at the end of the file
   * is cut off.
   *
   * @throws {UsageError} if an entry is damaged in another way; the file stays as it is.
   */
  async *replay(): AsyncGenerator<LogEntry> {
    let isDamaged = false;
    let behind: number | undefined;
    while (!isDamaged) {
      const reading = this.#reader.entry(this.#buffer, this.#start, this.#filled);
      if (reading.kind === "whole") {
        this.#start = reading.end;
        const { hashes, bytes } = reading.value;
        // The buffer is used again.
        yield { ...reading.value, hashes: hashes.slice(), bytes: bytes.slice() };
      } else if (reading.kind === "damaged") isDamaged = true;
      else if (!await this.#more()) {
        behind = reading.next;
        break;
      }
    }
    const goodBytes = this.#readBytes + this.#start;
    const tail = await this.#tailBehind(goodBytes, behind ?? this.#reader.next + 1);
    if (tail.hasEntry || (isDamaged && !tail.hasHole)) {
      const why = `what it says of item ${this.#reader.next} is damaged` +
        (tail.hasEntry ? ", and there is more behind it" : "");
      throw problem(this.#path, `${why}. Name another file, or delete this one`);
    }
    await this.#file.truncate(goodBytes);
    await this.#file.seek(goodBytes, Deno.SeekMode.Start);
    this.#writer = new LogWriter(this.#reader.chain);
    this.#buffer = new Uint8Array(0);
  }

  /**
   * Adds what came of items.
   *
   * @throws {Error} if the disk could not take this, or what was added earlier.
   */
  async append(entries: Iterable<LogEntry>): Promise<void> {
    if (this.#writer === undefined) {
      throw new Error("Invariant: a log is read before it is added to");
    }
    if (this.#failure !== undefined) {
      this.#failure.isTold = true;
      throw this.#failure.error;
    }
    for (const entry of entries) {
      for (const bytes of this.#writer.entry(entry)) await this.#write(bytes);
    }
    this.#isDirty = true;
  }

  /**
   * Writes everything to the disk, and lets others use it, whatever comes of that.
   *
   * @throws {Error} if the disk could not take it, unless that has been said.
   */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#sync();
    await this.#syncing;
    this.#file.close();
    if (this.#failure?.isTold === false) throw this.#failure.error;
  }

  async #begin(identity: JobIdentity): Promise<void> {
    while (await this.#more()) {
      if (this.#filled >= LOG_READ_BYTES / 2) break;
    }
    const reading = this.#reader.header(this.#buffer.subarray(0, this.#filled));
    if (reading.kind === "whole") {
      const difference = differenceOf(reading.value, identity);
      if (difference !== undefined) {
        throw problem(this.#path, `${difference}. Name another file, or delete this one`);
      }
      this.#start = reading.end;
      return;
    }
    const known = Math.min(this.#filled, BEGINNING.length);
    const isOurs = BEGINNING.subarray(0, known).every((byte, index) =>
      byte === this.#buffer[index]
    );
    if (!isOurs) throw problem(this.#path, "it is not the log of a job");
    if (reading.kind === "damaged") throw problem(this.#path, "its first line is damaged");
    // Interrupted before its first line was whole.
    this.#filled = 0;
    this.#readBytes = 0;
    await this.#file.truncate(0);
    await this.#file.seek(0, Deno.SeekMode.Start);
    const header = new LogWriter().header(identity);
    await this.#write(header);
    this.#reader.header(header);
    this.#readBytes = header.length;
    this.#isDirty = true;
  }

  /** What lies behind the given byte, up to the end of the file: entries from a position on, if any. */
  async #tailBehind(goodBytes: number, nextPosition: number): Promise<LogTail> {
    const firstByte = goodBytes + 1;
    const { size: fileBytes } = await this.#file.stat();
    const tail = new LogTail({ firstByte, fileBytes, nextPosition });
    await this.#file.seek(firstByte, Deno.SeekMode.Start);
    for (;;) {
      const count = await this.#file.read(this.#buffer);
      if (count === null || tail.hasEntry) return tail;
      tail.add(this.#buffer.subarray(0, count));
    }
  }

  /** Reads on; `false` at the end of the file. */
  async #more(): Promise<boolean> {
    const pending = this.#filled - this.#start;
    if (this.#start > 0 && pending < this.#buffer.length / 2) {
      this.#buffer.copyWithin(0, this.#start, this.#filled);
      this.#readBytes += this.#start;
      this.#start = 0;
      this.#filled = pending;
    } else if (this.#filled === this.#buffer.length) {
      const larger = new Uint8Array(2 * this.#buffer.length);
      larger.set(this.#buffer);
      this.#buffer = larger;
    }
    const count = await this.#file.read(this.#buffer.subarray(this.#filled));
    this.#filled += count ?? 0;
    return count !== null;
  }

  #sync(): void {
    if (!this.#isDirty) return;
    this.#isDirty = false;
    // What it cannot take is said at the next append, or at the latest when the file is closed.
    this.#syncing = this.#syncing.then(() => this.#file.syncData()).catch((error) => {
      this.#failure ??= { error: cannotWrite(this.#name, error), isTold: false };
    });
  }

  async #write(bytes: Uint8Array): Promise<void> {
    await namingFile(this.#name, writeWhole(this.#file, bytes));
  }

  get #name(): string {
    return `--resume "${this.#path}"`;
  }
}

function problem(path: string, why: string, cause?: unknown): UsageError {
  return new UsageError(`cannot use --resume "${path}": ${why}`, "resume", { cause });
}

/** A file as newer runtimes have it. */
interface Lockable {
  tryLock?(isExclusive: boolean): Promise<boolean>;
}

/** Locks a file; `false` if somebody else has it locked. */
async function isLocked(file: Deno.FsFile): Promise<boolean> {
  const { tryLock } = file as unknown as Lockable;
  if (tryLock !== undefined) return await tryLock.call(file, true);
  // Older runtimes can only wait for it: then the process ends with the lock not had.
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), LOG_LOCK_MS);
  });
  const locked = await Promise.race([file.lock(true).then(() => true), late]);
  clearTimeout(timer);
  return locked;
}
