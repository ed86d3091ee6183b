import type { Log } from "../net/role.ts";
import type { LogLevel } from "../protocol/machine.ts";
import { namingFile } from "./file_problem.ts";
import { formatLog, isLogged, type LogRole } from "./log.ts";

const encoder = new TextEncoder();

/** Writes text to stdout, whole. Where nobody reads it any more, `Deno.errors.BrokenPipe` is thrown. */
export async function writeStdout(text: string): Promise<void> {
  await namingFile("stdout", writeWhole(Deno.stdout, encoder.encode(text)));
}

/** Writes bytes, in as many pieces as the system takes them. */
export async function writeWhole(
  file: { write(bytes: Uint8Array): Promise<number> },
  bytes: Uint8Array,
): Promise<void> {
  let written = 0;
  while (written < bytes.length) written += await file.write(bytes.subarray(written));
}

/** Writes text to stderr at once. What cannot be written there cannot be reported anywhere. */
export function writeStderr(text: string): void {
  const bytes = encoder.encode(text);
  try {
    for (let written = 0; written < bytes.length;) {
      written += Deno.stderr.writeSync(bytes.subarray(written));
    }
  } catch {
    // Closed by whoever started us.
  }
}

/** A log on stderr that leaves out what matters less than `threshold`. */
export function stderrLog(role: LogRole, threshold: LogLevel): Log {
  return (level, text) => {
    if (isLogged(level, threshold)) writeStderr(formatLog(role, level, text) + "\n");
  };
}
