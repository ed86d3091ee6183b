/**
 * What `console.log` makes of its arguments, no longer than what is passed on.
 *
 * This runs beside the user's function: see ../jobs/primordials.ts.
 *
 * @module
 */

import { indexOfText, sliceText, stringify, toNumber, toText } from "../jobs/primordials.ts";
import { MAX_TEXT_CHARS } from "../limits.ts";

const { inspect } = Deno;
const INSPECT_OPTIONS = { colors: false, depth: 4, strAbbreviateSize: MAX_TEXT_CHARS };
const { trunc } = Math;
const UNSHOWN = "(cannot be shown)";

/** The text of values, with a space between two; if the first is a text, others go to its places (`%s`). */
export function printedText(values: readonly unknown[]): string {
  if (values.length === 0) return "";
  let used = 1;
  let text = "";
  const first = values[0];
  if (typeof first !== "string" || values.length === 1) text = textOf(first);
  else {
    let start = 0;
    for (let at = 0; (at = indexOfText(first, "%", at)) >= 0 && text.length <= MAX_TEXT_CHARS;) {
      const place = sliceText(first, at + 1, at + 2);
      const isPercent = place === "%";
      const filled = isPercent || used < values.length ? filling(place, values[used]) : undefined;
      if (filled !== undefined) {
        if (!isPercent) used++;
        text += sliceText(first, start, at) + filled;
        start = at + 2;
      }
      at += filled === undefined ? 1 : 2;
    }
    text += sliceText(first, start, start + MAX_TEXT_CHARS + 1);
  }
  for (; used < values.length && text.length <= MAX_TEXT_CHARS; used++) {
    text += " " + textOf(values[used]);
  }
  return text;
}

/** What a value is in a place for it; `undefined` if that is no place. */
function filling(place: string, value: unknown): string | undefined {
  try {
    switch (place) {
      case "%":
        return place;
      case "c":
        return "";
      case "s":
        return sliceText(toText(value), 0, MAX_TEXT_CHARS + 1);
      case "d":
      case "i":
        return toText(trunc(toNumber(value)));
      case "f":
        return toText(toNumber(value));
      case "j":
        return sliceText(toText(stringify(value)), 0, MAX_TEXT_CHARS + 1);
      case "o":
      case "O":
        return inspect(value, INSPECT_OPTIONS);
      default:
        return undefined;
    }
  } catch {
    return UNSHOWN;
  }
}

function textOf(value: unknown): string {
  if (typeof value === "string") return sliceText(value, 0, MAX_TEXT_CHARS + 1);
  try {
    return inspect(value, INSPECT_OPTIONS);
  } catch {
    return UNSHOWN;
  }
}
