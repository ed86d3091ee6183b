/**
 * Makes the stripper of types as it is embedded: the package has its WebAssembly twice, as text within JavaScript,
 * which every start of an executable copies, and every first use has to read, to decode and to compile. Here it
 * stands once, as bytes in a file of its own.
 *
 * @module
 */
import { createRequire } from "node:module";

/** What the sources import; the lock file has its checksum. */
const [NAME, RELEASE] = ["amaro", "1.2.1"];
const PACKAGE = `npm:${NAME}@${RELEASE}`;
/** The bytes' file: not named .wasm, as the compiler would take it for a module. */
const BYTES_FILE = "stripper.bin";
/** How the package makes the bytes. */
const LITERAL = /\bBuffer\d*\.from\((["'])([A-Za-z0-9+/=]{1000,})\1, ?(["'])base64\3\)/;

/** What takes the place of the package in an executable. */
export interface LightStripper {
  /** An import map that has it instead of the package. */
  readonly importMap: string;
  /** The file that is to be included. */
  readonly bytes: string;
}

/**
 * Writes it into a folder; `imports` is what the import map has otherwise.
 *
 * @throws {Error} If the package is not made as it was.
 */
export async function makeLightStripper(
  folder: string,
  imports: Readonly<Record<string, string>>,
): Promise<LightStripper> {
  const source = await Deno.readTextFile(await findInternalFile());
  const found = LITERAL.exec(source);
  if (found === null) {
    throw new Error(
      `Cannot embed ${PACKAGE}: its bytes are not where they were. Write them into tools/compile/light_stripper.ts anew`,
    );
  }
  await Deno.mkdir(folder, { recursive: true });
  const [literal, , base64] = found;
  await Deno.writeFile(`${folder}/${BYTES_FILE}`, Uint8Array.fromBase64(base64!));
  const read = `Deno.readFileSync(new URL("./${BYTES_FILE}", import.meta.url))`;
  const code = [
    "const module = { exports: {} };",
    "(function (exports, require) {",
    source.replace(literal, () => read),
    // Of Node's modules it takes what is global here as well.
    "})(module.exports, () => globalThis);",
    "export const { transformSync } = module.exports;",
  ].join("\n");
  await Deno.writeTextFile(`${folder}/stripper.js`, code);
  const importMap = `${folder}/import_map.json`;
  const map = { imports: { ...imports, [PACKAGE]: "./stripper.js" } };
  await Deno.writeTextFile(importMap, JSON.stringify(map, undefined, 2));
  return { importMap, bytes: `${folder}/${BYTES_FILE}` };
}

/** The package's file that has the bytes, wherever Deno keeps packages. */
async function findInternalFile(): Promise<string> {
  await import(PACKAGE);
  const files = Object.keys(createRequire(import.meta.url).cache);
  const internal = `/${NAME}/${RELEASE}/dist/internal.js`;
  const file = files.find((path) => path.replaceAll("\\", "/").endsWith(internal));
  if (file === undefined) throw new Error(`Cannot embed ${PACKAGE}: it has no dist/internal.js`);
  return file;
}
