/**
 * From the arguments of a program to the typed values of its table: rewritten, parsed, filled up from the
 * config file and the defaults, converted.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { type ConfigReader, readConfig } from "./config.ts";
import { UsageError } from "./exit_status.ts";
import type { Flag, FlagTable, FlagValues } from "./flags.ts";
import { rewriteArguments } from "./rewrite.ts";
import type { Role } from "./roles.ts";
import { quote } from "./texts.ts";

/** The flags of one run. */
export interface FlagReading<Table extends FlagTable> {
  /** Every value, from the command line, else the config file, else the default. */
  readonly values: FlagValues<Table>;
  /** The names of the flags that were typed, as opposed to those from the config file. */
  readonly typed: ReadonlySet<string>;
  /** The words that are no flags: the subcommand and its operands. */
  readonly words: readonly string[];
}

/** What the arguments ask for, before their values are looked at. */
export type FlagRequest<Table extends FlagTable> =
  | { readonly kind: "help" | "version" }
  | { readonly kind: "run"; readonly reading: FlagReading<Table> };

/**
 * Reads the arguments of a role. `table` is the role's own table once more, for the types.
 *
 * @throws {UsageError} for anything in the arguments or in the config file that cannot be used.
 */
export function readFlags<Table extends FlagTable>(
  args: readonly string[],
  role: Role & { readonly flags: Table },
  configReader: ConfigReader,
): FlagRequest<Table> {
  const names = Object.keys(role.flags);
  // Every value stays a string here: the parser would round large numbers.
  const parsed: Record<string, unknown> = parseArgs(rewriteArguments(args, role), {
    string: [...names, "_"],
  });
  const typed = new Map<string, string>();
  for (const name of names) {
    const text = parsed[name];
    if (typeof text === "string" && text !== "") typed.set(name, text);
  }
  if (typed.has("help")) return { kind: "help" };
  if (typed.has("version")) return { kind: "version" };
  const configPath = typed.get("config");
  const configured = configPath === undefined
    ? new Map<string, string>()
    : readConfig(configPath, role.name, configReader);
  const words = Array.isArray(parsed._) ? parsed._.map(String) : [];
  const texts = new Map([...configured, ...typed]);
  return {
    kind: "run",
    reading: { values: convertAll(role.flags, texts), typed: new Set(typed.keys()), words },
  };
}

function convertAll<Table extends FlagTable>(
  table: Table,
  texts: ReadonlyMap<string, string>,
): FlagValues<Table> {
  const values: Record<string, unknown> = {};
  for (const [name, flag] of Object.entries(table)) {
    const text = texts.get(name) ?? flag.default;
    values[name] = text === undefined ? undefined : convert(flag, text, name);
  }
  // One entry per flag, each made by the flag's own kind: what FlagValues says.
  return values as FlagValues<Table>;
}

function convert(flag: Flag<unknown>, text: string, name: string): unknown {
  const conversion = flag.kind.readText(text);
  if ("value" in conversion) return conversion.value;
  const { part = text, problem } = conversion;
  throw new UsageError(`--${name} ${quote(part)} ${problem}`, name);
}
