/**
 * The line that shows how far a batch is. Only its text: the clock, the terminal and how often it is drawn
 * are the caller's.
 *
 * @module
 */

/** How far a batch is. */
export interface Progress {
  /** Lines answered, failed ones included. */
  readonly done: number;
  /** Lines whose reply was not ok. */
  readonly failed: number;
  /** Time since the start. */
  readonly elapsedMs: number;
  /** Those among them that were done before the start. */
  readonly earlier?: number;
  /** How many there are in all, where that is known. */
  readonly total?: number;
  /** Machines that are at work, where that is known; nobody knows it while a lost server is looked for. */
  readonly workers?: number | "reconnecting";
  /** How much of the input has been answered, where its size is known: of a file, not of a pipe. */
  readonly input?: {
    /** Bytes of the lines that have been answered. */
    readonly doneBytes: number;
    /** Size of the whole input. */
    readonly totalBytes: number;
  };
}

const MIN_BAR_COLUMNS = 10;
const MAX_BAR_COLUMNS = 40;

/** Before this time a rate, and the time left that follows from it, would be a guess. */
const MIN_RATE_MS = 500;

/**
 * One line, without a newline, of less than `columns` characters: a terminal that is filled to its last
 * column would break the line. What does not fit is left out, from the bar to the count.
 */
export function formatProgress(progress: Progress, columns: number): string {
  const share = doneShare(progress);
  const percent = share === undefined ? [] : [`${Math.floor(share * 100)} %`.padStart(5)];
  const count = `${formatCount(progress.done)} done`;
  const failed = progress.failed === 0 ? [] : [`${formatCount(progress.failed)} failed`];
  const rate = formatRate(progress);
  const timeLeft = formatTimeLeft(progress, share);
  const workers = formatWorkers(progress.workers);
  const variants = [
    [...percent, count, ...failed, ...rate, ...workers, ...timeLeft],
    [...percent, count, ...failed, ...rate, ...timeLeft],
    [...percent, count, ...failed, ...timeLeft],
    [...percent, count, ...failed],
    [...percent, count],
    [count],
  ].map((parts) => parts.join("  "));
  const line = variants.find((variant) => variant.length < columns);
  if (line === undefined) return count.slice(0, Math.max(0, columns - 1));
  if (share === undefined) return line;
  // Two brackets and a space stand around the bar, and the last column stays free.
  const barColumns = Math.min(MAX_BAR_COLUMNS, columns - line.length - 4);
  return barColumns < MIN_BAR_COLUMNS ? line : `${formatBar(share, barColumns)} ${line}`;
}

/** From 0 to 1; `undefined` if the size of the input is not known or is nothing. */
function doneShare(progress: Progress): number | undefined {
  if (progress.total !== undefined && progress.total > 0) return progress.done / progress.total;
  if (progress.input === undefined || progress.input.totalBytes <= 0) return undefined;
  // A file may grow while it is read.
  return Math.min(1, Math.max(0, progress.input.doneBytes / progress.input.totalBytes));
}

function formatBar(share: number, columns: number): string {
  const filled = Math.floor(share * columns);
  return `[${"#".repeat(filled)}${"-".repeat(columns - filled)}]`;
}

function formatWorkers(workers: Progress["workers"]): string[] {
  if (workers === undefined) return [];
  if (typeof workers === "string") return [workers];
  return [workers === 1 ? "1 machine" : `${formatCount(workers)} machines`];
}

function formatRate({ done, elapsedMs, earlier = 0 }: Progress): string[] {
  if (elapsedMs < MIN_RATE_MS) return [];
  const perSecond = (done - earlier) * 1000 / elapsedMs;
  return [`${perSecond < 10 ? perSecond.toFixed(1) : formatCount(Math.round(perSecond))}/s`];
}

function formatTimeLeft(progress: Progress, share: number | undefined): string[] {
  const { done, earlier = 0, elapsedMs, workers } = progress;
  // It does not pass while nobody is at work.
  if (workers === 0 || workers === "reconnecting") return [];
  if (share === undefined || share === 0 || share === 1 || elapsedMs < MIN_RATE_MS) return [];
  // What was done before the start says nothing of how fast it goes now.
  const shareNow = done === 0 ? share : share * (done - earlier) / done;
  if (shareNow === 0) return [];
  return [`${formatSeconds(Math.ceil(elapsedMs * (1 - share) / shareNow / 1000))} left`];
}

/** `45 s`, `3 min 05 s`, `2 h 07 min`. */
function formatSeconds(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${twoDigits(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} min`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}

/** Digits in groups of three, the same in every locale. */
function formatCount(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ",");
}
