import type { MapJob } from "../client/map/job.ts";
import type { MapAction } from "./map_action.ts";
import { type FailuresOutput, openFailures } from "./map_failures.ts";
import { JobHistory } from "./map_history.ts";
import { type ItemsInput, openItems } from "./map_input.ts";
import { openResults, type ResultsOutput } from "./map_output.ts";
import { type Named, refuseSameFiles } from "./same_files.ts";

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
  await refuseSame(action);
  const { inputPath, outputPath, errorsPath, logPath, range } = action;
  await using opened = new AsyncDisposableStack();
  const input = range === undefined ? await openItems(inputPath) : undefined;
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

function refuseSame({ range, ...action }: MapAction): Promise<void> {
  const { modulePath, inputPath, outputPath, errorsPath, logPath, configPath } = action;
  const input: Named[] = range === undefined ? [{ name: "--input", path: inputPath }] : [];
  const others: readonly Named[] = [
    { name: "--config", path: configPath },
    { name: "--output", path: outputPath, isWritten: true },
    { name: "--errors", path: errorsPath, isWritten: true },
    { name: "--resume", path: logPath, isWritten: true },
  ];
  return refuseSameFiles([
    { name: "the module", path: modulePath },
    ...input,
    ...others.filter(({ path }) => path !== undefined),
  ]);
}
