import type { BuiltInReduce } from "../../jobs/module.ts";
import { parseExactly } from "../../jobs/items.ts";
import { shown } from "../../jobs/shown.ts";
import type { Address } from "../../protocol/machine.ts";
import { argsText, checkOptions, isRange, rangeOf } from "./check_options.ts";
import { collectorOf } from "./collecting.ts";
import { itemPieces, valuesOf } from "./item_pieces.ts";
import { TOLD_APART } from "../../jobs/values.ts";
import type { MapJob } from "./job.ts";
import type { MapItems, MapOptions, MapReduceOptions } from "./map_options.ts";
import { isFailure, itemError, MapRun, type Outcome } from "./map_run.ts";
import { decodeModule, isTypeScript, type ModuleSource, prepareModule } from "./prepare_module.ts";

/** What both kinds of jobs are made of. */
interface JobParts {
  readonly servers: readonly Address[];
  readonly timeoutMs: number;
  readonly source: string | URL;
  readonly items: MapItems;
  /** Aborted when the client is closed. */
  readonly closed: AbortSignal;
}

/** The values of a job without reduce, in order. The job begins when the first is asked for. */
export async function* mapValues(
  parts: JobParts,
  options: MapOptions,
): AsyncGenerator<unknown, void> {
  checkOptions(options, "map");
  const { onFailure } = options;
  const handover = new Handover();
  await using job = await startJob(parts, options, null, (outcomes) => handover.give(outcomes));
  job.run.run().then(() => handover.end(), (error) => handover.fail(error));
  for (;;) {
    const outcomes = await handover.take();
    if (outcomes === undefined) return;
    for (const outcome of outcomes) {
      // It may be async, and its rejection nobody else's.
      if (isFailure(outcome)) await onFailure?.(itemError(outcome));
      else yield* valuesOf(outcome);
    }
  }
}

/** The one value of a job with a reduce. */
export async function mapReduceValue(
  parts: JobParts,
  options: MapReduceOptions,
): Promise<unknown> {
  checkOptions(options, "all");
  const { onFailure, reduce } = options;
  await using job = await startJob(parts, options, reduce, async (outcomes) => {
    for (const outcome of outcomes) {
      if (isFailure(outcome)) await onFailure?.(itemError(outcome));
      else await collector.take(outcome);
    }
  });
  const { run } = job;
  if (job.reduce === null) {
    throw new TypeError('Cannot reduce: give a reduce, or export "reduce" and "initial"');
  }
  const collector = collectorOf(job.reduce, () => run, TOLD_APART);
  await run.run();
  return parseExactly(await collector.value());
}

/** A job that stands ready. */
interface StartedJob extends AsyncDisposable {
  readonly run: MapRun;
  readonly reduce: MapJob["reduce"];
}

async function startJob(
  parts: JobParts,
  options: MapOptions,
  reduce: BuiltInReduce | null | undefined,
  take: (outcomes: readonly Outcome[]) => Promise<void>,
): Promise<StartedJob> {
  const { servers, timeoutMs, items } = parts;
  const { keepGoing = false, onPrint } = options;
  const signal = options.signal === undefined
    ? parts.closed
    : AbortSignal.any([options.signal, parts.closed]);
  signal.throwIfAborted();
  const job = await describeJob(parts, options, reduce);
  const pieces = isRange(items) ? undefined : itemPieces(items);
  const run = new MapRun({
    servers,
    timeoutMs,
    job,
    nextPiece: pieces && (async () => (await pieces.next()).value ?? undefined),
    keepGoing,
    take,
    printed: onPrint && (({ text, position, worker = "" }) => onPrint({ text, position, worker })),
  });
  const abort = () => run.abort(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  // Nothing is told of what happened while the job was being prepared.
  if (signal.aborted) abort();
  return {
    run,
    reduce: job.reduce,
    [Symbol.asyncDispose]: async () => {
      signal.removeEventListener("abort", abort);
      await run.close();
      // Whatever it waits for is no business of ours any more.
      pieces?.return(undefined).catch(() => {});
    },
  };
}

async function describeJob(
  { source, items }: JobParts,
  options: MapOptions,
  reduce: BuiltInReduce | null | undefined,
): Promise<MapJob> {
  const { seed = 0, itemTimeoutMs } = options;
  const range = isRange(items) ? rangeOf(items) : undefined;
  const input = range === undefined ? "items" : "range";
  return {
    ...await prepareModule(await readSource(source), { input, reduce }),
    input,
    seed,
    tellsApart: true,
    ...argsText(options),
    ...(itemTimeoutMs === undefined ? {} : { itemTimeoutMs }),
    ...(range === undefined ? {} : { range }),
  };
}

/** No module is a single word that ends like the name of a file. */
const PATH = /^\s*[^\s;{}()]+\.[cm]?[jt]s\s*$/;

async function readSource(source: string | URL): Promise<ModuleSource> {
  if (typeof source === "string" && PATH.test(source)) {
    throw new TypeError(
      `Cannot use ${shown(source.trim())} as a module's text: for a file, give its URL, such as ` +
        "new URL(path, import.meta.url)",
    );
  }
  // Nearly all JavaScript is TypeScript as well.
  if (typeof source === "string") return { name: "module.ts", text: source, isTypeScript: true };
  if (!(source instanceof URL)) {
    throw new TypeError("Cannot read the module: its text, or the URL of its file, is expected");
  }
  const name = decodeURIComponent(source.pathname.split("/").at(-1) ?? "");
  const text = decodeModule(name, await Deno.readFile(source));
  return { name, text, isTypeScript: isTypeScript(name) };
}

/** Outcomes on their way from a job to whoever iterates: the job waits until all are taken. */
class Handover {
  #outcomes: readonly Outcome[] | undefined;
  #taken: (() => void) | undefined;
  #given: (() => void) | undefined;
  #hasEnded = false;
  #error: { readonly error: unknown } | undefined;

  /** Gives outcomes; resolves when the next are wanted. */
  give(outcomes: readonly Outcome[]): Promise<void> {
    this.#outcomes = outcomes;
    this.#given?.();
    return new Promise((resolve) => this.#taken = resolve);
  }

  /** Takes the next; `undefined` at the end. */
  async take(): Promise<readonly Outcome[] | undefined> {
    this.#taken?.();
    while (this.#outcomes === undefined) {
      if (this.#error !== undefined) throw this.#error.error;
      if (this.#hasEnded) return undefined;
      await new Promise<void>((resolve) => this.#given = resolve);
    }
    const outcomes = this.#outcomes;
    this.#outcomes = undefined;
    return outcomes;
  }

  /** No more come. */
  end(): void {
    this.#hasEnded = true;
    this.#given?.();
  }

  /** No more come, because of an error. */
  fail(error: unknown): void {
    this.#error = { error };
    this.#given?.();
  }
}
