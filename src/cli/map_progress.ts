import type { ProgressMessage } from "../jobs/messages.ts";
import { NOBODY_NOTICE_MS, PROGRESS_DRAW_MS, PROGRESS_LINE_MS } from "../limits.ts";
import { nowMs } from "../net/clock.ts";
import { NEWLINE } from "../protocol/framing.ts";
import { formatProgress, type Progress } from "./progress.ts";
import { writeStderr } from "./stdio.ts";

/** Columns of a progress line that goes to no terminal. */
const PLAIN_COLUMNS = 120;
/** Of a terminal that does not say how wide it is. */
const USUAL_COLUMNS = 80;

/** Where the numbers of a progress line come from. */
export interface MapProgressOptions {
  /** Whether there is a line at all. */
  readonly isShown: boolean;
  /** How many items there are, where that is known. */
  readonly total: number | undefined;
  /** The input, where its size is known. */
  readonly input:
    | { readonly bytesOf: (items: number) => number; readonly totalBytes: number }
    | undefined;
  /** Whether results go to a terminal, which the line must not be in the way of. */
  readonly sharesTerminal: boolean;
}

/** The line on stderr that shows how far a job is; on a terminal it is drawn over. */
export class MapProgress implements Disposable {
  /** Items that have an answer, failed ones included. */
  done = 0;
  /** Items that failed. */
  failed = 0;
  /** Items that had an answer in an earlier run. */
  earlier = 0;
  /** What the server calls the job; empty until it has said so. */
  jobName = "";
  /** Machines that are at work, once the server has said so. */
  #workers: Progress["workers"];
  readonly #options: MapProgressOptions;
  readonly #isTerminal = Deno.stderr.isTerminal();
  readonly #startedMs = nowMs();
  readonly #timer: ReturnType<typeof setInterval> | undefined;
  /** Runs while nobody is at work. */
  #waiting: ReturnType<typeof setTimeout> | undefined;
  #hasSaidSo = false;
  /** Whether the cursor stands behind the line. */
  #isDrawn = false;
  /** Whether results are being written, or their last line has no end yet. */
  #isHidden = false;

  /** Begins to show it. */
  constructor(options: MapProgressOptions) {
    this.#options = options;
    if (!options.isShown) return;
    this.#timer = setInterval(
      () => this.#draw(),
      this.#isTerminal ? PROGRESS_DRAW_MS : PROGRESS_LINE_MS,
    );
  }

  /** Takes who is at work; if that is nobody for a while, it says so once. */
  told({ name, workers, slots }: Pick<ProgressMessage, "name" | "workers" | "slots">): void {
    this.jobName = name;
    // A server says so at first, before it has asked its workers.
    if (workers > 0 || this.#workers !== undefined) this.#workers = workers;
    if (slots > 0) this.#stopWaiting();
    else if (!this.#hasSaidSo) {
      this.#waiting ??= setTimeout(() => {
        this.#hasSaidSo = true;
        this.#workers = 0;
        this.above("client: waiting for a worker that runs code\n");
      }, NOBODY_NOTICE_MS);
    }
  }

  /** The server is lost, and looked for: nobody is known to be at work. */
  lost(): void {
    this.#workers = "reconnecting";
    this.#stopWaiting();
    this.above("client: the server was lost, and is looked for\n");
  }

  /** Writes text to stderr, and keeps it apart from the line. */
  above(text: string): void {
    writeStderr(this.#isDrawn ? `\r\x1b[K${text}` : text);
    this.#isDrawn = false;
  }

  /** Has results written, and keeps them apart from the line where both go to a terminal. */
  async apart(
    pieces: readonly Uint8Array[],
    write: (pieces: readonly Uint8Array[]) => Promise<void>,
  ): Promise<void> {
    if (!this.#options.sharesTerminal || this.#timer === undefined || !this.#isTerminal) {
      return await write(pieces);
    }
    this.above("");
    this.#isHidden = true;
    await write(pieces);
    // To draw the line behind half a line would wipe that away.
    if (pieces.at(-1)?.at(-1) !== NEWLINE) return;
    this.#isHidden = false;
    this.#draw();
  }

  /** Shows it no more. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#stopWaiting();
    this.above("");
    // A log shall end with what was reached, not with the last full second.
    if (this.#timer !== undefined && !this.#isTerminal) this.#draw();
  }

  #stopWaiting(): void {
    clearTimeout(this.#waiting);
    this.#waiting = undefined;
  }

  #draw(): void {
    if (this.#isHidden) return;
    const { total, input } = this.#options;
    const columns = this.#isTerminal ? Deno.consoleSize().columns || USUAL_COLUMNS : PLAIN_COLUMNS;
    const line = formatProgress({
      done: this.done,
      failed: this.failed,
      elapsedMs: nowMs() - this.#startedMs,
      earlier: this.earlier,
      ...(this.#workers === undefined ? {} : { workers: this.#workers }),
      ...(total === undefined ? {} : { total }),
      ...(input === undefined ? {} : {
        input: { doneBytes: input.bytesOf(this.done), totalBytes: input.totalBytes },
      }),
    }, columns);
    writeStderr(this.#isTerminal ? `\r\x1b[K${line}` : `${line}\n`);
    this.#isDrawn = this.#isTerminal;
  }
}
