import type { MapError } from "../client/errors.ts";
import type { Failure } from "../client/map/job.ts";
import type { PrintMessage } from "../jobs/messages.ts";
import { isJsonObject, parseJson } from "../protocol/json.ts";
import { UsageError } from "./exit_status.ts";
import { describeFileProblem, namingFile } from "./file_problem.ts";
import { emptiedOnce } from "./map_output.ts";
import { writeWhole } from "./stdio.ts";

/** Takes the items that failed, in order. */
export interface FailuresOutput {
  readonly write: (failures: readonly Failure[]) => Promise<void>;
  /** Empties what was there before, once, unless that is kept. */
  readonly begin: () => Promise<void>;
  readonly close: () => void;
}

const encoder = new TextEncoder();
/** How every line begins. */
const BEGINNING = '{"position":';
const FOREIGN = "--resume adds to it, and something else than failures is in it";

/**
 * Opens what `--errors` names: emptied when the job has begun, or of a job that goes on, kept with what was written
 * there before.
 *
 * @throws {UsageError} if it cannot be written.
 */
export async function openFailures(
  path: string | undefined,
  isKept: boolean,
): Promise<FailuresOutput> {
  if (path === undefined) {
    const write = (failures: readonly Failure[]) => {
      const lines = encoder.encode(failures.map(failureLine).join(""));
      return namingFile("stderr", writeWhole(Deno.stderr, lines));
    };
    return { write, begin: () => Promise.resolve(), close: () => {} };
  }
  try {
    const file = await Deno.open(path, { read: true, write: true, create: true });
    const begin = isKept ? () => Promise.resolve() : emptiedOnce(file);
    const known = isKept ? await positionsIn(file) : new Set<number>();
    const write = async (failures: readonly Failure[]) => {
      const fresh = failures.filter(({ position }) => !known.has(position));
      if (fresh.length === 0) return;
      await begin();
      const lines = encoder.encode(fresh.map(failureLine).join(""));
      await namingFile(`--errors "${path}"`, writeWhole(file, lines));
    };
    return { write, begin, close: () => file.close() };
  } catch (error) {
    const why = describeFileProblem(error, path);
    throw new UsageError(`cannot write --errors "${path}": ${why}`, "errors", { cause: error });
  }
}

/**
 * The positions that a file of failures has, which is cut behind its last whole line.
 *
 * @throws {Error} If something else is in it.
 */
async function positionsIn(file: Deno.FsFile): Promise<Set<number>> {
  const positions = new Set<number>();
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(64 * 1024);
  let text = "";
  let goodBytes = 0;
  for (let count = await file.read(buffer); count !== null; count = await file.read(buffer)) {
    const lines = (text + decoder.decode(buffer.subarray(0, count), { stream: true })).split("\n");
    text = lines.pop()!;
    for (const line of lines) {
      goodBytes += encoder.encode(line).length + 1;
      const members = parseJson(line);
      const position = isJsonObject(members) ? members.position : undefined;
      if (!Number.isSafeInteger(position)) throw new Error(FOREIGN);
      positions.add(position as number);
    }
  }
  // What is cut off is ours as well.
  if (!text.startsWith(BEGINNING.slice(0, text.length))) throw new Error(FOREIGN);
  await file.truncate(goodBytes);
  await file.seek(goodBytes, Deno.SeekMode.Start);
  return positions;
}

/** A failure as `--errors` has it. */
function failureLine({ position, item, cause, error, worker }: Failure): string {
  const head = `${BEGINNING}${position},"item":${item === undefined ? null : asJson(item)}`;
  const rest = JSON.stringify({ cause, error, ...(worker === undefined ? {} : { worker }) });
  return `${head},${rest.slice(1)}\n`;
}

/** An item as it is, to the last digit; as a text if it was cut or is no JSON. */
function asJson(item: string): string {
  return parseJson(item) === undefined || item.includes("\n") ? JSON.stringify(item) : item;
}

/** What a failed job says on stderr: the item, what happened, and where in the user's own module. */
export function errorText(error: MapError, modulePath: string): string {
  const { item, worker, userStack } = error;
  return [
    `client: ${stageOf(error, modulePath)}${error.message}`,
    ...(item === undefined ? [] : [`  item: ${item.trim()}`]),
    ...(worker === undefined ? [] : [`  worker: ${worker}`]),
    ...(userStack === undefined ? [] : userStack.split("\n").map((line) => `  ${line.trim()}`)),
  ].map((line) => harmless(line) + "\n").join("") + failureHint(error.failure, error.message);
}

/** What helps, by what a failure says. */
const HINTS: readonly { readonly cause: string; readonly text: RegExp; readonly hint: string }[] = [
  {
    cause: "input",
    text: /the line is no JSON/,
    hint: "every line is one JSON value: make text so with jq -R . and an array with jq -c '.[]'",
  },
  {
    cause: "input",
    text: /the line is not UTF-8/,
    hint: "save the file as UTF-8; what Windows PowerShell 5 writes with > is UTF-16",
  },
  {
    cause: "error",
    text: new RegExp(
      "(?:^|^item \\d+ failed: )ReferenceError: (?:Deno|process|require|module|Buffer|fetch|XMLHttpRequest|WebSocket|" +
        "localStorage|window|document|Worker) is not defined",
    ),
    hint: "a function has the language, and neither files, network, processes nor a page",
  },
];

/** What helps against a failure; empty where nothing is known. */
export function failureHint(cause: string | undefined, text: string): string {
  const found = HINTS.find((one) => one.cause === cause && one.text.test(text));
  return found === undefined ? "" : `client: ${found.hint}\n`;
}

/** Why a job that went on to its end was no success. */
export function failedText(
  { failed, done }: { readonly failed: number; readonly done: number },
  errorsPath: string | undefined,
): string {
  const where = errorsPath === undefined ? "" : `: see ${errorsPath}`;
  return harmless(`client: ${failed} of ${done} items failed${where}`) + "\n";
}

/** What failed, where the message is only what was thrown. */
function stageOf({ code }: MapError, modulePath: string): string {
  if (code === "setup_failed") return `setup of ${modulePath} failed: `;
  return code === "bad_code" ? `${modulePath} cannot be loaded: ` : "";
}

/** What a function printed, line by line behind where it did. */
export function printText({ worker, position, text }: PrintMessage): string {
  const where = [...(worker === undefined ? [] : [worker]), ...(position > 0 ? [position] : [])];
  const head = `[${where.join(" · ")}] `;
  const lines = text.replace(/\n$/, "").split("\n");
  return lines.map((line) => harmless(head + line) + "\n").join("");
}

/** A line without characters that would steer a terminal. */
function harmless(line: string): string {
  return line.replace(/[\p{Cc}]/gu, (character) => character === "\t" ? character : "\ufffd");
}
