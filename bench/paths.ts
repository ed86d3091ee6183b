import { fileURLToPath } from "node:url";
import { TIER_UP_FLAGS } from "../src/worker/slot_spawner.ts";

/** The folder of the project. */
export const PROJECT: string = fileURLToPath(new URL("../", import.meta.url));

/** The path of a file of the project. */
export function projectPath(path: string): string {
  return PROJECT + path;
}

/** A script of ours as a command line. */
export function denoScript(path: string, ...args: readonly string[]): string[] {
  return denoFile(projectPath(path), ...args);
}

/** A script of ours that calculates, with what slots have so that V8's best compiler comes soon. */
export function calculatingScript(path: string, ...args: readonly string[]): string[] {
  const [deno, run, ...rest] = denoScript(path, ...args);
  return [deno!, run!, ...TIER_UP_FLAGS.map((flag) => `--v8-flags=${flag}`), ...rest];
}

/** Any script as a command line. */
export function denoFile(file: string, ...args: readonly string[]): string[] {
  return [Deno.execPath(), "run", "-A", "--no-prompt", file, ...args];
}
