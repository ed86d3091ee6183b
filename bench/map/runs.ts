import { Child } from "../cluster/child.ts";
import type { Regime } from "../cluster/regime.ts";
import { descendants, killAll } from "./processes.ts";
import type { Subject } from "./subject.ts";
import type { Work } from "./work.ts";

/** A job that takes so long has gone wrong; of peers, some tries do. */
const PATIENCE_MS = 300_000;
const PEER_PATIENCE_MS = 120_000;

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
  const errors = `${output}.errors`;
  const words = withErrorsIn(errors, subject.words(work, chunk, output));
  let startedMs = performance.now();
  await using child = new Child(regime.words(words));
  const patienceMs = subject.chunks === undefined ? PATIENCE_MS : PEER_PATIENCE_MS;
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    killAll([child.pid, ...descendants(child.pid)]);
  }, patienceMs);
  try {
    if (subject.saysReady) {
      // One that ends before it is ready says why by its status.
      for (let left = subject.processes ?? 1; left > 0; left--) await child.line().catch(() => {});
      startedMs = performance.now();
    }
    const { code } = await child.status;
    const ms = performance.now() - startedMs;
    if (code !== 0) throw new Error(`it ended with status ${code}`);
    return { ms, digest: await digestOf(await Deno.readFile(output)) };
  } catch (error) {
    if (isLate) throw new Error(`it took more than ${patienceMs / 1000} s`);
    const said = (await Deno.readTextFile(errors)).trim().split("\n").at(-1)!.slice(0, 300);
    const { message } = error as Error;
    throw new Error(said === "" ? message : `${message}, and said "${said}"`);
  } finally {
    clearTimeout(timer);
    killAll(descendants(child.pid));
  }
}

/** A command line whose stderr goes to a file. */
function withErrorsIn(path: string, words: readonly string[]): string[] {
  return ["sh", "-c", 'exec "$@" 2> "$0"', path, ...words];
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
  await using child = new Child(regime.words(withErrorsIn(errors, words)));
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
