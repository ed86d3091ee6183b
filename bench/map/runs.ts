import { Child } from "../cluster/child.ts";
import type { Regime } from "../cluster/regime.ts";
import { descendants, killAll } from "./processes.ts";
import type { Subject } from "./subject.ts";
import type { Work } from "./work.ts";

/** A job that takes so long has gone wrong. */
const PATIENCE_MS = 300_000;

/** Where jobs run. */
export interface Place {
  readonly regime: Regime;
  /** A folder for results. */
  readonly folder: string;
}

/** Makes a place with a folder of its own. */
export async function openPlace(regime: Regime): Promise<Place & AsyncDisposable> {
  const folder = await Deno.makeTempDir({ prefix: "aula bench " });
  const remove = () => Deno.remove(folder, { recursive: true });
  return { regime, folder, [Symbol.asyncDispose]: remove };
}

/** What a job took, and the checksum of its results. */
export interface Timed {
  readonly ms: number;
  readonly digest: string;
}

/**
 * Does a job whose results go to a file.
 *
 * @throws {Error} If it fails.
 */
export async function timeJob(
  { regime, folder }: Place,
  subject: Subject,
  work: Work,
  chunk: number,
): Promise<Timed> {
  const output = `${folder}/${subject.name}`;
  const words = regime.words(subject.words(work, chunk, output));
  let startedMs = performance.now();
  await using child = new Child(words);
  if (subject.saysReady) {
    await child.line();
    startedMs = performance.now();
  }
  const timer = setTimeout(() => killAll([child.pid, ...descendants(child.pid)]), PATIENCE_MS);
  const { success } = await child.status;
  clearTimeout(timer);
  const ms = performance.now() - startedMs;
  if (!success) throw new Error(`Cannot count this: "${words.join(" ")}" failed`);
  return { ms, digest: await digestOf(await Deno.readFile(output)) };
}

/** What came of a job that was looked at while it ran. */
export interface Watched {
  /** Its results. */
  readonly lines: readonly string[];
  /** What it wrote on stderr. */
  readonly said: string;
  /** The longest time between two results. */
  readonly longestGapMs: number;
  /** Whether it was ended since it took too long. */
  readonly isHung: boolean;
}

/** How a job is looked at. */
export interface WatchOptions {
  /** Is called once, so long after the first result, with its process. */
  readonly meanwhile?: { readonly afterMs: number; readonly act: (child: Child) => void };
  /** How long it may take. */
  readonly limitMs: number;
}

/** Does a job and reads its results as they come. */
export async function watchJob(
  { regime, folder }: Place,
  subject: Subject,
  work: Work,
  chunk: number,
  options: WatchOptions,
): Promise<Watched> {
  const errors = `${folder}/${subject.name}.errors`;
  const words = subject.words(work, chunk, undefined);
  await using child = new Child(
    regime.words(["sh", "-c", 'exec "$@" 2> "$0"', errors, ...words]),
  );
  if (subject.saysReady) await child.line();
  const { meanwhile } = options;
  const timers: ReturnType<typeof setTimeout>[] = [];
  let isHung = false;
  let last: number | undefined;
  let longestGapMs = 0;
  let text = "";
  const look = () => {
    if (last !== undefined) longestGapMs = Math.max(longestGapMs, performance.now() - last);
    else if (meanwhile) timers.push(setTimeout(() => meanwhile.act(child), meanwhile.afterMs));
    last = performance.now();
  };
  timers.push(setTimeout(() => {
    isHung = true;
    look();
    killAll([child.pid, ...descendants(child.pid)]);
  }, options.limitMs));
  try {
    for (let piece = await child.piece(); piece !== undefined; piece = await child.piece()) {
      look();
      text += piece;
    }
  } finally {
    timers.forEach((timer) => clearTimeout(timer));
    killAll(descendants(child.pid));
  }
  const lines = text.split("\n").slice(0, -1);
  return { lines, said: await Deno.readTextFile(errors), longestGapMs, isHung };
}

/** The checksum of results. */
export async function digestOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

/**
 * How many results are wrong: those that are missing, and those that nobody asked for; if there are none, those
 * that do not stand in their place.
 */
export function countWrong(expected: readonly string[], lines: readonly string[]): number {
  const left = new Map<string, number>();
  for (const line of expected) left.set(line, (left.get(line) ?? 0) + 1);
  for (const line of lines) left.set(line, (left.get(line) ?? 0) - 1);
  const unmatched = left.values().reduce((sum, count) => sum + Math.abs(count), 0);
  return unmatched > 0 ? unmatched : expected.filter((line, index) => line !== lines[index]).length;
}
