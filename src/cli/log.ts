/**
 * The form of a log line. What it says may come from a peer, so nothing in it can look like another line
 * or steer a terminal.
 *
 * @module
 */

import type { LogLevel } from "../protocol/machine.ts";

/** Who writes the line. */
export type LogRole = "calc-server" | "worker" | "client";

/** From what matters most to what matters least. */
const IMPORTANCE: Readonly<Record<LogLevel, number>> = { error: 0, warn: 1, info: 2, debug: 3 };

/** The ordinary line has no word in front. */
const LEVEL_WORDS: Readonly<Record<LogLevel, string>> = {
  error: "error: ",
  warn: "warning: ",
  info: "",
  debug: "debug: ",
};

/**
 * Control characters (C0, delete, C1), the two line separators of Unicode, what changes the direction of
 * text, and halves of surrogate pairs.
 */
// deno-lint-ignore no-control-regex -- they are what is looked for
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|\p{Cs}/gu;

const SHORT_ESCAPES: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** Whether a line of `level` is logged where `threshold` is the least important level wanted. */
export function isLogged(level: LogLevel, threshold: LogLevel): boolean {
  return IMPORTANCE[level] <= IMPORTANCE[threshold];
}

/** One line without its newline: `[worker] warning: ...`. */
export function formatLog(role: LogRole, level: LogLevel, text: string): string {
  return `[${role}] ${LEVEL_WORDS[level]}${text.replace(UNSAFE, escape)}`;
}

function escape(character: string): string {
  const code = character.charCodeAt(0).toString(16).padStart(4, "0");
  return SHORT_ESCAPES[character] ?? `\\u${code}`;
}
