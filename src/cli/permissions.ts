/**
 * Gives up permissions for good. A role that serves others has read its config file by then, and has no more
 * business with files; a coordinator without workers of its own has none with other programs.
 */
export async function dropPermissions(names: readonly ("read" | "run")[]): Promise<void> {
  for (const name of names) await Deno.permissions.revoke({ name });
}
