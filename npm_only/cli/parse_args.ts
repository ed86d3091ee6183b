/**
 * The `parseArgs` of `@std/cli`, over npm's `minimist`, which it descends from.
 *
 * The two differ, and this adapter brings minimist to the side of the real package: only `negatable`
 * flags can be negated, a flag given twice has its last value, `collect` always makes an array.
 *
 * Not the same, and of no concern to a caller who writes each value as `--flag=value`: an empty
 * argument or a lone `-` after a flag (a positional for the real one) and `--no-flag value`; numbers
 * in binary or octal; names with dots. A flag that is both boolean and collected is refused.
 *
 * @module
 */
import minimist from "minimist";
import { type FlagNames, flagNames } from "./flag_names.ts";
import type { Args, ParsedFlags, ParseOptions } from "./parse_args_types.ts";

export type { Args, ParseOptions } from "./parse_args_types.ts";

/** What minimist gives: flags by name, and the positionals. */
type Parsed = Record<string, unknown> & { _: (string | number)[]; "--"?: string[] };

/**
 * Reads command line arguments.
 *
 * @param args The arguments, without the program.
 * @param options Which flags are text, which are booleans, which may be repeated, …
 * @returns The flags by name, and all other arguments under `_`.
 * @throws {TypeError} If a flag is both boolean and collected.
 */
export function parseArgs<
  TBooleans extends boolean | string | undefined = undefined,
  TStrings extends string | undefined = undefined,
  TCollectable extends string | undefined = undefined,
  TNegatable extends string | undefined = undefined,
  TDefaults extends Record<string, unknown> | undefined = undefined,
  TDoubleDash extends boolean | undefined = undefined,
>(
  args: readonly string[],
  options: ParseOptions<TBooleans, TStrings, TCollectable, TNegatable, TDefaults, TDoubleDash> = {},
): Args<ParsedFlags<TBooleans, TStrings, TCollectable, TNegatable, TDefaults>, TDoubleDash> {
  return parse(args, options as ParseOptions) as ReturnType<
    typeof parseArgs<TBooleans, TStrings, TCollectable, TNegatable, TDefaults, TDoubleDash>
  >;
}

function parse(args: readonly string[], options: ParseOptions): Parsed {
  const names = flagNames(options);
  for (const name of names.collect) {
    if (names.boolean.has(name)) {
      throw new TypeError(`Cannot parse arguments: flag "${name}" is both boolean and collected`);
    }
  }
  const terminator = args.indexOf("--");
  const head = terminator === -1 ? args : args.slice(0, terminator);
  const tail = terminator === -1 ? [] : args.slice(terminator + 1);
  const defaults = Object.entries(options.default ?? {});

  const parsed: Parsed = minimist(head.map((argument) => withoutNegation(argument, names)), {
    string: [...names.string],
    boolean: options.boolean === true ? true : [...names.boolean],
    alias: options.alias,
    // Minimist sets every boolean that is absent, so it has to know what to; the other defaults are
    // for later, as an array among them could not be told from a flag that was repeated.
    default: Object.fromEntries(defaults.filter(([name]) => names.boolean.has(name))),
    stopEarly: options.stopEarly,
    unknown: (argument: string) => isWanted(argument, names, options.unknown),
  });

  if (options.stopEarly) restorePositionals(parsed, head);
  for (const [name, value] of Object.entries(parsed)) {
    if (name !== "_") parsed[name] = settled(name, value, names);
  }
  for (const [name, value] of defaults) addDefault(parsed, name, value, options);
  for (const name of names.collect) {
    if (names.string.has(name)) parsed[name] ??= [];
  }
  if (options["--"]) parsed["--"] = tail;
  else parsed._.push(...tail);
  return parsed;
}

/** Minimist negates every `--no-NAME`; a value keeps it from doing so. {@linkcode settled} undoes that. */
function withoutNegation(argument: string, names: FlagNames): string {
  const name = /^--no-([^=]+)$/s.exec(argument)?.[1];
  return name === undefined || names.negatable.has(name) ? argument : `${argument}=true`;
}

/** What follows the first positional goes to the caller as it was written. */
function restorePositionals(parsed: Parsed, head: readonly string[]): void {
  const following = Math.max(0, parsed._.length - 1);
  parsed._.splice(1, following, ...head.slice(head.length - following));
}

/** The value of one flag, which minimist gives as an array if it was repeated. */
function settled(name: string, value: unknown, names: FlagNames): unknown {
  if (names.collect.has(name)) return Array.isArray(value) ? value : [value];
  const last: unknown = Array.isArray(value) ? value.at(-1) : value;
  return name.startsWith("no-") && !names.string.has(name) && last === "true" ? true : last;
}

function addDefault(parsed: Parsed, name: string, value: unknown, options: ParseOptions): void {
  if (Object.hasOwn(parsed, name)) return;
  parsed[name] = value;
  for (const alias of [options.alias?.[name] ?? []].flat()) parsed[alias] = value;
}

/** Asks the caller about an argument that minimist does not know. A collected flag is known. */
function isWanted(argument: string, names: FlagNames, ask: ParseOptions["unknown"]): boolean {
  const flag = /^--?([^=]+)(?:=(.*))?$/s.exec(argument);
  if (flag === null) return ask?.(argument) !== false;
  const [, name = "", value = true] = flag;
  return names.collect.has(name) || ask?.(argument, name, value) !== false;
}
