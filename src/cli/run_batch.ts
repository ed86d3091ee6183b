import { Batch } from "../client/batch.ts";
import { nowMs } from "../net/clock.ts";
import type { BatchAction } from "./client_action.ts";
import type { ClientOptions } from "./commands.ts";
import { EXIT_STATUS, UsageError } from "./exit_status.ts";
import { describeFileProblem, namingFile } from "./file_problem.ts";
import { formatProgress } from "./progress.ts";
import { refuseSameFiles } from "./same_files.ts";
import { writeStderr, writeStdout, writeWhole } from "./stdio.ts";

/** How often the progress line is drawn. */
const PROGRESS_INTERVAL_MS = 200;

/** Runs a batch from its files or streams, and gives the client's exit status. */
export async function runBatch(options: ClientOptions, action: BatchAction): Promise<number> {
  const { servers, timeoutMs } = options;
  const { inputPath, outputPath, window } = action;
  if (outputPath !== undefined) {
    await refuseSameFiles([
      { name: "--input", path: inputPath },
      { name: "--output", path: outputPath, isWritten: true },
    ]);
  }
  const input = await openInput(inputPath);
  const output = await openOutput(outputPath);
  let readBytes = 0;
  const batch = new Batch({
    servers,
    input: input.readable.pipeThrough(countBytes((bytes) => readBytes += bytes)),
    write: output.write,
    window,
    timeoutMs,
  });
  const startedMs = nowMs();
  const draw = () => {
    const { done, failed } = batch.counts;
    const sized = input.totalBytes === undefined
      ? {}
      : { input: { doneBytes: readBytes, totalBytes: input.totalBytes } };
    const columns = Deno.consoleSize().columns;
    const line = formatProgress(
      { done, failed, elapsedMs: nowMs() - startedMs, ...sized },
      columns,
    );
    writeStderr(`\r\x1b[K${line}`);
  };
  // Not where somebody is typing requests.
  const isShown = Deno.stderr.isTerminal() && (inputPath !== undefined || !Deno.stdin.isTerminal());
  const timer = isShown ? setInterval(draw, PROGRESS_INTERVAL_MS) : undefined;
  try {
    const { failed } = await batch.run();
    return failed === 0 ? EXIT_STATUS.ok : EXIT_STATUS.refused;
  } finally {
    clearInterval(timer);
    if (timer !== undefined) writeStderr("\r\x1b[K");
    output.close();
  }
}

interface Input {
  readonly readable: ReadableStream<Uint8Array>;
  readonly totalBytes: number | undefined;
}

async function openInput(path: string | undefined): Promise<Input> {
  if (path === undefined) return { readable: Deno.stdin.readable, totalBytes: undefined };
  try {
    const file = await Deno.open(path);
    const { isFile, isDirectory, size } = await file.stat();
    if (isDirectory) throw new Error("it is a folder");
    return { readable: file.readable, totalBytes: isFile ? size : undefined };
  } catch (error) {
    const why = describeFileProblem(error, path);
    throw new UsageError(`cannot read --input "${path}": ${why}`, "input", { cause: error });
  }
}

interface Output {
  readonly write: (text: string) => Promise<void>;
  readonly close: () => void;
}

async function openOutput(path: string | undefined): Promise<Output> {
  if (path === undefined) return { write: writeStdout, close: () => {} };
  try {
    const file = await Deno.open(path, { write: true, create: true, truncate: true });
    const encoder = new TextEncoder();
    return {
      write: (text) => namingFile(`--output "${path}"`, writeWhole(file, encoder.encode(text))),
      close: () => file.close(),
    };
  } catch (error) {
    const why = describeFileProblem(error, path);
    throw new UsageError(`cannot write --output "${path}": ${why}`, "output", { cause: error });
  }
}

function countBytes(count: (bytes: number) => void): TransformStream<Uint8Array, Uint8Array> {
  return new TransformStream({
    transform(chunk, controller) {
      count(chunk.length);
      controller.enqueue(chunk);
    },
  });
}
