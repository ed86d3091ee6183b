const encoder = new TextEncoder();

/** Bytes of a word. */
export const WORD_BYTES = 4;

/**
 * A text of ASCII that lines are full of. It is compared a word of four bytes at a time, which takes a third of the
 * time that four bytes take one by one; writing gains nothing by that.
 */
export class Literal {
  /** The text's bytes: at least four, where it is to be read. */
  readonly bytes: Uint8Array;
  /** The words from the front, little endian, as many as it takes to have all bytes but the last four. */
  readonly words: Int32Array;
  /** The last four bytes, which may share some with the word before. */
  readonly lastWord: number;

  /** The literal of a text. */
  constructor(text: string) {
    this.bytes = encoder.encode(text);
    const view = new DataView(encoder.encode(text).buffer);
    const { length } = this.bytes;
    this.words = Int32Array.from(
      { length: Math.ceil(length / WORD_BYTES) - 1 },
      (_, index) => view.getInt32(index * WORD_BYTES, true),
    );
    this.lastWord = length < WORD_BYTES ? 0 : view.getInt32(length - WORD_BYTES, true);
  }
}
