const encoder = new TextEncoder();

/** Writes text on stdout at once, whole. */
export function print(text: string): void {
  writeWhole(Deno.stdout, text);
}

/** Writes a line about what is going on to stderr: stdout has the results only. */
export function note(text: string): void {
  writeWhole(Deno.stderr, text + "\n");
}

function writeWhole(file: { writeSync(bytes: Uint8Array): number }, text: string): void {
  const bytes = encoder.encode(text);
  for (let written = 0; written < bytes.length;) written += file.writeSync(bytes.subarray(written));
}
