import { basename, dirname, join } from "node:path";
import { UsageError } from "./exit_status.ts";

/** A file that somebody has named, and what for. */
export interface Named {
  readonly name: string;
  /** Where it is; `undefined` for standard input. */
  readonly path: string | undefined;
  /** Whether what is there may be replaced. */
  readonly isWritten?: boolean;
}

/**
 * Sees to it that no file is named for two things: opening some of them empties them. One file may have several
 * paths, and may be what standard input comes from.
 *
 * @throws {UsageError} if one is.
 */
export async function refuseSameFiles(named: readonly Named[]): Promise<void> {
  const seen = new Map<string, string>();
  for (const { name, path } of named) {
    const keys = path === undefined ? [await stdinKey(named)] : await keysOf(path);
    for (const key of keys) {
      if (key === undefined) continue;
      const other = seen.get(key);
      if (other !== undefined && other !== name) {
        const shown = path ?? named.find((one) => one.name === other)!.path;
        throw new UsageError(`${other} and ${name} are the same file: "${shown}"`);
      }
      seen.set(key, name);
    }
  }
}

/** A path that links lead to, and the file itself, of which there may be several such. */
async function keysOf(path: string): Promise<(string | undefined)[]> {
  return [await realPath(path), keyOf(await Deno.stat(path).catch(() => undefined))];
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

function keyOf(
  file: Pick<Deno.FileInfo, "isFile" | "dev" | "ino"> | undefined,
): string | undefined {
  return file?.isFile && file.ino !== null ? `${file.dev}/${file.ino}` : undefined;
}

/** What standard input comes from, if that may be one of the files: what is empty is nobody's input. */
async function stdinKey(named: readonly Named[]): Promise<string | undefined> {
  if (Deno.stdin.isTerminal()) return undefined;
  const written = named.flatMap(({ path, isWritten }) => isWritten && path ? [path] : []);
  const files = await Promise.all(written.map((path) => Deno.stat(path).catch(() => undefined)));
  if (files.every((file) => !file?.isFile || file.size === 0)) return undefined;
  // It takes a while to load, and Deno itself does not tell.
  const { fstatSync } = await import("node:fs");
  try {
    const stdin = fstatSync(0);
    return keyOf({ isFile: stdin.isFile(), dev: stdin.dev, ino: stdin.ino });
  } catch {
    return undefined;
  }
}
