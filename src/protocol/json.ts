/**
 * JSON with exact integers. `JSON.parse` rounds every number to a double; where that matters the number's
 * own text is read with the reviver's `context.source`, which costs several times as much, and so is asked
 * for only by name.
 *
 * @module
 */

/** A number as it stood in the text. */
export class NumberSource {
  /** The number's own characters. */
  readonly source: string;

  /** Keeps the characters of one number. */
  constructor(source: string) {
    this.source = source;
  }
}

/** A JSON object as it came over the wire: nothing about its members is trusted yet. */
export type JsonObject = Record<string, unknown>;

/** Whether a parsed value is an object, as opposed to an array, `null` or a scalar. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The value of a JSON text, or `undefined` if it is none. What the engine cannot take (a text so deeply
 * nested that the stack runs out) is no JSON to us either.
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Like {@linkcode parseJson}, with every number whose key is in `names` given as a
 * {@linkcode NumberSource}.
 */
export function parseJsonExactly(text: string, names: readonly string[]): unknown {
  // The third argument is in every engine we run on; TypeScript's library learnt of it later.
  const reviver = (key: string, value: unknown, context?: { source?: string }): unknown =>
    typeof value === "number" && context?.source !== undefined && names.includes(key)
      ? new NumberSource(context.source)
      : value;
  try {
    return JSON.parse(text, reviver);
  } catch {
    return undefined;
  }
}
