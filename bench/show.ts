/**
 * Shows the newest results of bench/results/ in both READMEs, between two comments. `deno task bench` does it
 * by itself when it has written a result; a test compares what stands there.
 *
 * ```sh
 * deno run -A bench/show.ts
 * ```
 *
 * @module
 */
import type { Language } from "./aims.ts";
import { PROJECT, projectPath } from "./paths.ts";
import { note } from "./print.ts";
import { performanceSection, type Results } from "./report/readme.ts";
import { latestResult } from "./report/result.ts";

/** Where results are kept. */
export const RESULTS: string = projectPath("bench/results");

/** The documents that show them. */
export const READMES: readonly (readonly [name: string, language: Language])[] = [
  ["README.md", "en"],
  ["README.es.md", "es"],
];

const BEGIN = "<!-- printed by: deno run -A bench/show.ts -->";
const END = "<!-- end of what it prints -->";

if (import.meta.main) await showResults();

/** Writes the newest results into both READMEs. */
export async function showResults(): Promise<void> {
  for (const [name, language] of READMES) {
    const before = await Deno.readTextFile(projectPath(name));
    const after = await withResults(before, language);
    if (after === before) continue;
    await Deno.writeTextFile(projectPath(name), after);
    note(`written: ${name}`);
  }
}

/**
 * A README with the newest results in their place.
 *
 * @throws {Error} If it has no place for them.
 */
export async function withResults(readme: string, language: Language): Promise<string> {
  const [requests, map] = await Promise.all([
    latestResult(RESULTS, "requests"),
    latestResult(RESULTS, "map"),
  ]);
  const results: Results = { ...(requests && { requests }), ...(map && { map }) };
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END, begin);
  if (begin < 0 || end < 0) throw new Error(`Cannot show results: no "${BEGIN}" and "${END}"`);
  const section = await formatted(performanceSection(results, language));
  return `${readme.slice(0, begin)}${BEGIN}\n\n${section}\n${readme.slice(end)}`;
}

/** Markdown as the rest of the document is set. */
async function formatted(markdown: string): Promise<string> {
  const args = ["fmt", "--ext", "md", "-"];
  const child = new Deno.Command(Deno.execPath(), {
    args,
    cwd: PROJECT,
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(markdown));
  await writer.close();
  const { success, stdout } = await child.output();
  if (!success) throw new Error("Cannot show results: deno fmt failed");
  return new TextDecoder().decode(stdout);
}
