/** Why a file cannot be read or written, in the few words that a message needs. */
export function describeFileProblem(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "no such file or folder";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  if (error instanceof Deno.errors.NotCapable) {
    return "this program may not use that path: redirect a standard stream to it instead";
  }
  if (error instanceof Error && /\(os error 21\)/.test(error.message)) return "it is a folder";
  return error instanceof Error ? error.message : String(error);
}
