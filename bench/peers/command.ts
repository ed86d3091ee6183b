import { Child } from "../cluster/child.ts";
import type { Measures } from "../measure/rounds.ts";

/** What a command writes, trimmed; `undefined` if there is none, or it fails. */
export async function commandOutput(
  [command, ...args]: readonly string[],
): Promise<string | undefined> {
  try {
    const options = { args, stdin: "null", stdout: "piped", stderr: "null" } as const;
    const { success, stdout } = await new Deno.Command(command!, options).output();
    return success ? new TextDecoder().decode(stdout).trim() : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Runs a peer's own driver, whose last line is a JSON object of what it measured.
 *
 * @throws {Error} If it measured anything that is not a number.
 */
export async function runDriver(
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Measures> {
  await using driver = new Child(words, { env });
  while (true) {
    const line = await driver.line(120_000);
    if (!line.startsWith("{")) continue;
    const measures: Record<string, unknown> = JSON.parse(line);
    for (const [name, value] of Object.entries(measures)) {
      if (typeof value !== "number") throw new Error(`Cannot count "${name}" of ${words[0]}`);
    }
    return measures as Measures;
  }
}
