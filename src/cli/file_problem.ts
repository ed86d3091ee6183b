/** How an absolute path begins, on any system. */
const ABSOLUTE = /^(?:[\\/]|[A-Za-z]:)/;

/** Why a file cannot be read or written, in the few words that a message needs. */
export function describeFileProblem(error: unknown, path = ""): string {
  if (error instanceof Deno.errors.NotFound) return `no such file or folder${folderOf(path)}`;
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  if (error instanceof Deno.errors.NotCapable) {
    return "this program may not use that path: redirect a standard stream to it instead";
  }
  if (error instanceof Error && /\(os error 21\)/.test(error.message)) return "it is a folder";
  return error instanceof Error ? error.message : String(error);
}

/** Where a relative path begins, which is not always where the user is: `deno task` runs in the project's folder. */
function folderOf(path: string): string {
  if (path === "" || ABSOLUTE.test(path)) return "";
  try {
    return ` in ${Deno.cwd()}`;
  } catch {
    return "";
  }
}

/** Ends with an error that says what could not be written, where that is the system's doing. */
export async function namingFile<T>(what: string, writing: Promise<T>): Promise<T> {
  try {
    return await writing;
  } catch (error) {
    throw cannotWrite(what, error);
  }
}

/** What the system refused, with the name of what could not be written. */
export function cannotWrite(what: string, error: unknown): unknown {
  // Whoever reads no more has what it wanted.
  const isSystem = error instanceof Error && !(error instanceof Deno.errors.BrokenPipe);
  return isSystem ? new Error(`cannot write ${what}: ${error.message}`, { cause: error }) : error;
}
