/**
 * Asks whether JSR can be reached from here.
 *
 * @module
 */

/** The longest that a JSR in reach may take. Deno itself waits for ever on one that never answers. */
export const JSR_TIMEOUT_MS = 2_000;

/** A module that is one file and imports nothing: the least that shows a registry at work. */
const PROBED_ENTRY_POINT = "/to-transform-stream";

/**
 * Whether a package can be had from JSR within {@linkcode JSR_TIMEOUT_MS}.
 *
 * Deno itself is asked, in a process that can be ended, so that its certificates, its proxy and
 * `JSR_URL` all count. A network that answers every request with a page to log in at is no JSR.
 *
 * @param specifier The package with its version, `jsr:@scope/name@1.2.3`.
 */
export async function isInReach(specifier: string): Promise<boolean> {
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: [
      "cache",
      "--quiet",
      "--no-config",
      "--no-lock",
      "--reload",
      specifier + PROBED_ENTRY_POINT,
    ],
    stdin: "null",
    stdout: "null",
    stderr: "null",
    signal: AbortSignal.timeout(JSR_TIMEOUT_MS),
  }).output();
  return success;
}
