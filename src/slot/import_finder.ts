/** Says why a module cannot be run as it imports something; `undefined` if it imports nothing. */
export type ImportFinder = (code: Uint8Array) => string | undefined;

/**
 * What finds imports of every kind in a module. The client does the same for its user's sake; this is for
 * those who speak to a worker by themselves.
 *
 * An executable lets any module on the disk be imported, whatever its permissions. Deno that runs from sources
 * does not, and does not find this package there either.
 */
export async function importFinder(): Promise<ImportFinder> {
  if (!Deno.build.standalone) return () => undefined;
  const { init, parse } = await import("npm:es-module-lexer@2.3.2");
  await init;
  return (code) => {
    try {
      const [imports] = parse(new TextDecoder("utf-8", { fatal: true }).decode(code));
      // -2 is import.meta, which brings nothing in.
      const found = imports.some(({ d }) => d !== -2);
      return found ? "the module imports something, and must be whole by itself" : undefined;
    } catch {
      return "the module cannot be read";
    }
  };
}
