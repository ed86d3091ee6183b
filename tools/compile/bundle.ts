/**
 * Makes few files of a role's many modules. Each module that an executable loads takes a fifth of a millisecond of its
 * start, and a package of CommonJS the machinery to load it with; what is not asked for is still not loaded.
 *
 * @module
 */
import { basename } from "node:path";

/** What is put together. */
export interface BundleOptions {
  /** The module that the program begins with. */
  readonly entry: string;
  /** The module of a slot's thread, which nothing imports: its address is all that is known of it. */
  readonly thread: string;
  /** The import map, where it is not that of deno.json. */
  readonly importMap: string | undefined;
  /** Files that are read from beside the modules. */
  readonly files: readonly string[];
}

/** What an executable is made of. */
export interface Bundle {
  /** The module that the program begins with. */
  readonly entry: string;
  /** Files that no module imports by name. */
  readonly included: readonly string[];
}

/** Writes it into a folder, which is made; `runDeno` runs Deno with arguments. */
export async function makeBundle(
  folder: string,
  { entry, thread, importMap, files }: BundleOptions,
  runDeno: (args: readonly string[]) => Promise<void>,
): Promise<Bundle> {
  await Deno.mkdir(folder, { recursive: true });
  const bundle = ["bundle", "--quiet", "--platform", "deno"];
  const map = importMap === undefined ? [] : ["--import-map", importMap];
  await runDeno([...bundle, ...map, "--code-splitting", "--outdir", folder, entry]);
  // Whatever file the code that starts a thread lies in now, it is in this folder, and looks for the thread's there.
  const included = [`${folder}/${basename(thread)}`];
  await runDeno([...bundle, "--output", included[0]!, thread]);
  for (const file of files) {
    const copy = `${folder}/${basename(file)}`;
    await Deno.copyFile(file, copy);
    included.push(copy);
  }
  return { entry: `${folder}/${basename(entry).replace(/\.ts$/, ".js")}`, included };
}
