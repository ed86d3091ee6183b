/**
 * The generated workspace members that take the place of packages from JSR.
 *
 * Deno prefers a workspace member to the registry where both have the wanted name. A member is two
 * kinds of small file: a `deno.json` with the package's name and entry points, and one module for
 * each entry point that hands on everything of the adapter in this folder. As nothing is copied, a
 * change of an adapter counts at once; as no version is named, so does a change of the version in
 * the project's deno.json.
 *
 * @module
 */
import { PACKAGES } from "./packages.ts";
import { removeIfThere, writeWhole } from "./files.ts";

/** Writes the members of all packages into `folder`. */
export async function writeMembers(folder: URL): Promise<void> {
  for (const [name, entryPoints] of Object.entries(PACKAGES)) {
    const member = memberFolder(folder, name);
    await Deno.mkdir(member, { recursive: true });
    const exports: Record<string, string> = {};
    for (const [entryPoint, adapter] of Object.entries(entryPoints)) {
      const file = entryPoint === "." ? "./mod.ts" : `${entryPoint}.ts`;
      exports[entryPoint] = file;
      await writeWhole(new URL(file, member), `export * from "../../${adapter}";\n`);
    }
    // Last, as it is what makes the folder a member: Deno never sees one without its modules.
    const config = `${JSON.stringify({ name, exports }, null, 2)}\n`;
    await writeWhole(new URL("deno.json", member), config);
  }
}

/** Takes the members away, so that the packages come from JSR. */
export async function removeMembers(folder: URL): Promise<void> {
  for (const name of Object.keys(PACKAGES)) await removeIfThere(memberFolder(folder, name));
}

function memberFolder(folder: URL, name: string): URL {
  return new URL(`${name.slice(name.indexOf("/") + 1)}/`, folder);
}
