import { basename, dirname, join } from "node:path";
import type { MapJob } from "../client/map/job.ts";
import { UsageError } from "./exit_status.ts";
import type { MapAction } from "./map_action.ts";
import { type FailuresOutput, openFailures } from "./map_failures.ts";
import { JobHistory } from "./map_history.ts";
import { type ItemsInput, openItems } from "./map_input.ts";
import { openResults, type ResultsOutput } from "./map_output.ts";

/** Everything that a job reads and writes on this machine. */
export interface MapFiles extends AsyncDisposable {
  /** Lines; absent for a range. */
  readonly input: ItemsInput | undefined;
  readonly output: ResultsOutput;
  readonly failures: FailuresOutput;
  readonly history: JobHistory | undefined;
}

/**
 * Opens the files of a job. Those that are emptied come last, when nothing can be refused any more.
 *
 * @throws {UsageError} if one cannot be used.
 */
export async function openFiles(action: MapAction, job: MapJob): Promise<MapFiles> {
  await refuseSameFiles(action);
  const { inputPath, outputPath, errorsPath, logPath, range, keepsGoing } = action;
  await using opened = new AsyncDisposableStack();
  const input = range === undefined ? await openItems(inputPath, keepsGoing) : undefined;
  const history = logPath === undefined
    ? undefined
    : opened.adopt(await JobHistory.open(logPath, job, input?.next), (log) => log.close());
  const failures = await openFailures(errorsPath, history?.hasEntries ?? false);
  opened.defer(() => failures.close());
  const output = await openResults(outputPath);
  opened.defer(() => output.close());
  const all = opened.move();
  return {
    input,
    output,
    failures,
    history,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** Opening some of them empties them: none may be what another one is for. */
async function refuseSameFiles(action: MapAction): Promise<void> {
  const { modulePath, inputPath, outputPath, errorsPath, logPath } = action;
  const named = [
    ["the module", modulePath],
    ["--input", inputPath],
    ["--output", outputPath],
    ["--errors", errorsPath],
    ["--resume", logPath],
  ] as const;
  const seen = new Map<string, string>();
  for (const [name, path] of named) {
    if (path === undefined) continue;
    const real = await realPath(path);
    const other = seen.get(real);
    if (other !== undefined) {
      throw new UsageError(`${other} and ${name} are the same file: "${path}"`);
    }
    seen.set(real, name);
  }
}

/** Where a file is, or will be: two ways of writing the path of one that is not there yet are the same as well. */
async function realPath(path: string): Promise<string> {
  try {
    return await Deno.realPath(path);
  } catch {
    const folder = await Deno.realPath(dirname(path)).catch(() => dirname(path));
    return join(folder, basename(path));
  }
}
