import { NEWLINE } from "../../protocol/framing.ts";

/** `count` lines after the first `skipped` ones, without copying any: the last may have no newline. */
export function cutLines(
  pieces: readonly Uint8Array[],
  skipped: number,
  count: number,
): Uint8Array[] {
  const cut: Uint8Array[] = [];
  // Newlines that are still to be passed before what is wanted begins, and before it ends.
  let before = skipped;
  let within = count;
  for (const piece of pieces) {
    if (within === 0) break;
    let start = 0;
    while (before > 0 && start < piece.length) {
      const newline = piece.indexOf(NEWLINE, start);
      start = newline < 0 ? piece.length : newline + 1;
      if (newline >= 0) before--;
    }
    if (before > 0) continue;
    let end = start;
    while (within > 0 && end < piece.length) {
      const newline = piece.indexOf(NEWLINE, end);
      end = newline < 0 ? piece.length : newline + 1;
      if (newline >= 0) within--;
    }
    if (end > start) cut.push(piece.subarray(start, end));
  }
  return cut;
}
