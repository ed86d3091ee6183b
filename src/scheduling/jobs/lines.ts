import { NEWLINE } from "../../protocol/framing.ts";

/**
 * Where the line after the first `count` lines begins; the end, if there are not more. The newlines are looked for
 * by the engine's own search, and only where something must be cut.
 */
export function afterLines(bytes: Uint8Array, count: number): number {
  let end = 0;
  for (let line = 0; line < count; line++) {
    const newline = bytes.indexOf(NEWLINE, end);
    if (newline < 0) return bytes.length;
    end = newline + 1;
  }
  return end;
}

/** How many lines end in these bytes, but not more than `most`. */
export function countLines(bytes: Uint8Array, most: number): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0 && count < most; count++) {
    at = bytes.indexOf(NEWLINE, at + 1);
  }
  return count;
}
