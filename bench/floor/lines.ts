const NEWLINE = 0x0a;

/**
 * The whole lines of a stream of chunks, with their newlines; what is begun waits for the next chunk. Nothing
 * is checked: it is the least that handing lines out takes.
 */
export class Lines {
  #rest = new Uint8Array(0);

  /** Gives each whole line to `take`, and then how many bytes they were. Lines are valid during the call. */
  push(chunk: Uint8Array, take: (line: Uint8Array) => void): void {
    const bytes = this.#rest.length === 0 ? chunk : joined(this.#rest, chunk);
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      take(bytes.subarray(start, end + 1));
      start = end + 1;
    }
    this.#rest = bytes.slice(start);
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
