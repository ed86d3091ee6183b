/**
 * What a flag is. One table of flags per role (tables.ts) makes the parser, the help and the keys of the
 * config file, so that they cannot drift apart.
 *
 * @module
 */

/**
 * How many values follow a flag: none (a switch), exactly one, one or none, or any number until the next
 * flag.
 */
export type Arity = "none" | "one" | "optional" | "many";

/** Why a text is no value of its kind; completes a sentence that begins with the quoted text. */
export interface Problem {
  /** "is out of range: expected a whole number from 0 to 65535". */
  readonly problem: string;
  /** The part of the text that is wrong, where that is not the whole. */
  readonly part?: string;
}

/** A converted value, or why there is none. */
export type Conversion<Value> = { readonly value: Value } | Problem;

/** A kind of value: how it is read from text and from the config file, and what help calls it. */
export interface Kind<Value> {
  /** How many values the flag takes. */
  readonly arity: Arity;
  /** What help shows after the flag; empty for a switch. */
  readonly valueName: string;
  /** How such a value is typed, where its name does not say it; for help. */
  readonly valueHelp?: string;
  /** What the config file must hold: "a whole number from 0 to 65535". */
  readonly expectedInConfig: string;
  /** Reads the value from the text of the command line. */
  readText(text: string): Conversion<Value>;
  /**
   * The text that would mean the same on the command line, or `undefined` if the config file's value has
   * a type that does not belong to this kind.
   */
  configToText(value: unknown): string | undefined;
}

/** One flag of a role. */
export interface Flag<Value> {
  /** How its value is read. */
  readonly kind: Kind<Value>;
  /** One sentence for `--help`, without a full stop at its end. */
  readonly help: string;
  /** The value when the flag is not given, in the form in which it would be typed. */
  readonly default?: string;
  /** What help shows after the flag, where the kind's own name says too little. */
  readonly valueName?: string;
  /** Whether the flag is a key of the config file. @default {true} */
  readonly inConfig?: boolean;
}

/** The flags of a role by name, in the order in which help shows them. */
export type FlagTable = Readonly<Record<string, Flag<unknown>>>;

/** The converted values of a table: a flag without a default may be absent. */
export type FlagValues<Table extends FlagTable> = {
  readonly [Name in keyof Table]: Table[Name] extends Flag<infer Value>
    ? Table[Name] extends { readonly default: string } ? Value : Value | undefined
    : never;
};

/** A word that the client does instead of an operation. */
export interface Subcommand {
  /** One sentence for `--help`. */
  readonly help: string;
  /** The names of what must follow the word, such as `WORKER`; mostly nothing. */
  readonly operands: readonly string[];
  /** The flags that belong to it beside those for every action. */
  readonly flags: readonly string[];
}

/** The subcommands of a role by name; empty where there are none. */
export type SubcommandTable = Readonly<Record<string, Subcommand>>;

/** What the words of a command line are read by. */
export interface Grammar {
  /** The flags of the role. */
  readonly flags: FlagTable;
  /** The subcommands of the role. */
  readonly subcommands: SubcommandTable;
  /** The operations of the role by name, with what they need; empty where there are none. */
  readonly operations: Readonly<Record<string, string>>;
}

/** The flag of that name; `undefined` if the table has none (inherited names such as `toString` too). */
export function findFlag(table: FlagTable, name: string): Flag<unknown> | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
