/**
 * What a function threw, in words: its message on one line, and its own frames under its module's name.
 *
 * This runs beside the user's function: see ../jobs/primordials.ts.
 *
 * @module
 */

import {
  execPattern,
  indexOfText,
  isError,
  sliceText,
  stringify,
  toText,
} from "../jobs/primordials.ts";
import { MAX_TEXT_CHARS } from "../limits.ts";

/** What the address of the user's module begins with: nothing else in a stack looks like it. */
export const MODULE_ADDRESS = "data:text/javascript;base64,";

/** Errors that are shown of those that caused each other. */
const MAX_CAUSES = 4;
const FRAME = "    at ";
/** What the address of every module of ours begins with, in an executable too, which has few of them. */
const OUR_ADDRESS = new URL("..", import.meta.url).href;
/** A place in a module of ours or of the runtime's. */
const OTHER_PLACE = `(?:ext:|node:|${OUR_ADDRESS.replace(/\W/g, "\\$&")})[^ ()]*:\\d+:\\d+`;
/** A frame of a module of ours, of the runtime's (`eventLoopTick`), or of the engine's own functions. */
const OTHER_FRAME = new RegExp(
  `^ {4,}at (?:async Promise\\.\\w+ \\(index \\d+\\)|[^(]*\\((?:<anonymous>|${OTHER_PLACE})\\)|` +
    `(?:async )?${OTHER_PLACE})`,
);

/** What was thrown, in one line, with the module's name in the place of its address. */
export function messageOf(thrown: unknown, name: string): string {
  let text: string;
  try {
    text = isError(thrown)
      ? errorText(thrown)
      : `thrown: ${typeof thrown === "object" ? stringify(thrown) : toText(thrown)}`;
  } catch {
    text = "thrown: something that cannot be shown";
  }
  return oneLine(cut(named(text, name)));
}

/** An error's message, with those of the errors that caused it. */
function errorText(thrown: Error): string {
  let text = "";
  let error: unknown = thrown;
  for (let depth = 0; depth < MAX_CAUSES && isError(error); depth++) {
    text += (depth === 0 ? "" : " (cause: ") + `${toText(error.name)}: ${toText(error.message)}`;
    if (depth > 0) text += ")";
    error = error.cause;
  }
  return text;
}

/** The frames of the user's module in what was thrown, one a line; empty if there are none. */
export function stackOf(thrown: unknown, name: string): string {
  let stack: unknown;
  try {
    stack = (thrown as { stack?: unknown }).stack;
  } catch {
    return "";
  }
  if (typeof stack !== "string") return "";
  let frames = "";
  let start = 0;
  while (start < stack.length && frames.length < MAX_TEXT_CHARS) {
    const newline = indexOfText(stack, "\n", start);
    const end = newline < 0 ? stack.length : newline;
    const line = sliceText(stack, start, end);
    start = end + 1;
    const isFrame = indexOfText(line, FRAME) === 0 && indexOfText(line, MODULE_ADDRESS) > 0;
    if (isFrame) frames += (frames === "" ? "" : "\n") + named(line, name);
  }
  return cut(frames);
}

/** A printed text as its user may see it: without frames that are not the function's own, as in an error's stack. */
export function withoutOtherFrames(text: string, name: string): string {
  if (indexOfText(text, FRAME) < 0) return text;
  let kept = "";
  let start = 0;
  while (start < text.length) {
    const newline = indexOfText(text, "\n", start);
    const end = newline < 0 ? text.length : newline;
    const line = sliceText(text, start, end);
    const frame = execPattern(OTHER_FRAME, line) as { readonly 0: string } | null;
    // Members of the error may follow in braces, or the next value.
    if (frame !== null) kept += sliceText(line, frame[0].length);
    else kept += (start === 0 ? "" : "\n") + line;
    start = end + 1;
  }
  return named(kept, name);
}

/** A text that is no longer than what is passed on. */
export function cut(text: string): string {
  return text.length <= MAX_TEXT_CHARS ? text : sliceText(text, 0, MAX_TEXT_CHARS - 1) + "…";
}

/** A text whose line ends are spaces. */
export function oneLine(text: string): string {
  return replaced(replaced(text, "\r", " "), "\n", " ");
}

/** A text with the module's address, which the engine may have shortened, replaced by its name. */
function named(text: string, name: string): string {
  let result = "";
  let start = 0;
  while (true) {
    const at = indexOfText(text, MODULE_ADDRESS, start);
    if (at < 0) return result + sliceText(text, start);
    result += sliceText(text, start, at) + name;
    // Base64 has no colon; what follows is the line.
    const colon = indexOfText(text, ":", at + MODULE_ADDRESS.length);
    start = colon < 0 ? text.length : colon;
  }
}

function replaced(text: string, what: string, by: string): string {
  let result = "";
  let start = 0;
  while (true) {
    const at = indexOfText(text, what, start);
    if (at < 0) return start === 0 ? text : result + sliceText(text, start);
    result += sliceText(text, start, at) + by;
    start = at + what.length;
  }
}
