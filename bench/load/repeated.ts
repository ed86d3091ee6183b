/** Writes a file that is the same bytes again and again. */
export async function writeRepeated(
  path: string,
  bytes: Uint8Array,
  repeats: number,
): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true, truncate: true });
  for (let round = 0; round < repeats; round++) {
    for (let written = 0; written < bytes.length;) {
      written += await file.write(bytes.subarray(written));
    }
  }
}

/**
 * Compares a file with the bytes that it should repeat.
 *
 * @throws {Error} If it is anything else, with where it differs.
 */
export async function checkRepeated(
  path: string,
  bytes: Uint8Array,
  repeats: number,
): Promise<void> {
  using file = await Deno.open(path);
  const buffer = new Uint8Array(256 * 1024);
  let offset = 0;
  for (let got = await file.read(buffer); got !== null; got = await file.read(buffer)) {
    for (let index = 0; index < got; index++) {
      if (buffer[index] !== bytes[(offset + index) % bytes.length]) {
        const line = new TextDecoder().decode(buffer.subarray(index, index + 100));
        throw new Error(`Wrong reply in "${path}" at byte ${offset + index}: ${line}`);
      }
    }
    offset += got;
  }
  const expected = bytes.length * repeats;
  if (offset !== expected) throw new Error(`"${path}" has ${offset} bytes, not ${expected}`);
}
