import { NEWLINE } from "../protocol/framing.ts";

/** Values of `count` items; of none if it is a piece of one that others follow. */
export interface Result {
  readonly position: number;
  readonly count: number;
  readonly payload: Uint8Array;
}

/**
 * What of a result is allowed, and the rest: whole lines if there is one in what is allowed, and else a part of
 * one, which does not count.
 */
export function cutResult({ position, count, payload }: Result, credit: number): [Result, Result] {
  const newline = count === 0 ? -1 : payload.lastIndexOf(NEWLINE, credit - 1);
  const part = payload.subarray(0, newline < 0 ? credit : newline + 1);
  const lines = newline < 0 ? 0 : linesIn(part);
  const rest = payload.subarray(part.length);
  return [
    { position, count: lines, payload: part },
    { position: position + lines, count: count - lines, payload: rest },
  ];
}

function linesIn(bytes: Uint8Array): number {
  let lines = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) lines++;
  return lines;
}
