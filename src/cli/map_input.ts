import { LineCutter } from "../client/map/lines.ts";
import type { Piece } from "../client/map/job.ts";
import { describeFileProblem } from "./file_problem.ts";
import { UsageError } from "./exit_status.ts";

/** Lines of a file or of stdin. */
export interface ItemsInput {
  /** The next whole lines; `undefined` at the end. */
  readonly next: () => Promise<Piece | undefined>;
  /** About how many bytes so many items from the beginning have. */
  readonly bytesOf: (items: number) => number;
  /** Size of the whole, where that is known. */
  readonly totalBytes: number | undefined;
}

/**
 * Opens what `--input` names.
 *
 * @throws {UsageError} if it cannot be read.
 */
export async function openItems(path: string | undefined): Promise<ItemsInput> {
  if (path === undefined) return itemsOf("stdin", Deno.stdin, undefined);
  try {
    const file = await Deno.open(path);
    const { isFile, isDirectory, size } = await file.stat();
    if (isDirectory) throw new Error("it is a folder");
    return itemsOf(`--input "${path}"`, file, isFile ? size : undefined);
  } catch (error) {
    const why = describeFileProblem(error, path);
    throw new UsageError(`cannot read --input "${path}": ${why}`, "input", { cause: error });
  }
}

/** What can be read. */
interface Readable {
  read(buffer: Uint8Array): Promise<number | null>;
}

/** What the system refused while it was read, with the name of what could not be. */
async function named<T>(name: string, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    const why = describeFileProblem(error);
    throw new UsageError(`cannot read ${name}: ${why}`, "input", { cause: error });
  }
}

function itemsOf(name: string, file: Readable, totalBytes: number | undefined): ItemsInput {
  const cutter = new LineCutter();
  let pieces: Piece[] = [];
  let readBytes = 0;
  let readLines = 0;
  let hasEnded = false;
  const next = async () => {
    while (pieces.length === 0 && !hasEnded) {
      const count = await named(name, file.read(cutter.space));
      hasEnded = count === null;
      readBytes += count ?? 0;
      pieces = count === null ? cutter.end() : cutter.filled(count);
      for (const piece of pieces) readLines += piece.count;
    }
    return pieces.shift();
  };
  // Lines are about equally long: a piece is answered as a whole, and a small file is one piece.
  const bytesOf = (items: number) =>
    readLines === 0 ? 0 : readBytes * Math.min(1, items / readLines);
  return { next, bytesOf, totalBytes };
}
