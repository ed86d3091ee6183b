/**
 * Fetches a package from npm into a folder.
 *
 * Deno does it, as there may be no `npm` on the machine, and so the user's own settings of registry,
 * proxy and certificates count. Deno checks the package's integrity before it unpacks it.
 *
 * @param specifier The package with its exact version, `@scope/name@1.2.3`.
 * @param folder A folder of its own, which the caller removes.
 * @returns The folder of the unpacked package.
 * @throws {Error} If it cannot be fetched, with what Deno said.
 */
export async function fetchNpmPackage(specifier: string, folder: string): Promise<string> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["cache", "--quiet", "--no-config", "--no-lock", `npm:${specifier}`],
    env: { DENO_DIR: folder, NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) {
    const reason = new TextDecoder().decode(stderr).split("\n", 1)[0];
    throw new Error(`Cannot fetch "${specifier}" from npm: ${reason}`);
  }
  const version = specifier.lastIndexOf("@");
  const inside = `${specifier.slice(0, version)}/${specifier.slice(version + 1)}`;
  // Deno's cache has a folder for each registry, and this one has seen one registry only.
  for await (const registry of Deno.readDir(`${folder}/npm`)) {
    if (registry.isDirectory) return `${folder}/npm/${registry.name}/${inside}`;
  }
  throw new Error(`Cannot find "${specifier}" in what Deno fetched from npm`);
}
