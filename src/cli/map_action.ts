/**
 * What `client map` is to do, with everything about its flags checked that needs no file.
 *
 * @module
 */

import type { BuiltInReduce } from "../jobs/module.ts";
import type { ClientReading } from "./client_action.ts";
import { UsageError } from "./exit_status.ts";
import { isFile } from "./kinds.ts";
import type { RangeValue } from "./map_flags.ts";

/** A function of the user's own over many inputs. */
export interface MapAction {
  readonly kind: "map";
  /** The module's file. */
  readonly modulePath: string;
  /** The numbers that it is called with; without them, lines are read. */
  readonly range?: RangeValue;
  /** The file whose lines it is called with; without it, stdin. */
  readonly inputPath?: string;
  /** The file to write; without it, stdout. */
  readonly outputPath?: string;
  readonly reduce?: BuiltInReduce;
  /** The arguments, as JSON. */
  readonly args?: string;
  readonly seed: number;
  readonly keepsGoing: boolean;
  /** Where failures are written; without it, stderr. */
  readonly errorsPath?: string;
  /** The job's log. */
  readonly logPath?: string;
  /** The file that some of this was read from. */
  readonly configPath?: string;
  /** Whether progress is shown where stderr is no terminal. */
  readonly showsProgress: boolean;
  /** Longest time for one item. */
  readonly itemTimeoutMs?: number;
  /** Whether it runs on this machine alone. */
  readonly isHere: boolean;
}

/**
 * Reads the flags of `map`.
 *
 * @throws {UsageError} if it is not clear what it is called with, or flags do not go together.
 */
export function readMap(reading: ClientReading, modulePath: string): MapAction {
  const { values, typed } = reading;
  const { range, input, output, reduce, args, errors, resume, config } = values;
  if (range === undefined && input === undefined) {
    throw new UsageError(
      "map needs its items: --range A..B, or --input FILE (- for stdin)",
      "input",
    );
  }
  const hasBoth = range !== undefined && input !== undefined;
  if (hasBoth && typed.has("range") === typed.has("input")) {
    throw new UsageError("--range and --input exclude each other", "range");
  }
  // What is typed goes before what the config file says.
  const isRange = range !== undefined && !(hasBoth && typed.has("input"));
  if (typed.has("errors") && !values["keep-going"]) {
    throw new UsageError(
      "--errors belongs to --keep-going: without it the first error ends the job",
    );
  }
  if (resume === "-") {
    throw new UsageError("--resume needs a file: what is there is read, and added to", "resume");
  }
  const elsewhere = ["host", "port", "server"].find((name) => typed.has(name));
  if (values.here && elsewhere !== undefined) {
    throw new UsageError(`--here and --${elsewhere} exclude each other`, elsewhere);
  }
  const itemTimeoutMs = values["item-timeout"];
  return {
    kind: "map",
    modulePath,
    ...(isRange ? { range } : isFile(input, "/dev/stdin") ? { inputPath: input } : {}),
    ...(isFile(output, "/dev/stdout") ? { outputPath: output } : {}),
    ...(reduce === undefined ? {} : { reduce }),
    ...(args === undefined ? {} : { args }),
    seed: values.seed,
    keepsGoing: values["keep-going"],
    ...(isFile(errors, "/dev/stderr") ? { errorsPath: errors } : {}),
    ...(resume === undefined ? {} : { logPath: resume }),
    ...(config === undefined ? {} : { configPath: config }),
    showsProgress: values.progress,
    ...(itemTimeoutMs === undefined ? {} : { itemTimeoutMs }),
    isHere: values.here,
  };
}
