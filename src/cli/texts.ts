/**
 * Small things that messages are made of.
 *
 * @module
 */

/** The longest value that a message repeats whole. */
const MAX_QUOTED_CHARACTERS = 60;

/** The text in quotes on one line: control characters escaped, and the middle left out if it is long. */
export function quote(text: string): string {
  if (text.length <= MAX_QUOTED_CHARACTERS) return JSON.stringify(text);
  return `${
    JSON.stringify(text.slice(0, 24) + "..." + text.slice(-24))
  } (${text.length} characters)`;
}

/** "add, sub or mul": a list as a sentence holds it. */
export function listWords(words: readonly string[], conjunction: "and" | "or"): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} ${conjunction} ${last}`;
}

/** `; did you mean "workers"?`, or nothing if no candidate is near. */
export function didYouMean(given: string, candidates: readonly string[], prefix = ""): string {
  const nearest = nearestName(given, candidates);
  return nearest === undefined ? "" : `; did you mean "${prefix}${nearest}"?`;
}

/**
 * The candidate that a person most likely meant: the one with the fewest slips (a letter too many, too
 * few, wrong, or two swapped), as long as they are at most a third of its letters.
 */
export function nearestName(given: string, candidates: readonly string[]): string | undefined {
  let nearest: string | undefined;
  let fewest = Infinity;
  for (const candidate of candidates) {
    const longest = Math.max(given.length, candidate.length);
    if (Math.abs(given.length - candidate.length) > longest / 3) continue;
    const slips = countSlips(given.toLowerCase(), candidate.toLowerCase());
    if (slips <= longest / 3 && slips < fewest) {
      nearest = candidate;
      fewest = slips;
    }
  }
  return nearest;
}

/** The optimal string alignment distance, row by row. */
function countSlips(from: string, to: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const isEqual = from[row - 1] === to[column - 1];
      let slips = Math.min(
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + (isEqual ? 0 : 1),
      );
      const isSwap = row > 1 && column > 1 && from[row - 1] === to[column - 2] &&
        from[row - 2] === to[column - 1];
      if (isSwap) slips = Math.min(slips, (beforePrevious[column - 2] ?? 0) + 1);
      current.push(slips);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[to.length] ?? 0;
}
