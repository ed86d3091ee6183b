/**
 * Puts back the semicolons that were taken away with the types before them. A statement or a class member that is
 * nothing but types goes with its `;`, and that may be what kept its neighbours apart: of
 *
 * ```ts
 * const a = i
 * type T = number
 * ;[1, 2].forEach(f)
 * ```
 *
 * `i [1, 2].forEach(f)` would be left. A `;` too many does no harm where such a thing may stand.
 *
 * @param source TypeScript.
 * @param stripped The same, with white space in the place of types.
 */
export function restoreSemicolons(source: string, stripped: string): string {
  // A byte order mark is not kept.
  const lead = source.startsWith("\ufeff") ? 1 : 0;
  // What is where would not be known. The strippers do not do that: they fill the place of every character.
  if (source.length - stripped.length !== lead) return stripped;
  let restored = "";
  let end = 0;
  /** The last character that was taken away since the last one that was kept. */
  let last = -1;
  /**
   * Whether a stripper has written something between these itself: if it is a `;`, another one may not be allowed,
   * as before an `else`; if it is a parenthesis, these were no statements.
   */
  let isMended = false;
  for (let at = 0; at <= stripped.length; at++) {
    const before = source.charCodeAt(at + lead);
    const after = stripped.charCodeAt(at);
    if (isWhite(after)) {
      if (!isWhite(before)) last = at;
    } else if (before !== after && at < stripped.length) isMended = true;
    else {
      // What is taken away begins and ends with a token, so that this is not in a comment.
      if (last >= 0 && !isMended && source[last + lead] === ";") {
        restored += `${stripped.slice(end, last)};`;
        end = last + 1;
      }
      last = -1;
      isMended = false;
    }
  }
  return restored + stripped.slice(end);
}

/** Whether a UTF-16 unit is white space, with which the strippers also fill the places of longer characters. */
function isWhite(unit: number): boolean {
  if (unit < 0x80) return unit === 0x20 || (unit >= 9 && unit <= 13);
  return /\s/.test(String.fromCharCode(unit));
}
