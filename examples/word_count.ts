/**
 * How often is each word in a text? The text is a file of JSON, one text a line:
 *
 * ```sh
 * client map examples/word_count.ts --input examples/quixote.jsonl
 * ```
 *
 * @module
 */

/** How often each word occurs. */
type Counts = Record<string, number>;

/** The words of a line. */
export function map(line: string): string[] {
  return line.toLowerCase().match(/\p{L}+/gu) ?? [];
}

/** What every share of the lines begins with: no words. */
export const initial: Counts = {};

/** Adds the words of one more line. */
export function reduce(counts: Counts, words: string[]): Counts {
  for (const word of words) add(counts, word, 1);
  return counts;
}

/**
 * Makes one of what two machines have counted. Without it `reduce` would be called with the counts of the other in
 * the place of words, which this one cannot take.
 */
export function combine(counts: Counts, others: Counts): Counts {
  for (const [word, count] of Object.entries(others)) add(counts, word, count);
  return counts;
}

function add(counts: Counts, word: string, count: number): void {
  // Every object has a "constructor" and the like, which are words that a text may have.
  counts[word] = (Object.hasOwn(counts, word) ? counts[word]! : 0) + count;
}
