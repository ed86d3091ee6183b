/**
 * Rewrites a command line to the one form that every flag parser reads alike: `--flag=value` once per flag,
 * then `--` and the words. A general parser cannot know that `-3` after `--a` is a number, or that
 * `--workers` takes several values; the table of flags does.
 *
 * @module
 */

import { UsageError } from "./exit_status.ts";
import { findFlag, type Flag, type Grammar } from "./flags.ts";
import { CORES, ON, splitList } from "./kinds.ts";
import { didYouMean, quote } from "./texts.ts";

/** The flags that are the same in nearly every program, where a flag may stand. */
const SHORT_FORMS: ReadonlyMap<string, string> = new Map([
  ["-h", "--help"],
  ["-V", "--version"],
]);

/**
 * The same command line with each flag once, as `--flag=value`, and after a `--` the words that are no
 * flags. A list is one value with commas, a switch gets the value `true`.
 *
 * @throws {UsageError} for a flag that is unknown, repeated or without its value, for a value given to a
 * switch, and for a word that has no place; its message names what is wrong.
 */
export function rewriteArguments(args: readonly string[], grammar: Grammar): string[] {
  const found = new Map<string, string>();
  const words: string[] = [];
  // `deno task client -- --op add` hands its `--` on.
  let index = args[0] === "--" ? 1 : 0;
  while (index < args.length) {
    const typed = args[index] ?? "";
    const token = SHORT_FORMS.get(typed) ?? typed;
    index += 1;
    if (!token.startsWith("--") || token === "--") {
      words.push(checkWord(token, words, grammar));
      continue;
    }
    const { name, flag, attached } = splitToken(token, grammar);
    const values = attached === undefined
      ? followingValues(flag, args.slice(index), grammar)
      : [attached];
    if (attached === undefined) index += values.length;
    addFlag(found, name, flag, values, attached !== undefined);
  }
  // Who asks what a subcommand needs does not know it yet.
  if (!found.has("help")) checkOperands(words, grammar);
  const rewritten = Array.from(found, ([name, value]) => `--${name}=${value}`);
  return words.length === 0 ? rewritten : [...rewritten, "--", ...words];
}

/** A flag as it was typed. */
interface Token {
  readonly name: string;
  readonly flag: Flag<unknown>;
  /** What stands behind `=`, if there is one. */
  readonly attached: string | undefined;
}

function splitToken(token: string, grammar: Grammar): Token {
  const equals = token.indexOf("=");
  const name = equals === -1 ? token.slice(2) : token.slice(2, equals);
  const flag = findFlag(grammar.flags, name);
  if (flag === undefined) throw unknownFlag(token, grammar);
  return { name, flag, attached: equals === -1 ? undefined : token.slice(equals + 1) };
}

/** The values behind a flag that has no `=`: as many as its arity takes, up to the next flag. */
function followingValues(flag: Flag<unknown>, rest: readonly string[], grammar: Grammar): string[] {
  const [next] = rest;
  switch (flag.kind.arity) {
    case "none":
      return [];
    case "one":
    case "optional":
      // One dash may begin a negative number; two begin the next flag.
      return next === undefined || next.startsWith("--") || SHORT_FORMS.has(next) ? [] : [next];
    case "many": {
      const isEnd = (token: string) =>
        token.startsWith("-") || Object.hasOwn(grammar.subcommands, token);
      const end = rest.findIndex(isEnd);
      return rest.slice(0, end === -1 ? rest.length : end);
    }
  }
}

function addFlag(
  found: Map<string, string>,
  name: string,
  flag: Flag<unknown>,
  values: readonly string[],
  isAttached: boolean,
): void {
  const { arity } = flag.kind;
  const earlier = found.get(name);
  if (earlier !== undefined && arity !== "many") {
    throw new UsageError(`--${name} is given more than once`, name);
  }
  if (arity === "none") {
    if (isAttached) throw new UsageError(`--${name} takes no value`, name);
    found.set(name, ON);
    return;
  }
  if (arity === "optional" && values.length === 0) {
    found.set(name, CORES);
    return;
  }
  const value = arity === "many" ? splitList(values.join(",")).join(",") : values[0] ?? "";
  if (value === "") {
    throw new UsageError(`--${name} needs a value: --${name} ${valueName(flag)}`, name);
  }
  found.set(name, earlier === undefined ? value : `${earlier},${value}`);
}

function valueName(flag: Flag<unknown>): string {
  return flag.valueName ?? flag.kind.valueName;
}

function unknownFlag(token: string, grammar: Grammar): UsageError {
  const typed = token.replace(/=.*/s, "");
  const name = typed.replace(/^-+/, "");
  const suggestion = didYouMean(name, Object.keys(grammar.flags), "--");
  return new UsageError(`unknown flag ${quote(typed)}${suggestion}`, name);
}

/** Whether the next word has a place, after those that came before it. */
function checkWord(word: string, before: readonly string[], grammar: Grammar): string {
  if (/^-[A-Za-z]/.test(word)) throw unknownFlag(word, grammar);
  const [subcommandName] = before;
  if (subcommandName === undefined) {
    if (Object.hasOwn(grammar.subcommands, word)) return word;
    throw new UsageError(describeStranger(word, grammar));
  }
  const operands = grammar.subcommands[subcommandName]?.operands ?? [];
  // The first word is the subcommand itself.
  const hasPlace = before.length <= operands.length && !word.startsWith("-");
  if (!hasPlace) throw new UsageError(`unexpected argument ${quote(word)}`);
  return word;
}

/** What is wrong with a first word that is no subcommand. */
function describeStranger(word: string, grammar: Grammar): string {
  const names = Object.keys(grammar.subcommands);
  if (names.length === 0 || word === "" || word.startsWith("-")) {
    return `unexpected argument ${quote(word)}`;
  }
  const suggestion = Object.hasOwn(grammar.operations, word)
    ? `; did you mean "--op ${word}"?`
    : didYouMean(word, names);
  return `unknown subcommand ${quote(word)}${suggestion}`;
}

/** A subcommand must have all of its operands. */
function checkOperands(words: readonly string[], grammar: Grammar): void {
  const [name, ...given] = words;
  if (name === undefined) return;
  const missing = grammar.subcommands[name]?.operands[given.length];
  if (missing !== undefined) throw new UsageError(`${name} needs ${missing}`);
}
