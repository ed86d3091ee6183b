/** The names a caller gave as one string or as a list, or that no name was given. */
type Names = string | undefined;

/** The options of `parseArgs`. `T…` parameters carry the literal names, so that the result is typed. */
export interface ParseOptions<
  TBooleans extends boolean | Names = boolean | Names,
  TStrings extends Names = Names,
  TCollectable extends Names = Names,
  TNegatable extends Names = Names,
  TDefaults extends Record<string, unknown> | undefined = Record<string, unknown> | undefined,
  TDoubleDash extends boolean | undefined = boolean | undefined,
> {
  /**
   * Whether what follows `--` goes to the result's `--` rather than to its `_`.
   *
   * @default {false}
   */
  "--"?: TDoubleDash;
  /**
   * Other names of a flag. The result has the value under each of them.
   *
   * @default {{}}
   */
  alias?: Record<string, string | readonly string[]>;
  /**
   * Flags that take no value and are `false` when absent; `true` makes all of them so.
   *
   * @default {false}
   */
  boolean?: TBooleans | ReadonlyArray<Extract<TBooleans, string>>;
  /**
   * Values of flags that are not given.
   *
   * @default {{}}
   */
  default?: TDefaults;
  /**
   * Whether everything after the first positional is a positional.
   *
   * @default {false}
   */
  stopEarly?: boolean;
  /**
   * Flags whose values stay text, whatever they look like.
   *
   * @default {[]}
   */
  string?: TStrings | ReadonlyArray<Extract<TStrings, string>>;
  /**
   * Flags that may be repeated. Their value is always an array.
   *
   * @default {[]}
   */
  collect?: TCollectable | ReadonlyArray<Extract<TCollectable, string>>;
  /**
   * Flags that `--no-NAME` sets to `false`.
   *
   * @default {[]}
   */
  negatable?: TNegatable | ReadonlyArray<Extract<TNegatable, string>>;
  /** Called for what is in no other option. `false` leaves it out of the result. */
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

/** The type of one flag's value, `TValue`, once negation is thought of. */
type Negated<TName, TNegatable, TValue> = TName extends TNegatable ? TValue | false : TValue;

/** Flags by name with the types that follow from the options, before defaults. */
type TypedFlags<
  TBooleans extends boolean | Names,
  TStrings extends Names,
  TCollectable extends Names,
  TNegatable extends Names,
> =
  & { [Name in Exclude<TStrings, TCollectable | undefined>]?: Negated<Name, TNegatable, string> }
  & { [Name in Extract<TStrings, TCollectable & string>]: string[] }
  & { [Name in Exclude<Extract<TBooleans, string>, TCollectable | undefined>]: boolean }
  & { [Name in Exclude<TCollectable, TStrings | TBooleans | undefined>]: unknown[] };

/** A default makes its flag required, and its own type one of the flag's. */
type WithDefaults<TFlags, TDefaults> = TDefaults extends undefined ? TFlags
  :
    & Omit<TFlags, keyof TDefaults>
    & {
      [Name in keyof TDefaults]: Name extends keyof TFlags
        ? TDefaults[Name] | NonNullable<TFlags[Name]>
        : unknown;
    };

/** The flags of a result. With no name given in any option, each may be anything. */
export type ParsedFlags<
  TBooleans extends boolean | Names,
  TStrings extends Names,
  TCollectable extends Names,
  TNegatable extends Names,
  TDefaults extends Record<string, unknown> | undefined,
> = [Extract<TBooleans, string> | NonNullable<TStrings | TCollectable>] extends [never]
  // deno-lint-ignore no-explicit-any -- so does the package that this stands for
  ? Record<string, any>
  :
    & Record<string, unknown>
    & WithDefaults<TypedFlags<TBooleans, TStrings, TCollectable, TNegatable>, TDefaults>;

/** What `parseArgs` gives back: the flags, the positionals, and what followed `--`. */
export type Args<
  // deno-lint-ignore no-explicit-any -- so does the package that this stands for
  TFlags extends Record<string, unknown> = Record<string, any>,
  TDoubleDash extends boolean | undefined = undefined,
> =
  & TFlags
  & {
    /** The arguments that belong to no flag. */
    _: Array<string | number>;
  }
  & (boolean extends TDoubleDash ? {
      /** What followed `--`. */
      "--"?: string[];
    }
    : true extends TDoubleDash ? {
        /** What followed `--`. */
        "--": string[];
      }
    : unknown);
