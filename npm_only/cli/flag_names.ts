import type { ParseOptions } from "./parse_args_types.ts";

/** Each kind of flag as a set of names, the aliases of each name included. */
export interface FlagNames {
  /** Flags that take no value. */
  readonly boolean: ReadonlySet<string>;
  /** Flags whose values stay text. */
  readonly string: ReadonlySet<string>;
  /** Flags whose values are gathered in an array. */
  readonly collect: ReadonlySet<string>;
  /** Flags that `--no-NAME` turns off. */
  readonly negatable: ReadonlySet<string>;
}

/** Reads the names out of the options, in which each kind is absent, one name, or a list. */
export function flagNames(options: ParseOptions): FlagNames {
  const families = Object.entries(options.alias ?? {}).map(([name, others]) => [
    name,
    ...(typeof others === "string" ? [others] : others),
  ]);
  const named = (names: boolean | string | readonly string[] | undefined): Set<string> => {
    const listed = typeof names === "string" ? [names] : typeof names === "object" ? names : [];
    const related = families.filter((family) => family.some((name) => listed.includes(name)));
    return new Set([...listed, ...related.flat()]);
  };
  return {
    boolean: named(options.boolean),
    string: named(options.string),
    collect: named(options.collect),
    negatable: named(options.negatable),
  };
}
