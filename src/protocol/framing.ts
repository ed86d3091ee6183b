/** The byte `\n`, which ends every line. */
export const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
/** Storage of our own above this size is let go as soon as it is empty. */
const KEPT_STORAGE_BYTES = 4096;
const NO_BYTES = new Uint8Array(0);

/**
 * Cuts a stream of bytes into lines without copying a line twice. It is pulled: whoever cannot take more
 * lines for now leaves them here and comes back.
 *
 * A pushed chunk is borrowed, and scanned where it lies; {@linkcode LineFramer.settle} copies what is left of
 * it, so that the owner may use its buffer again. The current line is `bytes[start..end)`, valid until the
 * next call.
 *
 * Invariant: 0 <= lineStart <= scanned <= filled <= bytes.length; no newline lies in lineStart..scanned.
 */
export class LineFramer {
  /** The bytes in which the current line lies. */
  bytes: Uint8Array = NO_BYTES;
  /** Where the current line begins. */
  start = 0;
  /** Where the current line ends, without `\n` or `\r\n`. */
  end = 0;
  /** Whether a line was longer than allowed; nothing is framed after that, unless such lines are skipped. */
  overflowed = false;
  /** Whether the current line was longer than allowed and has been skipped: it is given empty. */
  tooLong = false;

  #lineStart = 0;
  #scanned = 0;
  #filled = 0;
  #owned = false;
  #skipping = false;
  readonly #maxLineBytes: number;
  readonly #skipsLongLines: boolean;

  /**
   * A framer for lines of at most `maxLineBytes` bytes, the newline not counted.
   *
   * @param skipsLongLines Whether it goes on after a longer line, which is right where bytes come from a file.
   */
  constructor(maxLineBytes: number, skipsLongLines = false) {
    this.#maxLineBytes = maxLineBytes;
    this.#skipsLongLines = skipsLongLines;
  }

  /** Bytes that came and have not been given out as lines. */
  get pendingBytes(): number {
    return this.#filled - this.#lineStart;
  }

  /** Whether what comes next is the beginning of a line that nobody has looked at yet. */
  get isAtLine(): boolean {
    return this.#scanned === this.#lineStart && !this.#skipping && !this.overflowed;
  }

  /** Where the next line begins. */
  get position(): number {
    return this.#lineStart;
  }

  /** Where the bytes end that have come. */
  get limit(): number {
    return this.#filled;
  }

  /** Whether what is pending is the beginning of a line whose end has not come. */
  get hasUnfinishedLine(): boolean {
    return this.pendingBytes > 0 && this.#findNewline() < 0;
  }

  /** Forgets what is pending; nothing is framed after that. */
  discard(): void {
    this.overflowed = true;
    this.#adopt(NO_BYTES);
  }

  /** Adds a chunk, which must not change before {@linkcode settle}. */
  push(chunk: Uint8Array): void {
    if (this.overflowed || chunk.length === 0) return;
    if (this.#lineStart === this.#filled) {
      this.#adopt(chunk);
      return;
    }
    this.#reserve(chunk.length);
    this.bytes.set(chunk, this.#filled);
    this.#filled += chunk.length;
  }

  /** Moves on to the next line; `false` if there is no whole one. */
  next(): boolean {
    if (this.overflowed) return false;
    const newline = this.#findNewline();
    if (newline < 0) {
      this.#scanned = this.#filled;
      // One byte more is allowed for: it may be the `\r` before a newline that is still to come.
      if (this.pendingBytes > this.#maxLineBytes + 1) this.#overflow();
      return false;
    }
    return this.#give(newline, newline + 1);
  }

  /**
   * Moves on to the next line where somebody has found its newline while reading it, which may be done once for
   * each line ({@linkcode LineFramer.isAtLine}): a long one that comes in many pieces must not be read again with each.
   * `false` if the line is longer than allowed, which {@linkcode LineFramer.next} sees to.
   */
  takeTo(newline: number): boolean {
    return newline - this.#lineStart <= this.#maxLineBytes && this.#give(newline, newline + 1);
  }

  /** The last line, if the stream ended without a newline after it. */
  last(): boolean {
    if (this.overflowed) return false;
    if (this.#lineStart === this.#filled && !this.#skipping) return false;
    return this.#give(this.#filled, this.#filled);
  }

  /** Copies what is left of a borrowed chunk, so that its owner may use it again. */
  settle(): void {
    if (this.#lineStart === this.#filled) {
      if (!this.#owned || this.bytes.length > KEPT_STORAGE_BYTES) {
        this.bytes = NO_BYTES;
        this.#owned = false;
      }
      this.#lineStart = this.#scanned = this.#filled = 0;
    } else if (!this.#owned) {
      this.#reserve(0);
    }
  }

  #findNewline(): number {
    const { bytes } = this;
    if (this.#filled === bytes.length) return bytes.indexOf(NEWLINE, this.#scanned);
    // Storage of our own may be much larger than what is in it, and must not be searched each time.
    const found = bytes.subarray(this.#scanned, this.#filled).indexOf(NEWLINE);
    return found < 0 ? -1 : this.#scanned + found;
  }

  #adopt(chunk: Uint8Array): void {
    this.bytes = chunk;
    this.#owned = false;
    this.#lineStart = this.#scanned = 0;
    this.#filled = chunk.length;
  }

  #give(end: number, nextStart: number): boolean {
    this.start = this.#lineStart;
    this.end = end > this.start && this.bytes[end - 1] === CARRIAGE_RETURN ? end - 1 : end;
    this.#lineStart = this.#scanned = nextStart;
    this.tooLong = this.#skipping || this.end - this.start > this.#maxLineBytes;
    this.#skipping = false;
    if (!this.tooLong) return true;
    this.start = this.end;
    if (this.#skipsLongLines) return true;
    this.#overflow();
    return false;
  }

  #overflow(): void {
    if (this.#skipsLongLines) {
      this.#skipping = true;
      this.#lineStart = this.#scanned = this.#filled;
      return;
    }
    this.discard();
  }

  /** Makes room for `more` bytes behind the pending ones, in storage of our own. */
  #reserve(more: number): void {
    const pending = this.pendingBytes;
    if (this.#owned && this.#filled + more <= this.bytes.length) return;
    const storage = this.#owned && pending + more <= this.bytes.length / 2
      ? this.bytes
      : new Uint8Array(Math.max(256, 2 * (pending + more)));
    if (storage === this.bytes) storage.copyWithin(0, this.#lineStart, this.#filled);
    else storage.set(this.bytes.subarray(this.#lineStart, this.#filled));
    this.bytes = storage;
    this.#owned = true;
    this.#scanned -= this.#lineStart;
    this.#lineStart = 0;
    this.#filled = pending;
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** The text of a line, or `undefined` if it is not UTF-8. */
export function decodeLine(bytes: Uint8Array, start: number, end: number): string | undefined {
  try {
    return utf8.decode(bytes.subarray(start, end));
  } catch {
    return undefined;
  }
}

/**
 * The texts of a framer's lines. Where there is nothing but ASCII, all that has come is decoded at once and cut,
 * which costs a fraction of decoding each line; begun anew whenever bytes have come.
 */
export class LineTexts {
  #text: string | undefined;
  #start = 0;
  #isBegun = false;

  /** Forgets what was decoded: other bytes have come. */
  begin(): void {
    this.#text = undefined;
    this.#isBegun = false;
  }

  /** The text of the framer's current line, or `undefined` if it is not UTF-8. */
  current(framer: LineFramer): string | undefined {
    const { bytes, start, end } = framer;
    if (!this.#isBegun) {
      this.#isBegun = true;
      this.#start = start;
      const text = decodeLine(bytes, start, framer.limit);
      // Valid UTF-8 is as long as its text only where every character is ASCII.
      if (text?.length === framer.limit - start) this.#text = text;
    }
    if (this.#text === undefined) return decodeLine(bytes, start, end);
    return this.#text.slice(start - this.#start, end - this.#start);
  }
}
