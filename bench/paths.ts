import { fileURLToPath } from "node:url";

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

/** Any script as a command line. */
export function denoFile(file: string, ...args: readonly string[]): string[] {
  return [Deno.execPath(), "run", "-A", "--no-prompt", file, ...args];
}
