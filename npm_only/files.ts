/** Writes a file so that nobody ever reads half of it, also where two do so at once. */
export async function writeWhole(file: URL, text: string): Promise<void> {
  const temporary = new URL(`${file.href}.${crypto.randomUUID()}.tmp`);
  try {
    await Deno.writeTextFile(temporary, text);
    await Deno.rename(temporary, file);
  } catch (error) {
    await removeIfThere(temporary);
    throw error;
  }
}

/** Removes a file or a folder with all that is in it, if it is there. */
export async function removeIfThere(path: URL): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
