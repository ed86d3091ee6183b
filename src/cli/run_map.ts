import { MapError, ModuleError, ProtocolError, ServerUnreachableError } from "../client/errors.ts";
import type { MapJob } from "../client/map/job.ts";
import { decodeModule, isTypeScript, prepareModule } from "../client/map/prepare_module.ts";
import { NoResultError } from "../jobs/accumulator.ts";
import type { Address } from "../protocol/machine.ts";
import type { ClientOptions } from "./commands.ts";
import { EXIT_STATUS, UsageError } from "./exit_status.ts";
import { describeFileProblem } from "./file_problem.ts";
import type { MapAction } from "./map_action.ts";
import { errorText } from "./map_failures.ts";
import { openFiles } from "./map_files.ts";
import type { ItemsInput } from "./map_input.ts";
import { MapProgress, type MapProgressOptions } from "./map_progress.ts";
import { MapSession } from "./map_session.ts";
import { onEndingSignal } from "./signals.ts";

/** Runs a function of the user's own over many inputs, and gives the client's exit status. */
export async function runMap(options: ClientOptions, action: MapAction): Promise<number> {
  const job = await readJob(action);
  if (!action.isHere) return await runOn(options.servers, options.timeoutMs, action, job);
  const { startHere } = await import("./here.ts");
  await using here = startHere(options.logLevel);
  return await runOn([here.server.address], options.timeoutMs, action, job);
}

/** Reads the module, and puts together what the job is. */
async function readJob(action: MapAction): Promise<MapJob> {
  const { modulePath, range, reduce, args, seed, itemTimeoutMs } = action;
  const input = range === undefined ? "items" : "range";
  const source = {
    name: modulePath,
    text: await readModule(modulePath),
    isTypeScript: isTypeScript(modulePath),
  };
  try {
    return {
      ...await prepareModule(source, { input, reduce }),
      input,
      seed,
      ...(args === undefined ? {} : { args }),
      ...(itemTimeoutMs === undefined ? {} : { itemTimeoutMs }),
      ...(range === undefined ? {} : { range }),
    };
  } catch (error) {
    throw asUsage(error);
  }
}

/** A module that cannot be used is wrong usage. */
function asUsage(error: unknown): unknown {
  if (!(error instanceof ModuleError)) return error;
  return new UsageError(error.message, undefined, { cause: error });
}

async function readModule(path: string): Promise<string> {
  let bytes: Uint8Array;
  try {
    bytes = await Deno.readFile(path);
  } catch (error) {
    const why = error instanceof Deno.errors.NotCapable
      ? "it must be a file of its own"
      : describeFileProblem(error, path);
    const message = `cannot read the module "${path}": ${why}`;
    throw new UsageError(message, undefined, { cause: error });
  }
  try {
    return decodeModule(path, bytes);
  } catch (error) {
    throw asUsage(error);
  }
}

async function runOn(
  servers: readonly Address[],
  timeoutMs: number,
  action: MapAction,
  job: MapJob,
): Promise<number> {
  await using files = await openFiles(action, job);
  using progress = new MapProgress({
    isShown: action.showsProgress || isWatched(action),
    total: action.range?.count,
    input: sized(files.input),
    sharesTerminal: action.outputPath === undefined && Deno.stdout.isTerminal(),
  });
  await using session = new MapSession({ servers, timeoutMs, action, job, files, progress });
  const ended = Promise.withResolvers<number>();
  let isEnding = false;
  onEndingSignal((status) => {
    if (!isEnding) progress.above(cancelledText(action, session.isConnected));
    isEnding = true;
    ended.resolve(status);
  });
  try {
    return await Promise.race([session.run(), ended.promise]);
  } catch (error) {
    if (error instanceof ServerUnreachableError && progress.done > 0) {
      progress.above(lostText(action, progress.done));
    }
    const text = describe(error, action.modulePath, progress.jobName);
    if (text === undefined) throw asUsage(error);
    progress.above(text);
    return error instanceof ProtocolError ? EXIT_STATUS.unreachable : EXIT_STATUS.refused;
  }
}

/** What is said where the user ends the job. */
function cancelledText({ isHere, logPath }: MapAction, isConnected: boolean): string {
  const end = isHere
    ? "the job ends"
    : isConnected
    ? "the job ends on all machines"
    : "no server is connected; one that still has the job ends it by itself";
  const advice = logPath === undefined ? "" : "; to go on, run the same command again";
  return `client: cancelled: ${end}${advice}\n`;
}

/** What is said where the job has lost its server for good. */
function lostText({ logPath }: MapAction, done: number): string {
  const advice = logPath === undefined
    ? "with --resume FILE they would not have to be done again"
    : "to go on, run the same command again";
  return `client: the job is lost after ${done} items; ${advice}\n`;
}

/** Whether somebody looks at stderr, and is not typing the input meanwhile. */
function isWatched({ inputPath, range }: MapAction): boolean {
  const isTyped = range === undefined && inputPath === undefined && Deno.stdin.isTerminal();
  return Deno.stderr.isTerminal() && !isTyped;
}

function sized(input: ItemsInput | undefined): MapProgressOptions["input"] {
  if (input?.totalBytes === undefined) return undefined;
  return { bytesOf: input.bytesOf, totalBytes: input.totalBytes };
}

/** What a job that failed says on stderr; `undefined` for what is no failure of a job. */
function describe(error: unknown, modulePath: string, jobName: string): string | undefined {
  if (error instanceof MapError && error.code === "job_cancelled") {
    // Whoever has several running sees which one it was.
    const job = jobName === "" ? modulePath : `${jobName} (${modulePath})`;
    return errorText(new MapError(`${error.message}: ${job}`), modulePath);
  }
  if (error instanceof MapError) return errorText(error, modulePath);
  const isKnown = error instanceof NoResultError || error instanceof ProtocolError;
  return isKnown ? `client: ${error.message}\n` : undefined;
}
