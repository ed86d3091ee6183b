import type { Values } from "../client/map/job.ts";
import { LAST_WRITE_MS, MAX_PIECE_BYTES } from "../limits.ts";
import { UsageError } from "./exit_status.ts";
import { describeFileProblem, namingFile } from "./file_problem.ts";
import { writeWhole } from "./stdio.ts";

/** Where results go. */
export interface ResultsOutput {
  /** Writes pieces one after the other, small ones together. */
  readonly write: (pieces: readonly Uint8Array[]) => Promise<void>;
  /** Empties what was there before, once. */
  readonly begin: () => Promise<void>;
  /** Ends it, behind a whole line as far as somebody reads. */
  readonly close: () => void | Promise<void>;
}

/**
 * Opens what `--output` names. It is emptied when something is written, or {@linkcode ResultsOutput.begin} says
 * that the job has come about: what a job that cannot begin would have replaced stays.
 *
 * @throws {UsageError} if it cannot be written.
 */
export async function openResults(path: string | undefined): Promise<ResultsOutput> {
  if (path === undefined) {
    let writing: Promise<void> = Promise.resolve();
    let isClosed = false;
    const write = (all: readonly Uint8Array[]) => {
      return writing = namingFile("stdout", writeAll(Deno.stdout, all, () => isClosed));
    };
    const close = async () => {
      isClosed = true;
      let timer: ReturnType<typeof setTimeout> | undefined;
      const isTooLate = new Promise<void>((resolve) => timer = setTimeout(resolve, LAST_WRITE_MS));
      await Promise.race([writing.catch(() => {}), isTooLate]);
      clearTimeout(timer);
    };
    return { write, begin: () => Promise.resolve(), close };
  }
  try {
    const file = await Deno.open(path, { write: true, create: true });
    const begin = emptiedOnce(file);
    const write = async (all: readonly Uint8Array[]) => {
      await begin();
      await namingFile(`--output "${path}"`, writeAll(file, all));
    };
    return { write, begin, close: () => file.close() };
  } catch (error) {
    const why = describeFileProblem(error, path);
    throw new UsageError(`cannot write --output "${path}": ${why}`, "output", { cause: error });
  }
}

/** Empties a file at the first call; one that is no regular file has nothing to empty. */
export function emptiedOnce(file: Deno.FsFile): () => Promise<void> {
  let emptied: Promise<void> | undefined;
  return () => emptied ??= empty(file);
}

async function empty(file: Deno.FsFile): Promise<void> {
  if ((await file.stat()).isFile) await file.truncate(0);
}

/** What can be written. */
interface Writable {
  write(bytes: Uint8Array): Promise<number>;
}

async function writeAll(
  file: Writable,
  pieces: readonly Uint8Array[],
  isClosed = () => false,
): Promise<void> {
  for (const bytes of together(pieces)) {
    if (isClosed()) return;
    await writeWhole(file, bytes);
  }
}

/** The same bytes in pieces that are worth a call to the system. */
function* together(pieces: readonly Uint8Array[]): Iterable<Uint8Array> {
  let waiting: Uint8Array[] = [];
  let length = 0;
  for (const piece of pieces) {
    if (length > 0 && length + piece.length > MAX_PIECE_BYTES) {
      yield join(waiting, length);
      waiting = [];
      length = 0;
    }
    waiting.push(piece);
    length += piece.length;
  }
  if (length > 0) yield join(waiting, length);
}

function join(pieces: readonly Uint8Array[], length: number): Uint8Array {
  if (pieces.length === 1) return pieces[0]!;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

const COMMA = 0x2c;

/** The arrays of `concat` as one, written while they come. */
export class ArrayParts {
  #hasElements = false;

  /** What a part adds to the array. */
  *add({ bytes }: Pick<Values, "bytes">): Iterable<Uint8Array> {
    // A line: an opening bracket in front, a closing one and a newline behind.
    const elements = bytes.subarray(1, bytes.length - 2);
    if (elements.length === 0) return;
    yield Uint8Array.of(this.#hasElements ? COMMA : OPENING);
    this.#hasElements = true;
    yield elements;
  }

  /** What ends the array. */
  end(): Uint8Array {
    return new TextEncoder().encode(this.#hasElements ? "]\n" : "[]\n");
  }
}

const OPENING = 0x5b;
